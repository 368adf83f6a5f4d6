"""The rows behind a figure as a file: all of them, in the order of the page, masked as the page masks them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import partial
from tempfile import TemporaryFile
from typing import BinaryIO

from sqlalchemy import Connection
from starlette.responses import Response

from dealtrace import clock
from dealtrace.accounts.request_masking import masked_text
from dealtrace.accounts.site import Site
from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.model_labels import model_label
from dealtrace.attribution.origin import Origin
from dealtrace.attribution.traffic_source import SOURCE_PARTS, TrafficSource
from dealtrace.cabinet.formats import day
from dealtrace.cabinet.list_files import ROWS_AT_ONCE, ListFile, send_list
from dealtrace.cabinet.reports.form_fields import choices_of
from dealtrace.cabinet.reports.key_cells import value_label
from dealtrace.cabinet.reports.report_url import report_url_of
from dealtrace.cabinet.reports.row_details import Details, read_row_details
from dealtrace.cabinet.reports.rows import ROWS, context_of_rows, key_texts
from dealtrace.cabinet.view import View
from dealtrace.errors import Language, text_in
from dealtrace.files.export_columns import ExportColumn
from dealtrace.files.reports.file_notes import masked_search_notes
from dealtrace.files.reports.spooled_rows import read_spooled_rows, spool_rows
from dealtrace.files.row import ExportedValue
from dealtrace.files.row_writers import FileNote
from dealtrace.files.temporary_file import refused_if_full
from dealtrace.leads.lead import KIND_NAMES
from dealtrace.operations.reports.ask import FactSource
from dealtrace.operations.reports.show_rows import show_rows
from dealtrace.record import record
from dealtrace.reports.dimensions import DIMENSIONS
from dealtrace.reports.facts import Fact
from dealtrace.reports.figure import AnyRow, CostRow, DealRow, Figure, LeadRow, VisitRow, parse_figure
from dealtrace.reports.formats import format_share
from dealtrace.reports.metrics import METRICS
from dealtrace.reports.periods import DEFAULT_PRESET
from dealtrace.reports.reading.masking import masked_label

ASKED_AT_ONCE = 50_000
"""How many rows one SQL statement finds; a figure that counts a million deals needs twenty statements."""
SHARE = ("share", "Доля", "Share")
REASON = DIMENSIONS["match_reason"]
LEAD_KIND = DIMENSIONS["lead_kind"]
DAY_FORMATS: Mapping[Language, str] = {"ru": "%d.%m.%Y", "en": "%Y-%m-%d"}


@record
class RowToWrite:
    """A row of the file: the row behind the figure, its stored data, the language, and whether contacts are shown."""

    behind: AnyRow
    details: Details
    language: Language
    is_whole: bool


RowColumn = ExportColumn[RowToWrite]


def send_rows_as(extension: str) -> Callable[[View], Awaitable[Response]]:
    """Return the handler that sends the rows behind a figure as a file with this extension."""

    async def send(view: View) -> Response:
        site, query, now = view.current_site, view.request.query_params, clock.now()
        url, keys = report_url_of(f"/cabinet/{site.id}/reports/rows", query), query.getlist("key")
        known, url = await context_of_rows(view, url, now)
        is_whole = view.may_see_contacts
        figure = parse_figure(url.raw_question(period=DEFAULT_PRESET, limit=ROWS), keys, 0, known, side=url.get("side"))
        model = figure.question.model
        assert model is not None
        chips = choices_of(url, {}, known, view.language, is_whole=is_whole).chips
        conditions = [*key_texts(figure, keys, view.language), *(chip.text for chip in chips)]
        with refused_if_full(), TemporaryFile() as found:
            kind, names = await view.ask(_find, figure, now, found)
            listed = ListFile(
                f"rows-{site.id}-{figure.period.first_on}-{figure.period.last_on}",
                _columns(kind, names),
                lambda _connection: read_spooled_rows(kind, found, ROWS_AT_ONCE),
                partial(_rows, site=site, model=model, language=view.language, is_whole=is_whole),
                _notes(figure, conditions, view.language),
            )
            return await send_list(view, listed, extension)

    return send


def _find(source: FactSource, site: Site, figure: Figure, now: datetime, file: BinaryIO) -> tuple[Fact, frozenset[str]]:
    """Write the rows behind a figure to `file`; return their kind and the names of the totals that they have.

    The rows are written to disk because memory may not hold them. An export thread reads the file, so that the report
    thread is free again.
    """
    question = replace(figure.question, limit=ASKED_AT_ONCE)
    offset = 0
    while True:
        found = show_rows(source, site, replace(figure, question=question, offset=offset), now)
        spool_rows(found.rows, file)
        offset += ASKED_AT_ONCE
        if offset >= found.total:
            return found.kind, frozenset(found.sums)


def _rows(
    connection: Connection,
    rows: Sequence[AnyRow],
    *,
    site: Site,
    model: AttributionModel,
    language: Language,
    is_whole: bool,
) -> list[RowToWrite]:
    details = read_row_details(connection, site, rows, model)
    return [RowToWrite(row, details, language, is_whole) for row in rows]


def _notes(figure: Figure, conditions: Sequence[str], language: Language) -> list[FileNote]:
    period, model = figure.period, figure.question.model
    assert model is not None
    first, last = (day(language, on) for on in (period.first_on, period.last_on))
    metric = text_in(language, figure.metric)
    return [
        FileNote("metrics", "Показатель", metric, "Metric"),
        FileNote("period", "Период", f"{first} – {last}"),
        FileNote("model", "Модель", model_label(model, language)),
        *(FileNote("filter", "Условие", text) for text in conditions),
        *masked_search_notes(figure.question, language),
    ]


def _columns(kind: Fact, names: frozenset[str]) -> list[RowColumn]:
    """Return the columns of a file whose rows are facts of `kind`; of the optional columns, those in `names`."""
    match kind:
        case Fact.COSTS:
            return [
                RowColumn("day", "Дата", "Date", _day_of_cost),
                *_source_columns(_source_of_cost),
                _metric_column("cost", lambda row: _cost(row).cost_rub),
                _metric_column("clicks", lambda row: _cost(row).clicks),
            ]
        case Fact.LEADS:
            return [
                RowColumn("leadType", "Тип лида", "Lead type", _lead_kind),
                RowColumn("leadId", "ID лида", "Lead ID", lambda row: _lead(row).lead.id),
                RowColumn("date", "Дата", "Date", _lead_time),
                *_source_columns(_source_of_lead),
                RowColumn(*SHARE, lambda row: _share(_lead(row).share)),
            ]
        case Fact.VISITS:
            return [
                RowColumn("date", "Дата", "Date", _visit_time),
                *_source_columns(_source_of_visit),
                RowColumn(*SHARE, lambda row: _share(_visit(row).share)),
            ]
        case _:
            margins = [_metric_column("margin", lambda row: _deal(row).margin_rub)] if "margin" in names else []
            return [
                RowColumn("orderId", "ID сделки", "Deal ID", lambda row: _deal(row).id),
                *(_deal_column(*named) for named in _DEAL_COLUMNS),
                *_source_columns(_source_of_deal),
                RowColumn("matchReason", REASON.ru, REASON.en, _reason),
                RowColumn(*SHARE, lambda row: _share(_deal(row).share)),
                _metric_column("amount", lambda row: _deal(row).amount_rub),
                *margins,
            ]


def _cost(row: RowToWrite) -> CostRow:
    assert isinstance(row.behind, CostRow)
    return row.behind


def _deal(row: RowToWrite) -> DealRow:
    assert isinstance(row.behind, DealRow)
    return row.behind


def _lead(row: RowToWrite) -> LeadRow:
    assert isinstance(row.behind, LeadRow)
    return row.behind


def _visit(row: RowToWrite) -> VisitRow:
    assert isinstance(row.behind, VisitRow)
    return row.behind


def _share(millionths: int) -> Decimal:
    return Decimal(format_share(millionths))


def _metric_column(name: str, value: Callable[[RowToWrite], ExportedValue]) -> RowColumn:
    return RowColumn(name, METRICS[name].ru, METRICS[name].en, value)


_DEAL_COLUMNS: Sequence[tuple[str, str, str, str]] = (
    ("orderNumber", "Номер сделки", "Number", "number"),
    ("orderDate", "Дата создания", "Created date", "happened_at"),
    ("orderStatus", "Статус", "Status", "status"),
)
_MASKS: Mapping[str, Callable[[str], str]] = {"number": masked_label, "status": masked_text}


def _deal_column(name: str, russian: str, english: str, attribute: str) -> RowColumn:
    def value(row: RowToWrite) -> ExportedValue:
        deal = row.details.deals.get(_deal(row).id)
        if deal is None:
            return None
        found: ExportedValue = getattr(deal, attribute)
        mask = _MASKS.get(attribute) if not row.is_whole else None
        return mask(str(found)) if mask is not None else found

    return RowColumn(name, russian, english, value)


def _reason(row: RowToWrite) -> ExportedValue:
    deal_id = _deal(row).id
    if deal_id not in row.details.deals:
        return None
    return value_label(REASON, row.details.reasons.get(deal_id, ""), row.language)


def _day_of_cost(row: RowToWrite) -> ExportedValue:
    return f"{_cost(row).spent_on:{DAY_FORMATS[row.language]}}"


def _lead_kind(row: RowToWrite) -> ExportedValue:
    return value_label(LEAD_KIND, KIND_NAMES[_lead(row).lead.kind], row.language)


def _lead_time(row: RowToWrite) -> ExportedValue:
    entry = row.details.leads.get(_lead(row).lead)
    return entry.began_at if entry is not None else None


def _visit_time(row: RowToWrite) -> ExportedValue:
    visit = row.details.visits.get(_visit(row).id)
    return visit.started_at if visit is not None else None


def _source_of_cost(row: RowToWrite) -> TrafficSource:
    return _cost(row).source


def _source_of_deal(row: RowToWrite) -> TrafficSource | None:
    deal = row.details.deals.get(_deal(row).id)
    return _known(deal.origin) if deal is not None else None


def _source_of_lead(row: RowToWrite) -> TrafficSource | None:
    entry = row.details.leads.get(_lead(row).lead)
    return _known(entry.origin) if entry is not None else None


def _source_of_visit(row: RowToWrite) -> TrafficSource | None:
    visit = row.details.visits.get(_visit(row).id)
    return visit.traffic_source if visit is not None else None


def _known(origin: Origin) -> TrafficSource | None:
    return origin.source if origin.is_known else None


def _source_columns(source_of: Callable[[RowToWrite], TrafficSource | None]) -> list[RowColumn]:
    """Return a column for each part of a source, with contacts masked for people who may not see them."""

    def value(row: RowToWrite, part: str) -> ExportedValue:
        source = source_of(row)
        if source is None:
            return None
        label = str(getattr(source, part))
        return label if row.is_whole else masked_label(label)

    return [
        RowColumn(part, DIMENSIONS[part].ru, DIMENSIONS[part].en, partial(value, part=part)) for part in SOURCE_PARTS
    ]
