"""Notes on days, which charts show on their time axis to explain changes in figures."""

from datetime import date, datetime

from dealtrace.printable import check_printable
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
    check_printable(plain, NOTE_LENGTH_MAX)
    return plain
