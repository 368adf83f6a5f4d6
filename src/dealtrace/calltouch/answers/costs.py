"""The answer to an import of costs."""

from typing import Literal, TypedDict


class StoredCosts(TypedDict):
    """States that the costs were stored; if they were not, the answer is an error."""

    success: Literal[True]


class CostsImport(TypedDict):
    """The answer of `costs-import/add` and `costs-import/update`.

    Ours: the vendor documents no answer; this one has the same form as other answers of its API.
    """

    data: StoredCosts


COSTS_IMPORT: CostsImport = {"data": {"success": True}}
