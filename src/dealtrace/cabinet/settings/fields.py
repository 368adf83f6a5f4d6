"""The custom fields of a site, and unknown fields that are sent but not stored."""

from starlette.responses import Response

from dealtrace.cabinet.form_pages import (
    Faults,
    fault_text,
    redirect_with_message,
    show_form_page,
    stored_site,
    unknown_faults,
)
from dealtrace.cabinet.view import View
from dealtrace.errors import InvalidSetting, NameTaken
from dealtrace.operations.accounts.custom_fields import add_custom_field, remove_custom_field
from dealtrace.storage.accounts.custom_fields import list_unknown_fields

PLACE = "settings/fields"


async def show(view: View) -> Response:
    """Show the fields; if the URL names a field to remove, ask for confirmation."""
    removed = view.request.query_params.get("remove", "")
    is_unknown = removed != "" and removed not in (await stored_site(view)).custom_fields
    faults = unknown_faults(view, **({"remove": (removed, "Field")} if is_unknown else {}))
    return await _page(view, removed=removed, faults=faults)


async def add(view: View) -> Response:
    """Add a field: its values are stored from now on."""
    name = view.form.get("name").strip()
    try:
        await view.manage(add_custom_field, view.current_site.id, name)
    except (InvalidSetting, NameTaken) as refusal:
        return await _page(view, name=name, faults={"name": fault_text(refusal, view.language)})
    return redirect_with_message(view, PLACE, "added")


async def remove(view: View) -> Response:
    """Remove a field: values sent for it are no longer stored; values that are stored remain."""
    try:
        await view.manage(remove_custom_field, view.current_site.id, view.form.get("name"))
    except InvalidSetting as refusal:
        return await _page(view, faults={"": fault_text(refusal, view.language)})
    return redirect_with_message(view, PLACE, "removed")


async def _page(view: View, *, name: str = "", removed: str = "", faults: Faults | None = None) -> Response:
    site = await stored_site(view)
    unknown = await view.read(list_unknown_fields, site.id)
    return show_form_page(
        view,
        "settings/fields.html",
        view.translate("Custom fields"),
        faults=faults,
        fields=sorted(site.custom_fields),
        unknown=[field for field in unknown if field.name],
        others=sum(field.seen for field in unknown if not field.name),
        name=name,
        removed=removed if removed in site.custom_fields else "",
    )
