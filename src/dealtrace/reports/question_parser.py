"""The parser of questions, which the API, the cabinet and the command line share."""

from collections.abc import Callable, Sequence
from datetime import date
from enum import StrEnum
from functools import partial
from typing import TypeVar

from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.model_labels import model_key
from dealtrace.errors import InvalidParameters, InvalidValue, Violation
from dealtrace.reports.dimensions import DIMENSIONS, FIELD_PREFIX, Dimension
from dealtrace.reports.filters import (
    Filter,
    filter_without_contacts,
    parse_filter,
    parse_names,
    unescaped,
    with_given_whole,
)
from dealtrace.reports.metrics import METRICS, Metric
from dealtrace.reports.periods import DAYS_MAX, DEFAULT_PRESET, PRESETS, Comparison, Period, parse_day
from dealtrace.reports.question import (
    ALL_MODELS,
    BY_MAX,
    CHANGE_PREFIX,
    DESCENDING,
    LIMIT_DEFAULT,
    LIMIT_MAX,
    METRICS_MAX,
    SEGMENT_OF_SITE,
    DateOf,
    Question,
    QuestionContext,
    RawQuestion,
    Sort,
)
from dealtrace.reports.refusals import unknown_name
from dealtrace.whole_number import parse_whole_number

Value = TypeVar("Value")
NO_DIMENSIONS: tuple[Dimension, ...] = ()
NO_METRICS: tuple[Metric, ...] = ()
NO_FILTERS: tuple[Filter, ...] = ()
NO_FILTER: Filter | None = None


def parse_question(raw: RawQuestion, context: QuestionContext) -> Question:
    """Parse the parameters of a report.

    Raises:
        InvalidParameters: one violation for each unknown or unsuitable value, with the valid values.
    """
    parser = _Parser(context)
    by: tuple[Dimension, ...] = parser.read("by", lambda: parser.dimensions(raw.by), NO_DIMENSIONS)
    metrics: tuple[Metric, ...] = parser.read("metrics", lambda: parser.metrics(raw.metrics), NO_METRICS)
    period = parser.period(raw)
    question = Question(
        by=by,
        metrics=metrics,
        period=period,
        model=parser.model(raw),
        date_of=parser.read("date", lambda: _choice(raw.date_of or DateOf.DEAL, DateOf), DateOf.DEAL),
        comparison=parser.read("compare", lambda: _choice(raw.compare, Comparison) if raw.compare else None, None),
        filters=with_given_whole(
            parser.filters(raw.filters) + parser.read("segment", lambda: parser.segment(raw), NO_FILTERS),
            context.given_filters,
        ),
        sort=parser.read("sort", lambda: _sort(raw, by, metrics), None),
        limit=parser.read("limit", lambda: _limit(raw.limit, context.rows_max), None),
        pivot=parser.read("pivot", lambda: parser.pivot(raw, by), None),
        hides_contacts=context.mask is not None,
    )
    if parser.violations:
        raise InvalidParameters(parser.violations)
    return question


def parse_filters(texts: Sequence[str], context: QuestionContext) -> tuple[Filter, ...]:
    """Parse the filters of a report; the result is in input order.

    Raises:
        InvalidParameters: one violation for each string that is not a valid filter.
    """
    parser = _Parser(context)
    filters = parser.filters(texts)
    if parser.violations:
        raise InvalidParameters(parser.violations)
    return with_given_whole(filters, context.given_filters)


