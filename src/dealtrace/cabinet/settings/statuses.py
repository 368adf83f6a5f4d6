"""The meanings of the statuses of a site's deals: won, lost or open."""

from sqlalchemy import Connection
from starlette.responses import Response

from dealtrace import clock
from dealtrace.accounts.site import Site
from dealtrace.cabinet.settings.page import Faults, fault_text, lead_back, show_settings
from dealtrace.cabinet.view import View
from dealtrace.errors import InvalidSetting
from dealtrace.operations.reports.set_status import set_status
from dealtrace.operations.work import Work
from dealtrace.reports.statuses import Meaning, StatusGroup, group_statuses
from dealtrace.storage.id_blocks import IdBlocks
from dealtrace.storage.reports.statuses import find_deals_by_status, list_statuses


async def show(view: View) -> Response:
    """Show the statuses, the most frequent first."""
    return await _page(view)


async def save(view: View) -> Response:
    """Set the meaning of a status."""
    name = view.form.get("name")
    try:
        await view.manage(_set, view.current_site, name, view.form.get("meaning"), view.rights.user.id)
    except InvalidSetting as refusal:
        field = "meaning" if refusal.facts["key"] == "MEANING" else "name"
        return await _page(view, name=name, faults={field: fault_text(refusal, view.language)})
    return lead_back(view, "settings/statuses", "saved")


def _read_statuses(connection: Connection, site_id: int) -> list[StatusGroup]:
    """List the statuses of a site with their meanings and numbers of deals, the most frequent first."""
    return group_statuses(list_statuses(connection, site_id), find_deals_by_status(connection, site_id))


async def _page(view: View, *, name: str = "", faults: Faults | None = None) -> Response:
    return show_settings(
        view,
        "settings/statuses.html",
        view.word("Statuses"),
        faults=faults,
        statuses=await view.read(_read_statuses, view.current_site.id),
        meanings=[(str(meaning), view.word(meaning)) for meaning in Meaning],
        name=name,
    )


def _set(connection: Connection, ids: IdBlocks, site: Site, name: str, meaning: str, user_id: int) -> None:
    set_status(Work(connection, ids, site, clock.now(), user_id=user_id), name, meaning)
