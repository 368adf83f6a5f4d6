"""The answers of the endpoints that import costs."""

from typing import Literal, TypedDict


class StoredCosts(TypedDict):
    """The result of a successful import of costs."""

    success: Literal[True]


class CostsImport(TypedDict):
    """The answer of `costs-import/add` and `costs-import/update`.

    Ours: the vendor documents no answer; this answer has the same form as the other answers of the API.
    """

    data: StoredCosts


COSTS_IMPORT: CostsImport = {"data": {"success": True}}
