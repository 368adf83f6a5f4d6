"""The JSON that `dealtrace try` prints in addition to the changed deals; its keys are part of the interface."""

from datetime import date
from typing import NotRequired, TypedDict


class EffectFigureAnswer(TypedDict):
    """A figure that a setting would change; amounts of money are in rubles, as strings.

    `before` is `None` if the figure exists only with the change.
    """

    name: str
    before: int | str | None
    after: int | str


class DayEffectAnswer(TypedDict):
    """The deals of a day: their number and their total in rubles, each as a pair of before and after."""

    day: date
    deals: list[int]
    rubles: list[str]


class EffectAnswer(TypedDict):
    """What a setting would change: a sentence, figures of the period, and the days whose deals would change."""

    key: str
    before: str
    after: str
    text: str
    figures: list[EffectFigureAnswer]
    days: list[DayEffectAnswer]


class MovedCountAnswer(TypedDict):
    """On how many leads or visits the rules were tried, and how many of these would get a different source."""

    otherSource: int
    tried: int


class TrialHeadAnswer(TypedDict):
    """What `try` prints before the deals that would change: the site, the period and what was tried.

    `leads` and `visits` are present only if attribution rules were tried, not only other settings.
    """

    siteId: int
    firstDay: date
    lastDay: date
    tried: dict[str, str]
    effects: list[EffectAnswer]
    leads: NotRequired[MovedCountAnswer]
    visits: NotRequired[MovedCountAnswer]
