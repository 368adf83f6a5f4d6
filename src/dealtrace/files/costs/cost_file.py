"""Read a file of advertising costs: find its headings, parse its rows, and add up the costs."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal, localcontext
from pathlib import Path

from dealtrace.attribution.campaign import Campaign
from dealtrace.attribution.cost import COST_KOPECKS_MAX, EXACT, KOPECKS_PER_RUBLE, sum_known
from dealtrace.attribution.stated_costs import StatedCost
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.errors import FileUnreadable, InvalidParameters, Violation
from dealtrace.files.costs.cells import MICROS, NO_DATA, RUB, Money
from dealtrace.files.costs.cost_columns import COST_COLUMNS, HEAD_LINES
from dealtrace.files.costs.cost_unit import AmountSizes, CostUnit, find_cost_unit
from dealtrace.files.costs.headings import CostHeadings, plain_heading, read_headings
from dealtrace.files.import_columns import Layout, RowValues, row_fault, values_of
from dealtrace.files.row import FileRow
from dealtrace.files.table_file import TableFile, open_table
from dealtrace.files.unreadable import Cure, CureKind, unreadable
from dealtrace.record import record

COSTS_MAX = 100_000
"""The maximum number of combinations of day and source in a file: other writes wait until all of them are stored."""
FAULTS_SHOWN_MAX = 5
_TOTAL = re.compile(
    r"(?:общий итог|grand total|total rows|totals?|итого?|всего|(?:общая |итоговая )?сумма|summary|sum)"
    r"(?: ?[:(–—-].*| (?:за|по|с|и|строк|rows|for|from|and)\b.*| ?[0-9]*)?",
    re.IGNORECASE | re.DOTALL,
)


@record
class CostReading:
    """The options for reading a file of costs.

    `columns` maps normalised headings of the file to names of columns. `source` and `medium` replace the source and
    medium of all rows. `traffic_source` is the advertising system's source; it applies if the file has no column
    `source`. `rate` is the price in rubles of one unit of the file's currency. `vat_removed` and `vat_added` are the
    rates, in per cent, of the VAT to remove from the costs or to add to them.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    traffic_source: TrafficSource | None = None
    source: str | None = None
    medium: str | None = None
    rate: Decimal | None = None
    vat_removed: Decimal | None = None
    vat_added: Decimal | None = None
    unit: CostUnit = CostUnit.AUTO


@record
class CostFile:
    """The costs of a file, added up by day, source and campaign; `days` has all days that occur in its rows."""

    costs: Sequence[StatedCost]
    days: frozenset[date]
    rows: int
    totals: int
    """The number of lines with totals; these lines are ignored."""
    unit: CostUnit
    encoding: str | None
    layout: Layout


def read_cost_file(path: Path, encoding: str | None, reading: CostReading) -> CostFile:
    """Read a whole file of costs; if `encoding` is `None`, the encoding of a text file is detected.

    Raises:
        FileUnreadable: the file is not a table of costs, or rows are invalid; the message names the first few invalid
            rows.
    """
    columns = reading.columns
    table = open_table(
        path, encoding, COST_COLUMNS, head_lines=HEAD_LINES, plain_heading=lambda cell: plain_heading(cell, columns)
    )
    headings = read_headings(path, table, columns)
    _check_reading(path, headings, reading)
    with localcontext(EXACT):
        tally = _Tally(headings, reading)
        _read_rows(path, table, tally)
        if tally.unclear:
            heading = headings.layout.heading_of("cost")
            tally = _Tally(headings, reading, _decimal_sign_of(path, heading, tally.unclear, tally.decimal_signs))
            _read_rows(path, table, tally)
        unit = find_cost_unit(path, headings, tally.sizes, reading.unit)
        costs = [replace(cost, amount_rub=_rubles(cost.amount_rub, unit, reading)) for cost in tally.costs.values()]
    for cost in costs:
        if cost.amount_rub * KOPECKS_PER_RUBLE > COST_KOPECKS_MAX:
            most = COST_KOPECKS_MAX // KOPECKS_PER_RUBLE
            raise unreadable(
                path,
                f"расход за {cost.day_on} больше {most} рублей",
                f"a cost on {cost.day_on} exceeds {most} rubles",
                Cure(CureKind.UNIT_OR_RATE),
            )
    return CostFile(costs, frozenset(tally.days), tally.rows, tally.totals, unit, table.encoding, headings.layout)


