"""The facts that figures are computed from."""

from enum import StrEnum


class Fact(StrEnum):
    """A kind of fact: visits, leads, deals, deals counted by their earlier touches, or costs."""

    VISITS = "visit"
    LEADS = "lead"
    DEALS = "deal"
    ASSISTS = "assist"
    COSTS = "cost"
