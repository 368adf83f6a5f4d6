"""The page of a site's notes: list, add and remove them."""

from sqlalchemy import Connection
from starlette.responses import Response

from dealtrace import clock
from dealtrace.accounts.rights import Role
from dealtrace.accounts.site_days import site_day
from dealtrace.cabinet.gate import not_found
from dealtrace.cabinet.notes.axis import author_words
from dealtrace.cabinet.settings.page import Faults, fault_text, redirect_with_message, show_settings
from dealtrace.cabinet.view import View
from dealtrace.errors import InvalidSetting
from dealtrace.operations.reports.write_notes import add_note, remove_note
from dealtrace.reports.saved_items.notes import NOTE_LENGTH_MAX, Note
from dealtrace.storage.accounts.users import find_logins
from dealtrace.storage.reports.notes import list_notes

PLACE = "notes"


async def show(view: View) -> Response:
    """Show all notes, latest day first."""
    return await _page(view, day=view.request.query_params.get("day", ""))


async def add(view: View) -> Response:
    """Add a note to a day."""
    day, text = view.form.get("day").strip(), view.form.get("text")
    try:
        await view.manage(_add, view.current_site.id, day=day, text=text, user_id=view.rights.user.id)
    except InvalidSetting as refusal:
        faults = {str(refusal.facts["key"]): fault_text(refusal, view.language)}
        return await _page(view, day=day, text=text, faults=faults)
    return redirect_with_message(view, PLACE, "added")


async def remove(view: View) -> Response:
    """Remove a note."""
    if not await view.manage(_remove, view.current_site.id, view.form.get("note"), view.rights.user.id):
        return not_found(view)
    return redirect_with_message(view, PLACE, "removed")


async def _page(view: View, *, day: str, text: str = "", faults: Faults | None = None) -> Response:
    notes, logins = await view.read(_read, view.current_site.id)
    return show_settings(
        view,
        "notes/page.html",
        view.translate("Notes"),
        faults=faults,
        notes=[(note, author_words(logins, note.user_id, view.translate)) for note in notes],
        day=day or site_day(clock.now(), view.current_site.time_zone).isoformat(),
        text=text,
        length_max=NOTE_LENGTH_MAX,
        may_write=view.role is not None and view.role.includes(Role.ANALYST),
    )


def _read(connection: Connection, site_id: int) -> tuple[list[Note], dict[int, str]]:
    notes = list_notes(connection, site_id)
    return notes, find_logins(connection, {note.user_id for note in notes if note.user_id is not None})


def _add(connection: Connection, _ids: object, site_id: int, *, day: str, text: str, user_id: int) -> None:
    add_note(connection, site_id, day=day, text=text, user_id=user_id, now=clock.now())


def _remove(connection: Connection, _ids: object, site_id: int, key: str, user_id: int) -> bool:
    return remove_note(connection, site_id, key, user_id=user_id, now=clock.now())
