"""The fields of the form above a report: what can be chosen, and what is chosen now."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from dealtrace.attribution.credit import AttributionModel
from dealtrace.cabinet.reports.address import Address
from dealtrace.errors import Language
from dealtrace.record import record
from dealtrace.reports.dimensions import DIMENSIONS, Dimension, Kind, field_dimension
from dealtrace.reports.filters import Operator
from dealtrace.reports.metrics import METRICS, Metric
from dealtrace.reports.periods import PRESETS, Comparison
from dealtrace.reports.question import ALL_MODELS, BY_MAX, DateOf, Known

Value = TypeVar("Value", bound=str)


@record
class Choice:
    """A value that can be chosen, its text, and whether it is chosen."""

    value: str
    words: str
    is_chosen: bool


@record
class Chip:
    """An active filter: its text, and the URL without it."""

    words: str
    address: str


@record
class Choices:
    """The fields of the form with their choices, in order; `by` has choices for each level of grouping."""

    periods: tuple[Choice, ...]
    comparisons: tuple[Choice, ...]
    models: tuple[Choice, ...]
    dates: tuple[Choice, ...]
    by: tuple[tuple[Choice, ...], ...]
    pivot: tuple[Choice, ...]
    metrics: tuple[Choice, ...]
    segments: tuple[Choice, ...]
    filter_dimensions: tuple[Choice, ...]
    operators: tuple[Choice, ...]
    chips: tuple[Chip, ...]
    first: str
    last: str


_PERIODS = {
    "today": ("Сегодня", "Today"),
    "yesterday": ("Вчера", "Yesterday"),
    "7d": ("7 дней", "7 days"),
    "28d": ("28 дней", "28 days"),
    "90d": ("90 дней", "90 days"),
    "month": ("Этот месяц", "This month"),
    "quarter": ("Этот квартал", "This quarter"),
    "year": ("Этот год", "This year"),
}
_COMPARISONS = {
    "": ("Не сравнивать", "No comparison"),
    Comparison.PREVIOUS: ("С предыдущим периодом", "Previous period"),
    Comparison.YEAR: ("С прошлым годом", "Year before"),
    Comparison.WEEKDAYS: ("С теми же днями недели", "Same weekdays"),
}
_MODELS = {
    AttributionModel.LAST_INTERACTION: ("Последнее взаимодействие", "Last interaction"),
    AttributionModel.LAST_NON_DIRECT: ("Последнее непрямое", "Last non-direct"),
    AttributionModel.FIRST_INTERACTION: ("Первое взаимодействие", "First interaction"),
    AttributionModel.FIRST_NON_DIRECT: ("Первое непрямое", "First non-direct"),
    AttributionModel.LINEAR: ("Линейная", "Linear"),
    AttributionModel.TIME_DECAY: ("С учётом давности", "Time decay"),
    AttributionModel.POSITION_BASED: ("С учётом позиции", "Position-based"),
}
_DATES = {
    DateOf.DEAL: ("Дата сделки", "Date of the deal"),
    DateOf.LEAD: ("Дата лида", "Date of the lead"),
    DateOf.CHANGED: ("Дата изменения", "Date of the change"),
}
_OPERATORS = {
    Operator.IS: ("равно", "is"),
    Operator.NOT: ("не равно", "is not"),
    Operator.CONTAINS: ("содержит", "contains"),
    Operator.EMPTY: ("не указано", "is empty"),
    Operator.FILLED: ("указано", "is filled"),
}
assert set(_PERIODS) == set(PRESETS)


def model_words(model: AttributionModel, language: Language) -> str:
    """Return the name of a model."""
    return _said(_MODELS[model], language)


def period_choices(chosen: str, language: Language) -> tuple[Choice, ...]:
    """Return the choices of named periods."""
    return _chosen(chosen, _PERIODS, language)


def choices_of(address: Address, usual: Mapping[str, str], known: Known, language: Language) -> Choices:
    """Return the form fields for an address; a parameter that it lacks has its value in `usual`."""
    said = {name: address.get(name) or usual.get(name, "") for name in ("period", "by", "metrics", "compare", "date")}
    has_days = bool(address.get("from") or address.get("to"))
    model = ALL_MODELS if address.get("models") else address.get("model") or str(int(known.model))
    dimensions = [*DIMENSIONS.values(), *map(field_dimension, known.fields)]
    chosen_by = [name for name in said["by"].split(",") if name]
    return Choices(
        periods=period_choices("" if has_days else said["period"], language),
        comparisons=_chosen(said["compare"], _COMPARISONS, language),
        models=(
            *_chosen(model, {str(int(each)): words for each, words in _MODELS.items()}, language),
            Choice(ALL_MODELS, _said(("Все модели рядом", "All models side by side"), language), model == ALL_MODELS),
        ),
        dates=_chosen(said["date"] or DateOf.DEAL, _DATES, language),
        by=tuple(
            _named(dimensions, {chosen_by[level]} if level < len(chosen_by) else set(), language)
            for level in range(BY_MAX)
        ),
        pivot=_named(dimensions, {address.get("pivot")}, language),
        metrics=_named([*METRICS.values(), *known.columns.values()], set(said["metrics"].split(",")), language),
        segments=tuple(Choice(name, name, name == address.get("segment")) for name in known.segments),
        filter_dimensions=_named([each for each in dimensions if each.kind is not Kind.CALENDAR], set(), language),
        operators=_chosen(Operator.IS, _OPERATORS, language),
        chips=tuple(_chip(address, text, dimensions, language) for text in address.filters),
        first=address.get("from"),
        last=address.get("to"),
    )


def _said(words: tuple[str, str], language: Language) -> str:
    return words[0] if language == "ru" else words[1]


def _chosen(chosen: str, words: Mapping[Value, tuple[str, str]], language: Language) -> tuple[Choice, ...]:
    return tuple(Choice(value, _said(pair, language), value == chosen) for value, pair in words.items())


def _named(listed: Iterable[Dimension | Metric], chosen: set[str], language: Language) -> tuple[Choice, ...]:
    return tuple(Choice(each.name, _said((each.ru, each.en), language), each.name in chosen) for each in listed)


def _chip(address: Address, text: str, dimensions: Iterable[Dimension], language: Language) -> Chip:
    """Return the chip of a filter: the titles of its dimension and operator, its value, and the URL without it."""
    names = {each.name: _said((each.ru, each.en), language) for each in dimensions}
    name, _, rest = text.partition(":")
    operator, _, value = rest.partition(":")
    said = _OPERATORS.get(operator) if operator in tuple(_OPERATORS) else None  # type: ignore[call-overload]
    words = f"{names.get(name, name)} {_said(said, language) if said else operator} {value}".strip()
    return Chip(words, address.without_filter(text).link())
