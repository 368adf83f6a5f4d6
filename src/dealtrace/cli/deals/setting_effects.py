"""Format the effects of the settings given to `dealtrace try`, as lines and as JSON."""

from collections.abc import Iterator, Sequence
from datetime import date
from textwrap import wrap
from typing import NotRequired, TypedDict

from dealtrace.accounts.setting_effects import FIGURE_TITLES, Effect, EffectFigure
from dealtrace.cli.output import counted
from dealtrace.operations.what_if.try_rules import MovedCount
from dealtrace.reports.kopecks import rubles_of

LINE_MAX = 80


class EffectFigureAnswer(TypedDict):
    """A figure that a setting would change; amounts of money are in rubles, as strings.

    Amounts are `None` if they are unknown. `before` is also `None` if the figure exists only with the change, which its
    name tells: `won_rubles` and `lost_rubles` are the only amounts that have both.
    """

    name: str
    before: int | str | None
    after: int | str | None


class DayEffectAnswer(TypedDict):
    """The deals of a day: their number and their total in rubles, each before and after the change."""

    day: date
    deals: list[int]
    rubles: list[str | None]


class EffectAnswer(TypedDict):
    """What a setting would change: a sentence, figures of the period, and the days whose deals would change."""

    key: str
    before: str
    after: str
    text: str
    figures: list[EffectFigureAnswer]
    days: list[DayEffectAnswer]


class MovedCountAnswer(TypedDict):
    """How many leads or visits the rules were tried on, and how many of them would get a different source."""

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


def effect_lines(effects: Sequence[Effect]) -> Iterator[str]:
    """Yield lines with what each setting would change: a sentence, figures, and the days whose deals would change."""
    for effect in effects:
        yield f"{effect.key}: {effect.before or '(empty)'} → {effect.after or '(empty)'}"
        yield from wrap(effect.sentence("en"), LINE_MAX, initial_indent="  ", subsequent_indent="  ")
        for figure in effect.figures:
            before = f"{_shown(_value(figure, figure.before))} → " if figure.has_before else ""
            yield f"  {FIGURE_TITLES[figure.name]['en']}: {before}{_shown(_value(figure, figure.after))}"
        for day in effect.days:
            yield (
                f"  {day.day_on}: {day.before.count} → {counted(day.after.count, 'deal')}, "
                f"{' → '.join(_shown(rubles_or_none(each.known_kopecks)) for each in (day.before, day.after))} rubles"
            )


def moved_line(noun: str, moved: MovedCount) -> str:
    """Return a line that says how many leads or visits would get a different source; `noun` is `Leads` or `Visits`."""
    return f"{noun} with another source: {moved.moved} of {moved.tried}"


def serialize_effect(effect: Effect) -> EffectAnswer:
    """Return an effect as JSON; amounts of money are in rubles, as strings."""
    figures: list[EffectFigureAnswer] = [
        {
            "name": figure.name,
            "before": _value(figure, figure.before),
            "after": _value(figure, figure.after),
        }
        for figure in effect.figures
    ]
    days: list[DayEffectAnswer] = [
        {
            "day": day.day_on,
            "deals": [day.before.count, day.after.count],
            "rubles": [rubles_or_none(each.known_kopecks) for each in (day.before, day.after)],
        }
        for day in effect.days
    ]
    return {
        "key": effect.key,
        "before": effect.before,
        "after": effect.after,
        "text": effect.sentence("en"),
        "figures": figures,
        "days": days,
    }


def rubles_or_none(kopecks: int | None) -> str | None:
    """Return kopecks as rubles with two decimals, `None` if they are unknown."""
    return rubles_of(kopecks) if kopecks is not None else None


def _value(figure: EffectFigure, value: int | None) -> int | str | None:
    return rubles_or_none(value) if figure.is_money else value


def _shown(value: int | str | None) -> str:
    return str(value) if value is not None else "unknown"


def serialize_moved(moved: MovedCount) -> MovedCountAnswer:
    """Return a count of leads or visits as JSON."""
    return {"otherSource": moved.moved, "tried": moved.tried}
