"""An oracle of figures: answers the questions of reports from plain lists, by the rules alone."""

import calendar
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from zoneinfo import ZoneInfo

from dealtrace.attribution.credit import AttributionModel
from dealtrace.reports.answer import Report
from dealtrace.reports.column_definitions import ColumnKind, ReportColumn
from dealtrace.reports.column_formulas import ColumnName, FormulaOperation, FormulaTree, MetricName, Negation, Number
from dealtrace.reports.filters import Filter
from dealtrace.reports.metrics import COLUMN_PREFIX
from dealtrace.reports.pivot import Pivot
from dealtrace.reports.question import Question
from figures_pieces import MILLION, Piece, folded, has_dimension, key_of_day, known
from figures_records import Records

DAY = timedelta(days=1)
CALENDAR = ("day", "week", "month", "quarter")
TIMES = (*CALENDAR, "hour", "own_hour", "weekday")
PIVOT_COLUMNS = 100
"""The most columns of a pivot that are shown."""
Value = Fraction | None
Values = dict[int, tuple[Value, ...]]
Keys = tuple[str | None, ...]


@dataclass(frozen=True)
class Side:
    """What is looked at of a period: days, both included; of the last one, what began at `until` at the latest."""

    first: date
    last: date
    until: datetime | None


def _first_moment(shown: datetime, zone: ZoneInfo) -> datetime:
    """Return when clocks first show a time; one that they skip is as much later as they are put forward."""
    naive_utc = shown.replace(tzinfo=UTC)
    offsets = [(naive_utc + side * DAY).astimezone(zone).utcoffset() for side in (-1, 1)]
    moments = [naive_utc - offset for offset in offsets if offset is not None]
    fitting = [moment for moment in moments if moment.astimezone(zone).replace(tzinfo=None) == shown]
    return min(fitting) if fitting else moments[0]


def _counterpart(question: Question) -> Callable[[date], date]:
    """Return what maps a day of the period to that of the period it is compared with."""
    length = question.period.days
    match question.comparison:
        case "previous":
            return lambda day: day - length * DAY
        case "weekdays":
            weeks = (length + 6) // 7
            return lambda day: day - weeks * 7 * DAY
        case "months":
            return _months_before(question.period.first_on, question.period.last_on)
        case _:
            return _year_before


def _months_before(first: date, last: date) -> Callable[[date], date]:
    """Go back months until the last day is before the first; the last day of a month stays the last one."""

    def back(day: date, count: int) -> date:
        begins = day.replace(day=1)
        for _ in range(count):
            begins = (begins - DAY).replace(day=1)
        length = calendar.monthrange(begins.year, begins.month)[1]
        is_end = day == last and (day + DAY).day == 1
        return begins.replace(day=length if is_end else min(day.day, length))

    count = next(count for count in range(1, 9999) if back(last, count) < first)
    return lambda day: back(day, count)


def _year_before(day: date) -> date:
    year = day.year - 1
    return date(year, day.month, min(day.day, calendar.monthrange(year, day.month)[1]))


def _sides(question: Question, zone: ZoneInfo, now: datetime) -> list[Side | None]:
    today, first, last = now.astimezone(zone).date(), question.period.first_on, question.period.last_on
    count = 1 if question.comparison is None else 2
    if first > today:
        return [None] * count
    is_unfinished = last >= today
    sides: list[Side | None] = [Side(first, min(last, today), now if is_unfinished else None)]
    if count > 1:
        counterpart = _counterpart(question)
        other_last = counterpart(min(last, today))
        shown = datetime.combine(other_last, now.astimezone(zone).time())
        sides.append(Side(counterpart(first), other_last, _first_moment(shown, zone) if is_unfinished else None))
    return sides


def _lies_in(piece: Piece, day: date, side: Side) -> bool:
    if not side.first <= day <= side.last:
        return False
    if side.until is None or not isinstance(piece.at, datetime):
        return True
    return piece.at <= side.until


# What metrics are made of: functions of the pieces of a row.
Pieces = Sequence[Piece]


@dataclass(frozen=True)
class Counted:
    """A metric over the pieces of a fact that have a mark, each of which counts in its own way."""

    fact: str
    mark: str | None
    compute: Callable[[Pieces], Value]
    admits: Callable[[Piece], bool] = lambda _: True

    def __call__(self, pieces: Pieces) -> Value:
        """Return the value of a row's pieces."""
        return self.compute(self.of(pieces))

    def of(self, pieces: Pieces) -> Pieces:
        """List the pieces that count."""
        return [
            piece
            for piece in pieces
            if piece.fact == self.fact and (self.mark is None or self.mark in piece.marks) and self.admits(piece)
        ]