@dataclass
class _Tally:
    """The sums of the rows read so far.

    Foreign currency is already converted by `rate`, but it is not yet decided whether the amounts are in rubles or in
    millionths of a ruble, and no VAT is added or removed yet. `decimal_sign` is the comma or point before decimals,
    empty while unknown; `decimal_signs` has the decimal signs seen in cells so far. `unclear` is the first amount such
    as `1,234`, in which the comma may separate thousands or decimals.
    """

    headings: CostHeadings
    reading: CostReading
    decimal_sign: str = ""
    decimal_signs: set[str] = field(default_factory=set)
    unclear: str = ""
    costs: dict[tuple[date, TrafficSource, Campaign], StatedCost] = field(default_factory=dict)
    days: set[date] = field(default_factory=set)
    rows: int = 0
    totals: int = 0
    foreign: str = ""
    currency_without_rate: str = ""
    is_rate_used: bool = False
    sizes: AmountSizes = field(default_factory=AmountSizes)

    def add(self, values: RowValues) -> None:
        """Add the cost, clicks and impressions of a row to the sums.

        Raises:
            InvalidParameters: the row's currency has no rate, or the row has neither a source nor a campaign.
        """
        amount = self._rubles_of(values)
        source, campaign = self._source_of(values)
        if source.is_empty and campaign == Campaign():
            raise InvalidParameters([_NO_SOURCE])
        stated = StatedCost(values["date"], source, campaign, amount, values.get("clicks"), values.get("impressions"))
        key = (stated.day_on, source, campaign)
        before = self.costs.get(key)
        self.costs[key] = stated if before is None else _sum(before, stated)
        self.days.add(stated.day_on)
        self.rows += 1

    def _rubles_of(self, values: RowValues) -> Decimal:
        money = self._decided(values["cost"])
        codes = {money.currency, values.get("currency", ""), self.headings.currency or ""} - {""}
        heading = self.headings.layout.heading_of("cost")
        if len(codes) > 1:
            raise InvalidParameters([_two_currencies(heading, sorted(codes))])
        code = codes.pop() if codes else ""
        self.sizes.note(money)
        if code == RUB or (not code and self.reading.rate is None):
            return money.amount
        if self.reading.rate is None:
            self.currency_without_rate = self.currency_without_rate or code
            raise InvalidParameters([_no_rate(heading, code)])
        if code and self.foreign not in ("", code):
            raise InvalidParameters([_two_currencies(heading, sorted((self.foreign, code)))])
        self.foreign = self.foreign or code
        self.is_rate_used = True
        return money.amount * self.reading.rate

    def _decided(self, money: Money) -> Money:
        written = money.written
        if written.decimal_sign:
            self.decimal_signs.add(written.decimal_sign)
        if written.unclear_sign and not self.unclear:
            self.unclear = f"{money.amount}".replace(".", written.unclear_sign)
        return money.decided(self.decimal_sign)

    def _source_of(self, values: RowValues) -> tuple[TrafficSource, Campaign]:
        reading, layout = self.reading, self.headings.layout
        parts = values_of(values, ("source", "medium", "campaign", "content", "term"))
        if reading.traffic_source is not None and not layout.has(("source",)):
            parts = {"source": reading.traffic_source.source, "medium": reading.traffic_source.medium, **parts}
        stated = {"source": reading.source, "medium": reading.medium}
        source = TrafficSource(**parts | {part: text for part, text in stated.items() if text is not None})
        if source.campaign:
            return source, Campaign()
        return source, Campaign(values.get("campaign_id", ""), values.get("campaign_name", ""))


def _sum(first: StatedCost, second: StatedCost) -> StatedCost:
    return replace(
        first,
        amount_rub=first.amount_rub + second.amount_rub,
        clicks=sum_known((first.clicks, second.clicks)),
        impressions=sum_known((first.impressions, second.impressions)),
    )