class _Parser:
    """Parses the parts of a question one by one and collects the violations."""

    def __init__(self, context: QuestionContext) -> None:
        self.context = context
        self.violations: list[Violation] = []

    def read(self, field: str, parse: Callable[[], Value], otherwise: Value) -> Value:
        """Return the result of `parse`; if `parse` raises `InvalidValue`, record a violation and return `otherwise`."""
        try:
            return parse()
        except InvalidValue as fault:
            self.violations.append(Violation(field, fault.ru, fault.en))
            return otherwise

    def dimensions(self, text: str) -> tuple[Dimension, ...]:
        names = parse_names(text)
        if len(names) > BY_MAX:
            raise InvalidValue(f"не больше {BY_MAX} группировок", f"at most {BY_MAX} dimensions are allowed")
        return tuple(self.dimension(name) for name in names)

    def pivot(self, raw: RawQuestion, by: Sequence[Dimension]) -> Dimension | None:
        """Return the dimension of the pivot's columns, or `None` without a pivot.

        Rows and columns together may have at most `BY_MAX` dimensions.
        """
        if not raw.pivot:
            return None
        dimension = self.dimension(unescaped(raw.pivot))
        if not by or len(by) >= BY_MAX or dimension in by:
            most = BY_MAX - 1
            raise InvalidValue(
                f"в `by` нужно от 1 до {most} группировок, не считая группировки `pivot`",
                f"`by` must have 1 to {most} dimensions other than that of `pivot`",
            )
        if raw.models:
            raise InvalidValue("нельзя указывать вместе с `models`", "cannot be combined with `models`")
        return dimension

    def dimension(self, name: str) -> Dimension:
        if name.startswith(FIELD_PREFIX):
            field = name.removeprefix(FIELD_PREFIX)
            if field not in self.context.fields:
                raise unknown_name(field, self.context.fields, "пользовательского поля", "custom field")
            return self.context.field_dimension(field)
        if name not in DIMENSIONS:
            raise unknown_name(name, [*DIMENSIONS, f"{FIELD_PREFIX}…"], "группировки", "dimension")
        return DIMENSIONS[name]

    def metrics(self, text: str) -> tuple[Metric, ...]:
        names = parse_names(text)
        if not names:
            known = ", ".join(METRICS)
            raise InvalidValue(f"укажите показатели; есть: {known}", f"specify the metrics; available: {known}")
        if len(names) > METRICS_MAX:
            raise InvalidValue(f"не больше {METRICS_MAX} показателей", f"at most {METRICS_MAX} metrics are allowed")
        every = {**METRICS, **self.context.columns}
        for name in names:
            if name not in every:
                raise unknown_name(name, every, "показателя", "metric")
        return tuple(every[name] for name in names)

    def period(self, raw: RawQuestion) -> Period:
        first = self.read("from", lambda: _day(raw.first), None)
        last = self.read("to", lambda: _day(raw.last), None)
        if raw.period and (raw.first or raw.last):
            self.violations.append(
                Violation("period", "укажите либо период, либо даты", "specify either a period or dates, not both")
            )
        preset = self.read("period", lambda: _preset(raw.period or DEFAULT_PRESET), DEFAULT_PRESET)
        usual = PRESETS[preset](self.context.today)
        period = Period(
            first or min(usual.first_on, last or usual.first_on), last or max(usual.last_on, first or usual.last_on)
        )
        if first is not None and last is not None and first > last:
            self.violations.append(Violation("from", "не может быть позже, чем `to`", "must not be after `to`"))
        elif period.days > DAYS_MAX:
            self.violations.append(
                Violation("from", f"не больше {DAYS_MAX} дней", f"at most {DAYS_MAX} days are allowed")
            )
        return period

    def model(self, raw: RawQuestion) -> AttributionModel | None:
        if raw.models:
            self.read("models", lambda: _all_models(raw.models, raw.model), None)
            return None
        return self.read("model", lambda: _model(raw.model) if raw.model else self.context.model, self.context.model)

    def filters(self, texts: Sequence[str]) -> tuple[Filter, ...]:
        most = self.context.filters_max
        if len(texts) > most:
            self.violations.append(
                Violation("filter", f"не больше {most} условий", f"at most {most} filters are allowed")
            )
            return ()
        found = [self.read("filter", partial(self.filter, text), NO_FILTER) for text in texts]
        return tuple(condition for condition in found if condition is not None)

    def segment(self, raw: RawQuestion) -> tuple[Filter, ...]:
        """Return the filters of a segment; a filter becomes invalid when its custom field is removed.

        Raises:
            InvalidValue: the site has no such segment, or one of its filters is invalid.
        """
        name, whose = raw.segment, raw.segment_of
        known = self.context.site_segments if whose else self.context.segments
        if whose not in ("", SEGMENT_OF_SITE):
            raise unknown_name(whose, [SEGMENT_OF_SITE], "владельца сегмента", "owner of a segment")
        if not name:
            return ()
        if name not in known:
            raise unknown_name(name, known, "сегмента", "segment")
        try:
            is_own = not whose and name in self.context.own_segments
            return tuple(self.filter(text, is_typed=is_own) for text in known[name])
        except InvalidValue as fault:
            raise InvalidValue(
                f"сегмент «{name}» больше не применить: {fault.ru}",
                f"segment “{name}” can no longer be used: {fault.en}",
            ) from fault

    def filter(self, text: str, *, is_typed: bool = True) -> Filter:
        """Parse a filter; `is_typed` is false if it comes from a segment that an analyst shared with the whole site."""
        condition, mask = parse_filter(text, self.dimension), self.context.mask
        if mask is None or not is_typed:
            return condition
        return filter_without_contacts(condition, mask)