def _count(fact: str, mark: str | None = None) -> Counted:
    return Counted(fact, mark, lambda pieces: Fraction(sum(piece.share for piece in pieces), MILLION))


def _distinct(fact: str, mark: str | None = None) -> Counted:
    return Counted(fact, mark, lambda pieces: Fraction(len({piece.client for piece in pieces} - {None})))


def _money(fact: str, number: str, mark: str | None = None) -> Counted:
    return Counted(fact, mark, lambda pieces: _sum(pieces, number, 100))


def _sum(pieces: Pieces, number: str, unit: int = 1) -> Value:
    """Add up the numbers that are known; where they make nothing, but some are not known, the sum is not known."""
    added = sum(value for piece in pieces if (value := piece.numbers[number]) is not None)
    if not added and any(number in piece.unknown for piece in pieces):
        return None
    return Fraction(added, unit)


def _assisted(pieces: Pieces) -> Fraction:
    return Fraction(len({piece.id for piece in pieces if piece.fact == "assist"}))


def _clicks(pieces: Pieces) -> Value:
    return _sum([piece for piece in pieces if piece.fact == "cost"], "clicks")


def _days(number: str) -> Callable[[Pieces], Value]:
    def mean(pieces: Pieces) -> Value:
        timed = [
            (piece, seconds)
            for piece in pieces
            if piece.fact == "deal" and (seconds := piece.numbers[number]) is not None
        ]
        weight = sum(piece.share for piece, _ in timed)
        return Fraction(sum(piece.share * seconds for piece, seconds in timed), weight * 86_400) if weight else None

    return mean


def _over(above: Callable[[Pieces], Value], below: Callable[[Pieces], Value]) -> Callable[[Pieces], Value]:
    return lambda pieces: _joined("/", above(pieces), below(pieces))


def _return(income: Callable[[Pieces], Value]) -> Callable[[Pieces], Value]:
    return lambda pieces: _joined("/", _joined("-", income(pieces), COST(pieces)), COST(pieces))


COST = _money("cost", "cost")
WON_AMOUNT, WON_MARGIN = _money("won", "amount", "won"), _money("won", "margin", "won")
Formula = tuple[tuple[str, ...], Callable[[Pieces], Value]]
FORMULAS: Mapping[str, Formula] = {
    "visits": (("visit",), _count("visit")),
    "visitors": (("visit",), _distinct("visit")),
    "calls": (("lead",), _count("lead", "call")),
    "answered_calls": (("lead",), _count("lead", "answered")),
    "missed_calls": (("lead",), _count("lead", "missed")),
    "unique_calls": (("lead",), _distinct("lead", "call")),
    "target_calls": (("lead",), _count("lead", "target")),
    "unique_target_calls": (("lead",), _distinct("lead", "target")),
    "requests": (("lead",), _count("lead", "request")),
    "unique_requests": (("lead",), _distinct("lead", "request")),
    "leads": (("lead",), _count("lead")),
    "deals": (("deal",), _count("deal")),
    "amount": (("deal",), _money("deal", "amount")),
    "margin": (("deal",), _money("deal", "margin")),
    "won": (("won",), _count("won", "won")),
    "won_amount": (("won",), WON_AMOUNT),
    "won_margin": (("won",), WON_MARGIN),
    "lost": (("deal",), _count("deal", "lost")),
    "average": (("deal",), _over(_money("deal", "amount"), _count("deal", "sum"))),
    "no_rate": (("deal",), _count("deal", "unrated")),
    "match_rate": (("deal",), _over(_count("deal", "matched"), _count("deal"))),
    "unmatched": (("deal",), _count("deal", "unmatched")),
    "lead_rate": (("deal",), _over(_count("deal", "with lead"), _count("deal"))),
    "assisted": (("assist",), _assisted),
    "days_to_deal": (("deal",), _days("seconds")),
    "days_from_lead": (("deal",), _days("seconds from lead")),
    "days_from_first_visit": (("deal",), _days("seconds from first")),
    "visit_to_lead": (("lead", "visit"), _over(_count("lead", "visit"), _count("visit"))),
    "lead_to_deal": (("lead",), _over(_count("lead", "deal"), _count("lead"))),
    "deal_to_won": (("won", "deal"), _over(_count("won", "won"), _count("deal"))),
    "cost": (("cost",), COST),
    "clicks": (("cost",), _clicks),
    "cpc": (("cost",), _over(COST, _clicks)),
    "cpl": (("cost", "lead"), _over(COST, _count("lead"))),
    "cpo": (("cost", "deal"), _over(COST, _count("deal"))),
    "cac": (("cost", "won"), _over(COST, _distinct("won", "first"))),
    "roi": (("won", "cost"), _return(WON_AMOUNT)),
    "romi": (("won", "cost"), _return(WON_AMOUNT)),
    "roas": (("won", "cost"), _over(WON_AMOUNT, COST)),
    "drr": (("won", "cost"), _over(COST, WON_AMOUNT)),
}
"""The facts of each metric, and how its value is made of the pieces of a row."""
COLUMN_SUM = _money("deal", "amount")
OF_INCOME = ("roi", "romi", "roas", "drr")