def _read_rows(path: Path, table: TableFile, tally: _Tally) -> None:
    faults: list[tuple[int, InvalidParameters]] = []
    layout = tally.headings.layout
    for row in table.read():
        if row.number <= tally.headings.number or row.is_blank:
            continue
        if _is_total(row, layout):
            tally.totals += 1
            continue
        try:
            tally.add(layout.read(row))
        except InvalidParameters as fault:
            faults.append((row.number, fault))
            if len(faults) == FAULTS_SHOWN_MAX:
                break
        if len(tally.costs) > COSTS_MAX:
            raise unreadable(
                path,
                f"в файле больше {COSTS_MAX} сочетаний дня и источника: разделите файл по месяцам",
                f"the file has more than {COSTS_MAX} combinations of day and source: split the file by month",
            )
    if faults:
        code = tally.currency_without_rate
        raise _faulty(path, faults, Cure(CureKind.RATE, code) if code else None)
    if tally.rows and tally.reading.rate is not None and not tally.is_rate_used:
        raise unreadable(path, "расходы уже в рублях", "the costs are already in rubles", Cure(CureKind.NO_RATE))
    if not tally.rows and not tally.totals:
        raise unreadable(path, "под заголовками нет строк", "there are no rows below the headings")


def _decimal_sign_of(path: Path, heading: str, unclear: str, seen: Collection[str]) -> str:
    """Return the decimal sign, comma or point, of the cost column; `heading` is the heading of this column.

    Ours: the other cells of the column decide whether an unclear amount such as `1,234` is 1234 or 1.234; `seen` has
    the decimal signs in them. If they show no decimal sign, or contradict each other, the file is refused, since a
    wrong guess would be off by a factor of a thousand.

    Raises:
        FileUnreadable: the cells show no decimal sign, or both.
    """
    if len(seen) == 1:
        return next(iter(seen))
    whole = unclear.replace(",", "").replace(".", "")
    raise unreadable(
        path,
        f"столбец «{heading}»: {unclear} — это {whole} или дробь? Уберите разделители тысяч или допишите копейки",
        f"column “{heading}”: does {unclear} mean {whole} or a fraction? Remove thousands separators, or add decimals",
    )


def _is_total(row: FileRow, layout: Layout) -> bool:
    """Return whether a row has totals: its first filled cell is a word such as “Total”, and it has no day."""
    texts = [str(cell).strip() for cell in row.cells]
    position = next(found.position for found in layout.found_columns if found.column.name == "date")
    day = texts[position] if position < len(texts) else ""
    if day and day not in NO_DATA and _TOTAL.fullmatch(day) is None:
        return False
    first = next((text for text in texts if text and text not in NO_DATA), "")
    return _TOTAL.fullmatch(first) is not None


def _faulty(path: Path, faults: Sequence[tuple[int, InvalidParameters]], cure: Cure | None) -> FileUnreadable:
    ru = "; ".join(f"строка {number}: {row_fault(fault.violations, 'ru')}" for number, fault in faults)
    en = "; ".join(f"row {number}: {row_fault(fault.violations, 'en')}" for number, fault in faults)
    return unreadable(path, ru, en, cure)


def _rubles(amount: Decimal, unit: CostUnit, reading: CostReading) -> Decimal:
    rubles = amount / MICROS if unit is CostUnit.MICROS else amount
    if reading.vat_removed is not None:
        return rubles * 100 / (100 + reading.vat_removed)
    if reading.vat_added is not None:
        return rubles * (100 + reading.vat_added) / 100
    return rubles


def _check_reading(path: Path, headings: CostHeadings, reading: CostReading) -> None:
    if not headings.layout.has(("source",)) and reading.source is None and reading.traffic_source is None:
        raise unreadable(
            path,
            "источник неизвестен",
            "the source is unknown",
            Cure(CureKind.SOURCE),
        )
    if (headings.has_vat is False and reading.vat_removed is not None) or (
        headings.has_vat is True and reading.vat_added is not None
    ):
        heading = headings.layout.heading_of("cost")
        raise unreadable(
            path,
            f"столбец «{heading}»: в заголовке указан не тот НДС, который выбран",
            f"column “{heading}”: the heading gives a different VAT from the chosen one",
            Cure(CureKind.NO_TAX),
        )


_NO_SOURCE = Violation(
    "row",
    "не указаны ни источник, ни кампания: заполните хотя бы одну часть",
    "neither a source nor a campaign is given: fill in at least one",
)


def _two_currencies(heading: str, codes: Sequence[str]) -> Violation:
    listed = ", ".join(codes)
    return Violation(
        heading,
        f"две валюты: {listed}. Разделите файл по валютам",
        f"two currencies: {listed}. Split the file by currency",
    )


def _no_rate(heading: str, code: str) -> Violation:
    return Violation(
        heading,
        f"валюта {code}",
        f"the currency is {code}",
    )
