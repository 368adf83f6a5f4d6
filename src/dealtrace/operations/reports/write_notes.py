"""Add notes to the time axis of a site's charts, and remove them."""

import secrets
from collections.abc import Callable
from typing import TypeVar

from dealtrace.accounts.site_change import ChangeKind
from dealtrace.errors import InvalidSetting, InvalidValue
from dealtrace.operations.accounts.record_change import record_change
from dealtrace.operations.work import Work
from dealtrace.reports.periods import parse_day
from dealtrace.reports.saved_items.notes import NOTES_MAX, Note, check_note_text
from dealtrace.storage.reports.notes import count_notes, delete_note, insert_note

KEY_BYTES = 8
Value = TypeVar("Value")


def add_note(work: Work, *, day: str, text: str) -> Note:
    """Store a note on a day, given as `yyyy-mm-dd`, and return it.

    Raises:
        InvalidSetting: the day or the text is not valid, or the site has too many notes.
    """
    day_on, plain = _checked("day", parse_day, day), _checked("text", check_note_text, text)
    if count_notes(work.connection, work.site.id) >= NOTES_MAX:
        raise InvalidSetting(
            key="text",
            ru=f"у сайта уже {NOTES_MAX} заметок, удалите ненужную",
            en=f"the site already has {NOTES_MAX} notes; remove one first",
        )
    note = Note(secrets.token_hex(KEY_BYTES), day_on, plain, work.user_id, work.now)
    insert_note(work.connection, work.site.id, note)
    record_change(work, work.site.id, ChangeKind.NOTE, _named(note), after=note.key)
    return note


def _checked(key: str, check: Callable[[str], Value], text: str) -> Value:
    try:
        return check(text)
    except InvalidValue as fault:
        raise InvalidSetting(key=key, ru=fault.ru, en=fault.en) from fault


def remove_note(work: Work, key: str) -> bool:
    """Remove a note of the site on behalf of a user; return `False` if there is no such note."""
    gone = delete_note(work.connection, work.site.id, key)
    if gone is not None:
        record_change(work, work.site.id, ChangeKind.NOTE, _named(gone), before=key)
    return gone is not None


def _named(note: Note) -> str:
    """Return the name by which the history of a site's changes refers to a note."""
    return f"{note.day_on.isoformat()} {note.text}"
