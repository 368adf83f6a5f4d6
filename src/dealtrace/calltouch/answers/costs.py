"""The answer to an import of costs."""

from typing import Literal, TypedDict


class StoredCosts(TypedDict):
    """Says that the costs were stored; otherwise the answer is an error."""

    success: Literal[True]


class CostsImport(TypedDict):
    """The answer of `costs-import/add` and `costs-import/update`.

    Ours: the vendor documents no answer; this one has the same form as other answers of its API.
    """

    data: StoredCosts


COSTS_IMPORT: CostsImport = {"data": {"success": True}}
