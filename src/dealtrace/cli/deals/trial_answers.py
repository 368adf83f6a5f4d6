"""The JSON that `dealtrace try` prints in addition to the changed deals; its keys are part of the interface."""

from datetime import date
from typing import NotRequired, TypedDict


class EffectFigureAnswer(TypedDict):
    """A figure of an effect; amounts of money are rubles in strings. `before` may be `None`."""

    name: str
    before: int | str | None
    after: int | str


class DayEffectAnswer(TypedDict):
    """The deals of a day: their number and their sum in rubles, before and after."""

    day: date
    deals: list[int]
    rubles: list[str]


class EffectAnswer(TypedDict):
    """What a setting would change: a sentence, and figures of the period."""

    key: str
    before: str
    after: str
    text: str
    figures: list[EffectFigureAnswer]
    days: list[DayEffectAnswer]


class MovedCountAnswer(TypedDict):
    """How many leads or visits would get another source, and how many were tried."""

    otherSource: int
    tried: int


class TrialHeadAnswer(TypedDict):
    """What `try` prints before the deals that would change: the site, the period and what was tried.

    `leads` and `visits` are there if rules were tried.
    """

    siteId: int
    firstDay: date
    lastDay: date
    tried: dict[str, str]
    effects: list[EffectAnswer]
    leads: NotRequired[MovedCountAnswer]
    visits: NotRequired[MovedCountAnswer]
