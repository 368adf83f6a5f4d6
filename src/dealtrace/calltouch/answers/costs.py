"""The answer to an import of costs."""

from typing import Literal, TypedDict


class StoredCosts(TypedDict):
    """Whether the costs are stored; what is not is answered with an error."""

    success: Literal[True]


class CostsImport(TypedDict):
    """The answer of `costs-import/add` and `costs-import/update`.

    Ours: the vendor shows no answer; this one has the form of its sisters.
    """

    data: StoredCosts


COSTS_IMPORT: CostsImport = {"data": {"success": True}}
