"""The facts that figures are computed from: visits, leads, deals and costs."""

from enum import StrEnum


class Fact(StrEnum):
    """A kind of fact: visits, leads, deals, assists (deals counted for visits before the last one), or ad costs."""

    VISITS = "visit"
    LEADS = "lead"
    DEALS = "deal"
    ASSISTS = "assist"
    COSTS = "cost"


OF_DEALS = frozenset({Fact.DEALS, Fact.ASSISTS})
"""The kinds of fact that are deals: an assist is a deal as well."""
