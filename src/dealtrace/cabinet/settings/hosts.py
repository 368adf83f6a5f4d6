"""The hosts that a site defines: its own, payment and sign-in pages, search engines, social networks."""

from sqlalchemy import Connection
from starlette.responses import Response

from dealtrace import clock
from dealtrace.attribution.known_hosts import HostKind
from dealtrace.attribution.site_hosts import SITE_KINDS
from dealtrace.cabinet.settings.page import Faults, fault_text, redirect_with_message, show_settings
from dealtrace.cabinet.view import View
from dealtrace.errors import HostNotFound, InvalidSetting
from dealtrace.operations.accounts.name_hosts import add_host, remove_host
from dealtrace.storage.accounts.site_hosts import list_hosts

_FIELDS = {"KIND": "kind", "HOST": "host", "host": "host", "--name": "name"}
"""The fields of the form, by the names that refusals use."""
_KINDS = {
    HostKind.OWN: "a page of the site",
    HostKind.PAYMENT: "payment page",
    HostKind.SIGN_IN: "sign-in page",
    HostKind.SEARCH: "search engine",
    HostKind.SOCIAL: "social network",
}
assert set(_KINDS) == set(SITE_KINDS)


async def show(view: View) -> Response:
    """Show the hosts."""
    return await _page(view)


async def add(view: View) -> Response:
    """Add a host; adding the same host again replaces it."""
    sent = {name: view.form.get(name).strip() for name in ("kind", "host", "name")}
    try:
        await view.manage(_add, view.current_site.id, view.rights.user.id, **sent)
    except InvalidSetting as refusal:
        field = _FIELDS[str(refusal.facts["key"])]
        return await _page(view, **sent, faults={field: fault_text(refusal, view.language)})
    return redirect_with_message(view, "settings/hosts", "host")


async def remove(view: View) -> Response:
    """Remove a host."""
    kind, _, host = view.form.get("which").partition(" ")
    try:
        await view.manage(_remove, view.current_site.id, view.rights.user.id, kind=kind, host=host)
    except (InvalidSetting, HostNotFound):
        return await _page(view, faults={"": view.translate("The host has already been removed.")})
    return redirect_with_message(view, "settings/hosts", "host")


async def _page(
    view: View, *, kind: str = "", host: str = "", name: str = "", faults: Faults | None = None
) -> Response:
    hosts = await view.read(list_hosts, view.current_site.id)
    return show_settings(
        view,
        "settings/hosts.html",
        view.translate("Hosts"),
        faults=faults,
        hosts=[(each, view.translate(_KINDS[each.kind])) for each in hosts],
        kinds=[(each.value, view.translate(words), each.value == kind) for each, words in _KINDS.items()],
        host=host,
        name=name,
    )


def _add(connection: Connection, _ids: object, site_id: int, user_id: int, *, kind: str, host: str, name: str) -> None:
    add_host(connection, site_id, kind, host, name, clock.now(), user_id)


def _remove(connection: Connection, _ids: object, site_id: int, user_id: int, *, kind: str, host: str) -> None:
    remove_host(connection, site_id, kind, host, clock.now(), user_id)
