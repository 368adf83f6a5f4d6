"""The facts that figures are computed from."""

from enum import StrEnum


class Fact(StrEnum):
    """A kind of fact: visits, leads, deals, assists (deals counted for visits before the last one), or ad costs."""

    VISITS = "visit"
    LEADS = "lead"
    DEALS = "deal"
    ASSISTS = "assist"
    COSTS = "cost"
