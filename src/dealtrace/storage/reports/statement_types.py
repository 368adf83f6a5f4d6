"""Short names for the types of statements and expressions in reports, and the functions that run and bind them."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Protocol

from sqlalchemy import BigInteger, BindParameter, Label, bindparam

from dealtrace.storage.database.column_types import AnyElement
from dealtrace.storage.database.compiled_statement import AnySelect, PlainRow

Selection = AnySelect
Expression = AnyElement
NamedExpression = Label[Any]  # Any: a report decides which columns it has, and their types
Rows = Sequence[PlainRow]
Parameters = Mapping[str, object]
"""The values of a statement's parameters, by parameter name."""
NO_PARAMETERS: Parameters = MappingProxyType({})


class Fetch(Protocol):
    """A function that runs SQL statements over the visits, leads, deals and costs of a site."""

    def __call__(self, statement: Selection, parameters: Parameters = NO_PARAMETERS) -> Rows:
        """Run a statement with `parameters` and the parameters of the site, and return all its rows."""


def parameter(name: str) -> BindParameter[int]:
    """Return a 64-bit integer parameter; its value is passed at each run, so the statement is compiled only once."""
    return bindparam(name, type_=BigInteger)
