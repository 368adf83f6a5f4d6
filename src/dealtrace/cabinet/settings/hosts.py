"""The hosts that a site defines: its own, payment and sign-in pages, search engines, social networks."""

from collections.abc import Mapping

from starlette.responses import Response

from dealtrace.attribution.site_hosts import SiteHost
from dealtrace.cabinet.form_pages import Faults, fault_text, redirect_with_message, show_form_page, stored_site
from dealtrace.cabinet.labels import HOST_LABELS
from dealtrace.cabinet.view import View
from dealtrace.cabinet.what_if.agreed import may_save
from dealtrace.cabinet.what_if.days import days_choices
from dealtrace.cabinet.what_if.forecast import Forecast, forecast
from dealtrace.errors import HostNotFound, InvalidSetting
from dealtrace.operations.accounts.name_hosts import add_host, read_named_host, remove_host
from dealtrace.operations.what_if.trial import Trial, TriedSettings
from dealtrace.storage.accounts.site_hosts import list_hosts

PLACE = "settings/hosts"
_FIELDS = {"KIND": "kind", "HOST": "host", "host": "host", "--name": "name"}
"""The field of the form for each possible `key` of an `InvalidSetting`."""
_NOTHING_SENT = {"kind": "", "host": "", "name": ""}


async def show(view: View) -> Response:
    """Show the hosts."""
    return await _page(view)


async def add(view: View) -> Response:
    """Add a host after a preview of the effect; adding the same host again replaces its entry."""
    sent = {name: view.form.get(name).strip() for name in ("kind", "host", "name")}
    try:
        named = read_named_host(**sent)
        agreement = f"+ {named.kind} {named.host} {named.name}".rstrip()
        if not may_save(view, agreement):
            tried = await _try(view, Trial(hosts=(named,)), agreement)
            return await _page(view, sent, tried=tried)
        await view.manage(add_host, view.current_site.id, **sent)
    except InvalidSetting as refusal:
        field = _FIELDS[str(refusal.facts["key"])]
        return await _page(view, sent, faults={field: fault_text(refusal, view.language)})
    return redirect_with_message(view, PLACE, "host")


async def remove(view: View) -> Response:
    """Remove a host after a preview of the effect."""
    which = view.form.get("which")
    kind, _, host = which.partition(" ")
    agreement = f"- {which}"
    known = await view.read(list_hosts, view.current_site.id)
    removed = next((each for each in known if (each.kind.value, each.host) == (kind, host)), None)
    try:
        if removed is not None and not may_save(view, agreement):
            tried = await _try(view, Trial(removed_hosts=(removed.host,)), agreement)
            return await _page(view, tried=tried, removed=removed)
        await view.manage(remove_host, view.current_site.id, kind=kind, host=host)
    except (InvalidSetting, HostNotFound):
        return await _page(view, faults={"": view.translate("The host has already been removed.")})
    return redirect_with_message(view, PLACE, "host")


async def _try(view: View, trial: Trial, agreement: str) -> Forecast:
    await stored_site(view)
    return await forecast(view, TriedSettings(trial, {}), agreement)


async def _page(
    view: View,
    sent: Mapping[str, str] = _NOTHING_SENT,
    *,
    faults: Faults | None = None,
    tried: Forecast | None = None,
    removed: SiteHost | None = None,
) -> Response:
    hosts = await view.read(list_hosts, view.current_site.id)
    return show_form_page(
        view,
        "settings/hosts.html",
        view.translate("Hosts"),
        faults=faults,
        hosts=[(each, view.translate(HOST_LABELS[each.kind])) for each in hosts],
        kinds=[(each, view.translate(label), each == sent["kind"]) for each, label in HOST_LABELS.items()],
        host=sent["host"],
        name=sent["name"],
        tried=tried,
        tried_days=days_choices(view),
        removed=removed,
    )
