"""The flags of measures: SQL conditions on facts, with the attributes (columns) that each condition needs.

`stored_facts.py` has the attributes.
"""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, FromClause
from sqlalchemy.sql.elements import KeyedColumnElement
from sqlalchemy.sql.expression import ColumnCollection

from dealtrace.leads.lead import KIND_NAMES
from dealtrace.record import record
from dealtrace.reports.statuses import Meaning

FIRST_WON = "is_first_won"
"""The flag of the first won deal of a client; the statement must join the first won deals."""
TOUCHED = "is_touched"
"""The flag of a lead or deal with touches (visits credited with it); the statement must join the touches."""
Columns = ColumnCollection[str, KeyedColumnElement[Any]]
"""The columns of a select by name; their values are typed Any: they have several types."""


@record
class FactFlag:
    """A condition on a fact, such as a lead or a deal, and the attributes that the condition needs as columns."""

    attributes: tuple[str, ...]
    condition: Callable[[Columns], ColumnElement[bool]]


_CALL, _REQUEST = KIND_NAMES.values()
FLAGS: Mapping[str, FactFlag] = {
    "is_call": FactFlag(("lead_kind",), lambda row: row.lead_kind == _CALL),
    "is_request": FactFlag(("lead_kind",), lambda row: row.lead_kind == _REQUEST),
    "is_answered": FactFlag(("is_answered",), lambda row: row.is_answered == 1),
    "is_missed": FactFlag(("is_missed",), lambda row: row.is_missed == 1),
    "is_target": FactFlag(("is_target",), lambda row: row.is_target == 1),
    "has_visit": FactFlag(("visit_id",), lambda row: row.visit_id.is_not(None)),
    "has_deal": FactFlag(("has_deal",), lambda row: row.has_deal == 1),
    "is_won": FactFlag(("meaning",), lambda row: row.meaning == Meaning.WON),
    "is_lost": FactFlag(("meaning",), lambda row: row.meaning == Meaning.LOST),
    "has_amount": FactFlag(("amount",), lambda row: row.amount.is_not(None)),
    "lacks_rate": FactFlag(("lacks_rate",), lambda row: row.lacks_rate == 1),
    "is_matched": FactFlag(("is_matched",), lambda row: row.is_matched == 1),
    "has_lead": FactFlag(("lead_kind",), lambda row: row.lead_kind.is_not(None)),
    "is_unmatched": FactFlag(("is_matched",), lambda row: row.is_matched == 0),
    FIRST_WON: FactFlag(("meaning", "client_id"), lambda row: row.is_first_won == 1),
    TOUCHED: FactFlag(("lead_id",), lambda row: row.touched_at.is_not(None)),
}
"""All flags by name."""


def flag_condition(row: FromClause, flag: str) -> ColumnElement[bool]:
    """Return the SQL condition that a row has the named flag."""
    return FLAGS[flag].condition(row.c)