Choice = TypeVar("Choice", bound=StrEnum)


def _choice(text: str, choices: type[Choice]) -> Choice:
    if text not in tuple(choices):
        known = ", ".join(choices)
        raise InvalidValue(f"нет «{text}»; есть: {known}", f"unknown “{text}”; available: {known}")
    return choices(text)


def _preset(text: str) -> str:
    if text not in PRESETS:
        raise unknown_name(text, PRESETS, "периода", "period")
    return text


def _day(text: str) -> date | None:
    return parse_day(text) if text else None


def _model(text: str) -> AttributionModel:
    codes = {str(int(model)): model for model in AttributionModel}
    if text not in codes:
        known = ", ".join(f"{code} {model_key(model)}" for code, model in codes.items())
        raise InvalidValue(f"нет модели «{text}»; есть: {known}", f"unknown model “{text}”; available: {known}")
    return codes[text]


def _all_models(text: str, model: str) -> None:
    if text != ALL_MODELS:
        raise InvalidValue(f"бывает только {ALL_MODELS}", f"must be {ALL_MODELS}")
    if model:
        raise InvalidValue("укажите либо `model`, либо `models`", "specify either `model` or `models`, not both")


def _sort(raw: RawQuestion, by: Sequence[Dimension], metrics: Sequence[Metric]) -> Sort | None:
    if not raw.sort:
        return None
    name, is_descending = unescaped(raw.sort.removeprefix(DESCENDING)), raw.sort.startswith(DESCENDING)
    changes = {f"{CHANGE_PREFIX}{metric.name}": metric.name for metric in metrics}
    if name in changes and not raw.compare:
        raise InvalidValue(
            f"сортировать по изменению можно только со сравнением: укажите `compare` вместе с {name}",
            f"sorting by a change needs a comparison: specify `compare` along with {name}",
        )
    known = [*(metric.name for metric in metrics), *(dimension.name for dimension in by)]
    known += changes if raw.compare else ()
    if name not in known:
        raise unknown_name(name, known, "столбца в этом отчёте", "column of this report")
    return Sort(changes.get(name, name), is_descending, is_by_change=name in changes)


def _limit(text: str, most: int | None) -> int | None:
    if not text:
        return LIMIT_DEFAULT if most is not None else None
    highest = most if most is not None else LIMIT_MAX
    number = parse_whole_number(text, highest)
    if not number:
        raise InvalidValue(f"нужно число от 1 до {highest}", f"must be a number from 1 to {highest}")
    return number
