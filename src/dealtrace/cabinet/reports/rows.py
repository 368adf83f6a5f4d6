"""The rows behind a figure of a report: deals, leads, visits or costs, which add up to the figure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from http import HTTPStatus
from urllib.parse import urlencode

from starlette.responses import Response

from dealtrace import clock
from dealtrace.accounts.request_masking import masked_text
from dealtrace.attribution.credit import WHOLE
from dealtrace.attribution.model_labels import model_label
from dealtrace.attribution.origin import Origin
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.cabinet.formats import NOTHING, clock_time_in_zone, day, metric_value, money, number
from dealtrace.cabinet.labels import labelled_text, lead_name
from dealtrace.cabinet.links import lead_url, source_label
from dealtrace.cabinet.rendering import translations_of
from dealtrace.cabinet.reports.change_texts import compared_until
from dealtrace.cabinet.reports.form_fields import choices_of
from dealtrace.cabinet.reports.formula_parts import parts_shown
from dealtrace.cabinet.reports.key_cells import missing_key_label, value_label
from dealtrace.cabinet.reports.page import read_context_of
from dealtrace.cabinet.reports.report_url import ReportUrl, key_pairs, report_url_of
from dealtrace.cabinet.reports.row_details import Details, read_row_details
from dealtrace.cabinet.reports.without_contacts import for_person
from dealtrace.cabinet.view import View
from dealtrace.errors import InvalidParameters, Language, text_in
from dealtrace.files.row_writers import CSV, XLSX
from dealtrace.operations.reports.show_rows import show_rows
from dealtrace.record import record
from dealtrace.reports.dimensions import DIMENSIONS, Dimension
from dealtrace.reports.facts import Fact
from dealtrace.reports.figure import (
    AnyRow,
    CostRow,
    DealRow,
    Figure,
    FigureRows,
    LeadRow,
    VisitRow,
    base_measure,
    parse_figure,
)
from dealtrace.reports.filters import WRITTEN_OUT_MAX
from dealtrace.reports.metrics import METRICS
from dealtrace.reports.periods import DEFAULT_PRESET
from dealtrace.reports.question import QuestionContext
from dealtrace.whole_number import parse_whole_number

ROWS = "100"
TEMPLATE = "reports/rows.html"
FILES = (("CSV", CSV), ("XLSX", XLSX))


@record
class RowCell:
    """A cell: its text, its link and its meaning (each empty if there is none), and whether it is a number."""

    text: str
    url: str = ""
    is_value: bool = False
    meaning: str = ""


@record
class RowTable:
    """A table of the rows behind a figure, with its headings."""

    headings: tuple[RowCell, ...]
    rows: tuple[tuple[RowCell, ...], ...]


async def show(view: View) -> Response:
    """Show the rows behind a figure, or the figures from which a ratio or a formula is computed.

    A person without access to deals and leads sees no links to them, and no contacts.
    """
    query, now = view.request.query_params, clock.now()
    url = report_url_of(f"/cabinet/{view.current_site.id}/reports/rows", query)
    keys, offset = query.getlist("key"), _offset(query.get("offset", ""))
    known, url = await context_of_rows(view, url, now)
    choices = choices_of(url, {}, known, view.language, is_whole=view.may_see_contacts)
    try:
        raw = url.raw_question(period=DEFAULT_PRESET, limit=ROWS)
        figure = parse_figure(raw, keys, offset, known, has_rows=False, side=url.get("side"))
    except InvalidParameters as refusal:
        fault = labelled_text(refusal, view.language, is_whole=view.may_see_contacts)
        return view.page(TEMPLATE, HTTPStatus.BAD_REQUEST, fault=fault, figure=None)
    assert figure.question.model is not None
    around: dict[str, object] = {
        "fault": "",
        "figure": figure,
        "title": text_in(view.language, figure.metric),
        "choices": choices,
        "until": compared_until(figure.question, view.current_site, now, view.language) if figure.is_compared else "",
        "conditions": [*key_texts(figure, keys, view.language), *(chip.text for chip in choices.chips)],
        "model": model_label(figure.question.model, view.language),
        "as_of": clock_time_in_zone(view.language, now, view.current_site.time_zone),
    }
    if base_measure(figure.metric) is None:
        return view.page(TEMPLATE, **{**around, **await parts_shown(view, figure, url, keys, known, now)})
    return view.page(TEMPLATE, **{**around, "parts": None, **await _rows_shown(view, figure, url, keys, now)})


async def context_of_rows(view: View, url: ReportUrl, now: datetime) -> tuple[QuestionContext, ReportUrl]:
    """Return the facts about a site for the parser, and the URL of rows; both lack what the person may not see.

    The URL may have the filters of a report and those of its segment, because URLs of links have both.
    """
    context = await view.read(read_context_of, view.current_site, now)
    known, shown = for_person(view, context, url)
    return replace(known, filters_max=WRITTEN_OUT_MAX), shown


async def _rows_shown(
    view: View, figure: Figure, url: ReportUrl, keys: Sequence[str], now: datetime
) -> dict[str, object]:
    """Return the template variables of a page of rows."""
    assert figure.question.model is not None
    found = await view.ask(show_rows, figure, now)
    details = await view.read(read_row_details, view.current_site, found.rows, figure.question.model)
    offset, shown = figure.offset, len(found.rows)
    return {
        "value": metric_value(view.language, figure.metric, found.value),
        "table": _Shaper(view, details).table(found),
        "first": offset + 1,
        "last": offset + shown,
        "total": found.total,
        "earlier": _page(url, keys, max(offset - figure.limit, 0)) if offset else "",
        "later": _page(url, keys, offset + shown) if offset + shown < found.total else "",
        "files": _files(url, keys),
    }


def _files(url: ReportUrl, keys: Sequence[str]) -> list[tuple[str, str]]:
    """Return the names and URLs of the files with the rows behind a figure."""
    return [(label, _page(url.at(f"{url.page}{end}"), keys, 0)) for label, end in FILES]


def _offset(text: str) -> int:
    return parse_whole_number(text) or 0


def _page(url: ReportUrl, keys: Sequence[str], offset: int) -> str:
    """Return the URL of another page of rows behind the same figure."""
    link = url.link()
    more = urlencode([*key_pairs(keys), *([("offset", str(offset))] if offset else [])])
    return f"{link}{'&' if '?' in link else '?'}{more}" if more else link


def key_texts(figure: Figure, keys: Sequence[str], language: Language) -> list[str]:
    """Return a string such as “Source: yandex” for each dimension of `figure`.

    `keys` has the value of each dimension, in the order of the dimensions.
    """
    return [
        f"{text_in(language, dimension)}: {_key(dimension, text, language)}"
        for dimension, text in zip(figure.question.by, keys, strict=True)
    ]


def _key(dimension: Dimension, text: str, language: Language) -> str:
    if text:
        return value_label(dimension, text, language)
    return missing_key_label(dimension, translations_of(language).gettext)


_HEADINGS: Mapping[Fact, Sequence[str]] = {
    Fact.COSTS: ("Date", "Source"),
    Fact.LEADS: ("Lead", "Date", "Source", "Share"),
    Fact.VISITS: ("Date", "Source", "Share"),
    Fact.DEALS: ("Number", "Date", "Status", "Source", "Match reason", "Share"),
}

_PARTS_OF_COSTS = ("content", "term")
"""The parts of a source by which costs of the same day and campaign differ; the label of the source lacks them."""


class _Shaper:
    """The builder of the table of rows behind a figure; it links only to pages that the person may open."""

    def __init__(self, view: View, details: Details) -> None:
        self._view, self._details, self._say = view, details, view.translate
        self._may_open = view.may_see_contacts
        self._parts: Sequence[str] = ()

    def table(self, found: FigureRows) -> RowTable:
        """Return the rows as a table, with the columns of money and clicks that such rows have."""
        has_margin = "margin" in found.sums
        sources = [row.source for row in found.rows if isinstance(row, CostRow)]
        self._parts = [part for part in _PARTS_OF_COSTS if any(getattr(source, part) for source in sources)]
        titles = [text_in(self._view.language, DIMENSIONS[part]) for part in self._parts]
        return RowTable(
            self._headings(_HEADINGS[found.kind], titles, list(found.sums)),
            tuple(self._cells(row, has_margin=has_margin) for row in found.rows),
        )

    def _cells(self, row: AnyRow, *, has_margin: bool) -> tuple[RowCell, ...]:
        match row:
            case CostRow():
                return self._cost(row)
            case LeadRow():
                return (*self._lead(row), self._share(row.share))
            case VisitRow():
                return (*self._visit(row), self._share(row.share))
            case DealRow():
                sums = (row.amount_rub, row.margin_rub) if has_margin else (row.amount_rub,)
                return (*self._deal(row), self._share(row.share), *map(self._money, sums))

    def _headings(self, names: Sequence[str], parts: Sequence[str], metrics: Sequence[str]) -> tuple[RowCell, ...]:
        titles = [RowCell(self._say(name), is_value=name == "Share") for name in names]
        named = [METRICS[name] for name in metrics]
        sums = (RowCell(text_in(self._view.language, each), is_value=True) for each in named)
        return (*titles, *map(RowCell, parts), *sums)

    def _deal(self, row: DealRow) -> tuple[RowCell, ...]:
        deal = self._details.deals.get(row.id)
        if deal is None:
            return (RowCell(str(row.id)), *[RowCell(NOTHING)] * 4)
        url = f"/cabinet/{self._view.current_site.id}/deals/{deal.id}" if self._may_open else ""
        reason = self._details.reasons.get(deal.id, "")
        return (
            RowCell(self._view.shown_name(deal.number), url),
            RowCell(self._view.clock_time(deal.happened_at)),
            RowCell(deal.status if self._may_open else masked_text(deal.status)),
            self._source(deal.origin),
            RowCell(value_label(DIMENSIONS["match_reason"], reason, self._view.language)),
        )

    def _lead(self, row: LeadRow) -> tuple[RowCell, ...]:
        name = lead_name(row.lead, self._say)
        url = lead_url(self._view.current_site.id, row.lead) if self._may_open else ""
        entry = self._details.leads.get(row.lead)
        if entry is None:
            return (RowCell(name, url), *[RowCell(NOTHING)] * 2)
        return (RowCell(name, url), RowCell(self._view.clock_time(entry.began_at)), self._source(entry.origin))

    def _visit(self, row: VisitRow) -> tuple[RowCell, ...]:
        visit = self._details.visits.get(row.id)
        if visit is None:
            return (RowCell(NOTHING), RowCell(NOTHING))
        return (RowCell(self._view.clock_time(visit.started_at)), RowCell(self._source_label(visit.traffic_source)))

    def _cost(self, row: CostRow) -> tuple[RowCell, ...]:
        return (
            RowCell(day(self._view.language, row.spent_on)),
            RowCell(self._source_label(row.source)),
            *(RowCell(self._view.shown_name(getattr(row.source, part)) or NOTHING) for part in self._parts),
            self._money(row.cost_rub),
            RowCell(number(self._view.language, row.clicks), is_value=True),
        )

    def _source(self, origin: Origin) -> RowCell:
        if origin.is_known:
            return RowCell(self._source_label(origin.source))
        meaning = self._say("neither a visit to the site nor a stated source is known")
        return RowCell(self._say("no source"), meaning=meaning)

    def _source_label(self, source: TrafficSource) -> str:
        return self._view.shown_name(source_label(source))

    def _share(self, millionths: int) -> RowCell:
        share = Fraction(millionths, WHOLE)
        return RowCell(f"{number(self._view.language, share * 100)}\u00a0%", is_value=True)

    def _money(self, rubles: Decimal | None) -> RowCell:
        return RowCell(money(self._view.language, rubles), is_value=True)
