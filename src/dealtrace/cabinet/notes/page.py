"""The page of a site's notes: list, add and remove them. Changes that charts note automatically are listed, too."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.responses import Response

from dealtrace import clock
from dealtrace.accounts.figure_changes import MOVING_KINDS
from dealtrace.accounts.rights import Role
from dealtrace.accounts.site import Site
from dealtrace.accounts.site_change import ChangeKind, SiteChange
from dealtrace.accounts.site_days import site_day
from dealtrace.cabinet.change_sentences import change_sentence
from dealtrace.cabinet.form_pages import (
    Faults,
    fault_text,
    number_of,
    redirect_with_message,
    show_form_page,
    unknown_faults,
)
from dealtrace.cabinet.gate import not_found_page
from dealtrace.cabinet.list_query import PAGE_ROWS
from dealtrace.cabinet.notes.axis import author_label, list_moving_changes, shown_text
from dealtrace.cabinet.view import View
from dealtrace.errors import InvalidSetting
from dealtrace.operations.reports.write_notes import add_note, remove_note
from dealtrace.operations.work import at_site
from dealtrace.record import record
from dealtrace.reports.saved_items.notes import NOTE_LENGTH_MAX, Note
from dealtrace.storage.accounts.users import find_logins
from dealtrace.storage.reports.notes import list_notes

PLACE = "notes"
WRITTEN, AUTOMATIC = "written", "automatic"
KINDS: Mapping[str, str] = {"": "All notes", WRITTEN: "Written by people", AUTOMATIC: "Noted automatically"}
"""The titles of the lists: all notes, those written by people, and changes that are noted automatically."""
_PLACES: Mapping[ChangeKind, tuple[str, Role]] = {
    ChangeKind.SETTING: ("settings/site", Role.OWNER),
    ChangeKind.STATUS: ("settings/statuses", Role.ANALYST),
    ChangeKind.HOST: ("settings/hosts", Role.OWNER),
    ChangeKind.RATE: ("settings/rates", Role.ANALYST),
    ChangeKind.COSTS: ("costs", Role.ANALYST),
    ChangeKind.IMPORT: ("settings/imports", Role.OWNER),
    ChangeKind.PAST: ("settings/past", Role.OWNER),
    ChangeKind.DEMO: ("settings/changes", Role.OWNER),
}
"""For each kind of change, the page where it is made, and the lowest role that may open this page."""
assert set(_PLACES) == {*MOVING_KINDS, ChangeKind.SETTING}


@record
class ListedNote:
    """A line of the list: its day, text, author and time, and the key with which a person's note is removed.

    A change that is noted automatically has no key. `url` leads to the page of what was changed, empty if
    there is none or the person may not open it.
    """

    day_on: date
    at: datetime
    text: str
    author: str
    key: str = ""
    url: str = ""


@record
class ListedNotes:
    """The notes and the changes to list, and the logins of their authors by user id."""

    notes: Sequence[Note]
    changes: Sequence[SiteChange]
    logins: Mapping[int, str]


async def show(view: View) -> Response:
    """Show all notes, latest day first."""
    return await _page(view, day=view.request.query_params.get("day", ""))


async def add(view: View) -> Response:
    """Add a note to a day."""
    day, text = view.form.get("day").strip(), view.form.get("text")
    try:
        await view.manage(at_site(view.current_site, add_note), day=day, text=text)
    except InvalidSetting as refusal:
        faults = {str(refusal.facts["key"]): fault_text(refusal, view.language)}
        return await _page(view, day=day, text=text, faults=faults)
    return redirect_with_message(view, PLACE, "added")


async def remove(view: View) -> Response:
    """Remove a note."""
    if not await view.manage(at_site(view.current_site, remove_note), view.form.get("note")):
        return not_found_page(view)
    return redirect_with_message(view, PLACE, "removed")


async def _page(view: View, *, day: str, text: str = "", faults: Faults | None = None) -> Response:
    query, site = view.request.query_params, view.current_site
    kind = query.get("kind", "")
    if kind not in KINDS:
        faults, kind = {**unknown_faults(view, kind=(kind, "Kinds of notes")), **(faults or {})}, ""
    found = _listed(await view.read(_read, site, kind), view)
    pages = max((len(found) - 1) // PAGE_ROWS, 0) + 1
    number = min(max(number_of(query.get("page", "")), 1), pages)
    return show_form_page(
        view,
        "notes/page.html",
        view.translate("Notes"),
        faults=faults,
        notes=found[(number - 1) * PAGE_ROWS : number * PAGE_ROWS],
        total=len(found),
        kinds=[(_link(site, each), view.translate(title), each == kind) for each, title in KINDS.items()],
        newer=_link(site, kind, number - 1) if number > 1 else "",
        older=_link(site, kind, number + 1) if number < pages else "",
        day=day or site_day(clock.now(), site.time_zone).isoformat(),
        text=text,
        length_max=NOTE_LENGTH_MAX,
        may_write=view.role is not None and view.role.includes(Role.ANALYST),
    )


def _link(site: Site, kind: str, number: int = 1) -> str:
    asked = {"kind": kind, "page": str(number) if number > 1 else ""}
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"/cabinet/{site.id}/{PLACE}?{query}" if query else f"/cabinet/{site.id}/{PLACE}"


def _read(connection: Connection, site: Site, kind: str) -> ListedNotes:
    notes = list_notes(connection, site.id) if kind != AUTOMATIC else []
    changes = list_moving_changes(connection, site) if kind != WRITTEN else []
    people = {note.user_id for note in notes} | {change.user_id for change in changes}
    return ListedNotes(notes, changes, find_logins(connection, {each for each in people if each is not None}))


def _listed(found: ListedNotes, view: View) -> list[ListedNote]:
    """List the lines of all pages, latest day first."""
    zone = view.current_site.time_zone

    def author(user_id: int | None) -> str:
        return author_label(found.logins, user_id, view.translate)

    written = [
        ListedNote(each.day_on, each.added_at, shown_text(each.text, view), author(each.user_id), each.key)
        for each in found.notes
    ]
    automatic = [
        ListedNote(
            site_day(each.changed_at, zone),
            each.changed_at,
            shown_text(change_sentence(each, view.language, view.translate, {}), view),
            author(each.user_id),
            url=_url(each, view),
        )
        for each in found.changes
    ]
    return sorted([*written, *automatic], key=lambda note: (note.day_on, note.at), reverse=True)


def _url(change: SiteChange, view: View) -> str:
    place, role = _PLACES[change.kind]
    may_open = view.role is not None and view.role.includes(role)
    return f"/cabinet/{view.current_site.id}/{place}" if may_open else ""
