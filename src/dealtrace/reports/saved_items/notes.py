"""Notes on days, which charts show on their time axis to explain changes in figures."""

from datetime import date, datetime

from dealtrace.errors import InvalidValue
from dealtrace.record import record

NOTE_LENGTH_MAX = 300
NOTES_MAX = 2_000
"""Ours: the maximum number of notes of one site."""


@record
class Note:
    """A note: its key, its day in the site's time zone, its text, its author, and when it was added."""

    key: str
    day_on: date
    text: str
    user_id: int | None
    added_at: datetime


def check_note_text(text: str) -> str:
    """Return the text of a note with all whitespace replaced by single spaces.

    Raises:
        InvalidValue: the text is empty or too long, or has unprintable characters.
    """
    plain = " ".join(text.split())
    if not 0 < len(plain) <= NOTE_LENGTH_MAX or not plain.isprintable():
        limit = NOTE_LENGTH_MAX
        raise InvalidValue(f"нужно от 1 до {limit} печатных символов", f"must have 1 to {limit} printable characters")
    return plain
