"""The SQL condition that something planned is due, even if the clock was set back."""

from datetime import datetime, timedelta

from sqlalchemy import Column, ColumnElement, or_

from dealtrace.accounts.clock_steps import CLOCKS_APART_MAX


def is_due(due_at: "Column[datetime]", now: datetime, farthest: timedelta) -> ColumnElement[bool]:
    """Return the condition that a time has come; nothing is planned more than `farthest` ahead.

    Ours: a time that is planned farther ahead comes from a clock that has since been set back. It counts as due:
    otherwise we could wait for as long as the clock was ahead. `CLOCKS_APART_MAX` is added to `farthest`: the
    clock of the server that planned it may be a little ahead.
    """
    return or_(due_at <= now, due_at > now + farthest + CLOCKS_APART_MAX)
