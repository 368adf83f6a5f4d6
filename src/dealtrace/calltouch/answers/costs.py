"""The answer to an import of costs."""

from typing import Literal, TypedDict


class StoredCosts(TypedDict):
    """The result of a successful import of costs."""

    success: Literal[True]


class CostsImport(TypedDict):
    """The answer of `costs-import/add` and `costs-import/update`.

    Ours: the vendor documents no answer; ours has the form of the API's other answers.
    """

    data: StoredCosts


COSTS_IMPORT: CostsImport = {"data": {"success": True}}
