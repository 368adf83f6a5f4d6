"""Whether a call was answered, missed, or long enough to be a target, in SQL.

`is_answered` and `is_missed` in `leads/call_outcome.py`, and `is_target_call` in `leads/qualification.py`, have the
rules in Python.
"""

from collections.abc import Callable

from sqlalchemy import ColumnElement, FromClause, and_, case, literal_column, or_

from dealtrace.storage.schema.tables.leads import call

_FALSE: ColumnElement[bool] = literal_column("FALSE")
_ZERO: ColumnElement[int] = literal_column("0")
"""Constants in the text of the statement: with parameters, no database would use the index `ix_call_missed`."""


def is_answered() -> ColumnElement[bool]:
    """Return the SQL condition that a call was answered."""
    reported = call.c.is_successful
    return or_(reported.is_(True), and_(reported.is_(None), call.c.duration_seconds > 0))


def is_missed() -> ColumnElement[bool]:
    """Return the SQL condition that a call has ended and was not answered; a call in progress is not missed."""
    return or_(
        call.c.is_successful.is_(_FALSE),
        and_(call.c.is_successful.is_(None), call.c.duration_seconds == _ZERO, call.c.exchange.is_(None)),
    )


def seconds_if_target() -> ColumnElement[int | None]:
    """Return the SQL expression for the duration of a call in seconds, null if the call was reported as unanswered.

    A call that was reported as unanswered cannot be a target.
    """
    return case((_may_be_target(call), call.c.duration_seconds), else_=None)


def target_calls(seconds: ColumnElement[int]) -> Callable[[FromClause], ColumnElement[bool]]:
    """Return the SQL condition, for a table of calls, that a call is a target: at least `seconds` long."""
    return lambda calls: and_(_may_be_target(calls), calls.c.duration_seconds >= seconds)


def _may_be_target(calls: FromClause) -> ColumnElement[bool]:
    return calls.c.is_successful.is_not(False)
