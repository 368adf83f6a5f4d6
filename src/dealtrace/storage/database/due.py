"""The SQL condition that a planned time has come, or was planned while the clock was ahead."""

from datetime import datetime, timedelta

from sqlalchemy import Column, ColumnElement, or_

from dealtrace.accounts.clock_set_back import CLOCKS_APART_MAX


def is_due(due_at: "Column[datetime]", now: datetime, farthest: timedelta) -> ColumnElement[bool]:
    """Return the SQL condition that `due_at` has come, or is so far ahead that the clock must have been set back.

    Ours: nothing is planned more than `farthest` ahead, so a later time was planned while the clock was ahead. Such a
    time is due at once: otherwise we would wait for as long as the clock was ahead. `CLOCKS_APART_MAX` is added to
    `farthest`, because the clock of the server that planned the time may be a little ahead.
    """
    return or_(due_at <= now, due_at > now + farthest + CLOCKS_APART_MAX)
