"""The facts that figures are made of."""

from enum import StrEnum


class Fact(StrEnum):
    """What a row of figures counts: visits, leads, deals, deals by their earlier touches, or costs."""

    VISITS = "visit"
    LEADS = "lead"
    DEALS = "deal"
    ASSISTS = "assist"
    COSTS = "cost"