def _joined(sign: str, before: Value, after: Value) -> Value:
    if before is None or after is None or (sign == "/" and not after):
        return None
    return {"+": before + after, "-": before - after, "*": before * after, "/": before / (after or 1)}[sign]


@dataclass(frozen=True)
class Line:
    """A row, or the total: its keys as they are shown, and its values by the codes of models."""

    keys: Keys
    values: Values
    compared: Values | None


@dataclass(frozen=True)
class Answer:
    """What a report shows."""

    lines: list[Line]
    lines_total: int
    total: Line


@dataclass(frozen=True)
class PivotAnswer:
    """What a pivot table shows: the keys of its columns, how many there are, and its lines, the last of all columns."""

    columns: list[str | None]
    columns_total: int
    lines: list[tuple[Keys, list[Value], Value]]


def only(line: Line) -> Value:
    """Return the only figure of a line: of one metric under one model."""
    ((value,),) = line.values.values()
    return value


def shown_pivot(pivot: Pivot) -> PivotAnswer:
    """Return what a pivot table of the engine shows, to be compared with the oracle's."""
    lines = [(line.keys, list(line.values), line.total) for line in (*pivot.lines, pivot.total)]
    return PivotAnswer(list(pivot.columns), pivot.columns_total, lines)


def shown_answer(report: Report) -> Answer:
    """Return what a report of the engine shows, to be compared with the oracle's."""

    def line(row: object) -> Line:
        values, compared = row.values, row.compared  # type: ignore[attr-defined]
        by_code = {int(model): found for model, found in values.items()}
        return Line(row.keys, by_code, {int(model): found for model, found in compared.items()} if compared else None)  # type: ignore[attr-defined]

    return Answer([line(row) for row in report.rows], report.rows_total, line(report.total))


