"""Choices that fields and links of several pages offer, such as named periods."""

from collections.abc import Mapping
from typing import TypeVar

from dealtrace.cabinet.formats import in_language
from dealtrace.errors import Language
from dealtrace.record import record
from dealtrace.reports.periods import PRESETS

Value = TypeVar("Value", bound=str)


@record
class SelectOption:
    """A value that can be chosen, its text, and whether it is chosen."""

    value: str
    label: str
    is_chosen: bool


_PERIODS = {
    "today": ("Сегодня", "Today"),
    "yesterday": ("Вчера", "Yesterday"),
    "7d": ("7 дней", "7 days"),
    "28d": ("28 дней", "28 days"),
    "90d": ("90 дней", "90 days"),
    "month": ("Этот месяц", "This month"),
    "last_month": ("Прошлый месяц", "Last month"),
    "quarter": ("Этот квартал", "This quarter"),
    "year": ("Этот год", "This year"),
}
assert set(_PERIODS) == set(PRESETS)


def period_choices(chosen: str, language: Language) -> tuple[SelectOption, ...]:
    """Return the choices of named periods."""
    return choices_among(chosen, _PERIODS, language)


def period_label(name: str, language: Language) -> str:
    """Return the label of a named period, or the name itself if there is no such period."""
    return in_language(_PERIODS.get(name, (name, name)), language)


def choices_among(chosen: str, labels: Mapping[Value, tuple[str, str]], language: Language) -> tuple[SelectOption, ...]:
    """Return a choice for each value in `labels`, which maps values to their Russian and English labels."""
    return tuple(SelectOption(value, in_language(pair, language), value == chosen) for value, pair in labels.items())
