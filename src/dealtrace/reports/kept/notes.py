"""Notes on the axis of time: what people write down on a day, so that a figure explains itself."""

from datetime import date, datetime

from dealtrace.errors import InvalidValue
from dealtrace.leads.limits import YEAR_MAX, YEAR_MIN
from dealtrace.record import record

NOTE_LENGTH_MAX = 300
NOTES_MAX = 2_000
"""Ours: notes of one site."""


@record
class Note:
    """A note on a day of the site, the user who wrote it, and when."""

    key: str
    day_on: date
    text: str
    user_id: int | None
    added_at: datetime


def check_note_text(text: str) -> str:
    """Return the text of a note on one line.

    Raises:
        InvalidValue: nothing is left of it, or it is too long.
    """
    plain = " ".join(text.split())
    if not 0 < len(plain) <= NOTE_LENGTH_MAX or not plain.isprintable():
        limit = NOTE_LENGTH_MAX
        raise InvalidValue(f"нужно от 1 до {limit} печатных символов", f"1 to {limit} printable characters are needed")
    return plain


def check_note_day(text: str) -> date:
    """Return the day of a note, written `yyyy-mm-dd`.

    Raises:
        InvalidValue: it is no day of the years that dates may have.
    """
    try:
        day_on = date.fromisoformat(text)
    except ValueError:
        day_on = None
    if day_on is None or not YEAR_MIN <= day_on.year <= YEAR_MAX:
        raise InvalidValue(
            f"нужна дата вида 2026-11-30, годы {YEAR_MIN}–{YEAR_MAX}",
            f"a date such as 2026-11-30 is needed, of the years {YEAR_MIN}–{YEAR_MAX}",
        )
    return day_on