class Oracle:
    """Answers questions of one site at one moment."""

    def __init__(self, records: Records, now: datetime, columns: Iterable[ReportColumn] = ()) -> None:
        self.records = records
        self.now = now
        self.columns = {column.name: column for column in columns}
        self._kept_before: dict[object, list[Piece]] = {}

    def answer(self, question: Question) -> Answer:
        """Return the answer to a question."""
        models = list(AttributionModel) if question.model is None else [question.model]
        sides = _sides(question, self.records.site.time_zone, self.now)
        formulas = [self.formula(metric.name) for metric in question.metrics]
        rows: list[dict[int, dict[Keys, list[Piece]]]] = []
        totals: list[Values] = []
        for place, side in enumerate(sides):
            kept = {int(model): self._kept(question, formulas, side, model) for model in models}
            rows.append({model: self._by_keys(question, pieces, place) for model, pieces in kept.items()})
            totals.append({model: self._values(question, formulas, pieces, ()) for model, pieces in kept.items()})
        names = [dimension.name for dimension in question.by]
        every = {keys for side_rows in rows for grouped in side_rows.values() for keys in grouped}
        lines = [
            Line(
                tuple(self.records.spelling(name, key) for name, key in zip(names, keys, strict=True)),
                *(
                    {
                        model: self._values(question, formulas, grouped.get(keys, []), names)
                        for model, grouped in side_rows.items()
                    }
                    for side_rows in rows
                ),
                *(() if len(sides) > 1 else (None,)),
            )
            for keys in every
        ]
        ordered = self._in_order(question, lines)
        total = Line((), totals[0], totals[1] if len(totals) > 1 else None)
        return Answer(ordered[: question.limit], len(ordered), total)

    def pivot(self, question: Question) -> PivotAnswer:
        """Return the pivot table of a question that has a pivot dimension; a metric of one model fills its cells."""
        assert question.pivot is not None
        metric, names = question.metrics[0], [dimension.name for dimension in question.by]
        is_sorted = question.sort is not None and question.sort.name in (metric.name, *names)
        first = replace(question, metrics=(metric,), pivot=None, sort=question.sort if is_sorted else None)
        rows = self.answer(first)
        columns = self.answer(replace(first, by=(question.pivot,), sort=None, limit=PIVOT_COLUMNS))
        both = self.answer(replace(first, by=(*question.by, question.pivot), sort=None, limit=None))
        found = {line.keys: only(line) for line in both.lines}
        of_nothing = self.formula(metric.name)[1]([])

        def cell(row: Line, column: Line) -> Value:
            is_known = None not in (only(row), only(column))
            return found.get((*row.keys, *column.keys), of_nothing if is_known else None)

        lines = [(row.keys, [cell(row, column) for column in columns.lines], only(row)) for row in rows.lines]
        last = ((), [only(column) for column in columns.lines], only(rows.total))
        return PivotAnswer([column.keys[0] for column in columns.lines], columns.lines_total, [*lines, last])

    def pieces_behind(self, question: Question, keys: Keys) -> Pieces:
        """List the pieces of a row of the period, by the keys that are shown; the question has one model."""
        assert question.model is not None
        formulas = [self.formula(metric.name) for metric in question.metrics]
        (side,) = _sides(question, self.records.site.time_zone, self.now)
        kept = self._kept(question, formulas, side, question.model)
        names = [dimension.name for dimension in question.by]
        if not names:
            return kept
        return [
            piece
            for found, pieces in self._by_keys(question, kept, 0).items()
            if keys == tuple(self.records.spelling(name, key) for name, key in zip(names, found, strict=True))
            for piece in pieces
        ]

    def lacks_data_before(self, question: Question) -> bool | None:
        """Return whether the site has none of what is counted in the compared period, whatever the filters.

        Nothing is said of costs of nothing, and of costs without clicks.
        """
        _, side = _sides(question, self.records.site.time_zone, self.now)
        facts = {fact for metric in question.metrics for fact in self.formula(metric.name)[0]}
        whole = tuple(sorted({"deal" if fact in ("won", "assist") else fact for fact in facts}))
        pieces = self._kept(replace(question, filters=()), [(whole, lambda _: None)], side, AttributionModel.LINEAR)
        if any(piece.fact != "cost" or 0 not in piece.numbers.values() for piece in pieces):
            return False
        return None if any(number != 0 for piece in pieces for number in piece.numbers.values()) else True

    def formula(self, metric: str) -> Formula:
        """Return the facts of a metric or column at this site, and how its value is made of the pieces of a row."""
        if metric.startswith(COLUMN_PREFIX):
            return self._formula_of_column(self.columns[metric.removeprefix(COLUMN_PREFIX)])
        if metric in OF_INCOME and "won" not in self.records.meanings.values():
            return ("won", "cost"), lambda _: None
        if metric in ("roi", "romi") and self.records.has_margins:
            return ("won", "cost"), _return(WON_MARGIN)
        return FORMULAS[metric]

    def _formula_of_column(self, column: ReportColumn) -> Formula:
        if column.formula is not None:
            return self._computed(column.formula)
        names = {status.strip().casefold() for status in column.statuses}
        counted = _count("deal") if column.kind is ColumnKind.COUNT else COLUMN_SUM
        return ("deal",), replace(counted, admits=lambda piece: self.records.keys(piece, "status")[0] in names)

    def _computed(self, tree: FormulaTree) -> Formula:
        match tree:
            case Number(value):
                return (), lambda _: Fraction(value)
            case MetricName(name):
                return self.formula(name)
            case ColumnName(name):
                return self.formula(f"{COLUMN_PREFIX}{name}")
            case Negation(operand):
                facts, compute = self._computed(operand)
                return facts, lambda pieces: _joined("-", Fraction(0), compute(pieces))
            case FormulaOperation(sign, left, right):
                (first, before), (second, after) = self._computed(left), self._computed(right)
                facts = tuple(sorted({*first, *second}))
                return facts, lambda pieces: _joined(sign, before(pieces), after(pieces))

    def _kept(
        self, question: Question, formulas: Sequence[Formula], side: Side | None, model: AttributionModel
    ) -> list[Piece]:
        """List the pieces of a side that the filters keep; facts that lack a filtered dimension are left out."""
        if side is None:
            return []
        facts = sorted({fact for needed, _ in formulas for fact in needed})
        key = (tuple(facts), question.filters, side, model, question.date_of)
        if key not in self._kept_before:
            self._kept_before[key] = self._find_kept(question, facts, side, model)
        return self._kept_before[key]

    def _find_kept(self, question: Question, facts: Sequence[str], side: Side, model: AttributionModel) -> list[Piece]:
        filtered = [each.dimension.name for each in question.filters]
        return [
            piece
            for fact in facts
            if all(has_dimension(fact, name) for name in filtered)
            for piece in self.records.pieces_between(fact, model, question.date_of, side.first, side.last)
            if not (isinstance(piece.at, datetime) and piece.at > self.now)
            and _lies_in(piece, self.records.day(piece), side)
            and self._is_admitted(piece, question.filters)
        ]

    def _by_keys(self, question: Question, pieces: Iterable[Piece], place: int) -> dict[Keys, list[Piece]]:
        names = [dimension.name for dimension in question.by]
        rows: dict[Keys, list[Piece]] = {}
        for piece in pieces:
            if not names or not all(has_dimension(piece.fact, name) for name in names):
                continue
            found: list[Keys] = [()]
            for name in names:
                keys = self.records.keys(piece, name)
                if place and name in CALENDAR:
                    keys = (_same_place(name, _counterpart(question)(question.period.first_on), self.records.day(piece),
                                        question.period.first_on),)  # fmt: skip
                found = [(*before, key) for before in found for key in keys]
            for row in found:
                rows.setdefault(row, []).append(piece)
        return rows

    def _values(
        self, question: Question, formulas: Sequence[Formula], pieces: Pieces, names: Sequence[str]
    ) -> tuple[Value, ...]:
        needed = [*names, *(each.dimension.name for each in question.filters)]
        return tuple(
            compute(pieces) if all(has_dimension(fact, name) for fact in facts for name in needed) else None
            for facts, compute in formulas
        )

    def _is_admitted(self, piece: Piece, filters: Sequence[Filter]) -> bool:
        for name in {each.dimension.name for each in filters}:
            mine = [each for each in filters if each.dimension.name == name]
            keys = self.records.keys(piece, name)
            positive = [_holds(each, name, keys) for each in mine if each.operator != "not"]
            negative = [_holds(each, name, keys) for each in mine if each.operator == "not"]
            if (positive and not any(positive)) or any(negative):
                return False
        return True

    def _in_order(self, question: Question, lines: list[Line]) -> list[Line]:
        """Sort lines as asked, by a metric, its change or a key; else times in their order, else by the first metric.

        Ties go by keys, and nothing is last.
        """
        model = int(question.model if question.model is not None else self.records.site.attribution)
        names = [dimension.name for dimension in question.by]
        metrics = [metric.name for metric in question.metrics]
        lines = sorted(lines, key=lambda line: [(key is None, key or "") for key in line.keys])

        def by_metric(place: int, sign: int, *, is_by_change: bool = False) -> None:
            def order(line: Line) -> tuple[bool, Fraction]:
                value = line.values[model][place]
                if is_by_change:
                    assert line.compared is not None
                    value = _joined("-", value, line.compared[model][place])
                return value is None, sign * (value or Fraction(0))

            lines.sort(key=order)

        def by_key(place: int, *, descending: bool) -> None:
            lines.sort(key=lambda line: line.keys[place] or "", reverse=descending)
            lines.sort(key=lambda line: line.keys[place] is None)

        if question.sort is not None and question.sort.name in metrics:
            sign = -1 if question.sort.is_descending else 1
            by_metric(metrics.index(question.sort.name), sign, is_by_change=question.sort.is_by_change)
        elif question.sort is not None:
            by_key(names.index(question.sort.name), descending=question.sort.is_descending)
        else:
            by_metric(0, -1)
            if names and names[0] in TIMES:
                by_key(0, descending=False)
        return lines


def _holds(condition: Filter, name: str, keys: Sequence[str | None]) -> bool:
    """Return whether a key is one of a filter's values; `not` is taken as `is` here."""
    fold = folded if name in ("source", "medium", "campaign", "content", "term", "status") else known
    match condition.operator:
        case "empty":
            return keys == (None,)
        case "filled":
            return keys != (None,)
        case "contains":
            (text,) = condition.values
            return any(key is not None and text.casefold() in key.casefold() for key in keys)
        case _:
            return any(fold(value) in keys for value in condition.values)


@lru_cache(maxsize=100_000)
def _same_place(name: str, first: date, day: date, other_first: date) -> str:
    """Return the key of a stretch that is as far from another first day as a day's from `first`."""
    place = len({key_of_day(name, first + number * DAY) for number in range((day - first).days + 1)})
    seen: dict[str, None] = {}
    while len(seen) < place:
        seen[key_of_day(name, other_first)] = None
        other_first += DAY
    return list(seen)[-1]
