"""The rows behind a figure as a file: all of them, in the order of the page, masked as the page masks them."""

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from tempfile import TemporaryFile
from typing import BinaryIO

from sqlalchemy import Connection
from starlette.responses import Response

from dealtrace import clock
from dealtrace.accounts.masking import masked_text
from dealtrace.accounts.site import Site
from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.model_labels import model_label
from dealtrace.attribution.origin import Origin
from dealtrace.attribution.traffic_source import SOURCE_PARTS, TrafficSource
from dealtrace.cabinet.formats import day
from dealtrace.cabinet.list_files import ROWS_AT_ONCE, ListFile, send_list
from dealtrace.cabinet.reports.choices import choices_of
from dealtrace.cabinet.reports.key_labels import value_label
from dealtrace.cabinet.reports.report_url import report_url_of
from dealtrace.cabinet.reports.row_details import Details, read_details, ref_of, source_of_cost
from dealtrace.cabinet.reports.rows import ROWS, context_of_rows, key_texts
from dealtrace.cabinet.view import View
from dealtrace.errors import Language
from dealtrace.files.export_columns import ExportColumn
from dealtrace.files.reports.report_file import masked_search_notes
from dealtrace.files.row import Value
from dealtrace.files.row_writers import Note
from dealtrace.files.temporary_file import refused_if_full
from dealtrace.operations.reports.ask import FactSource
from dealtrace.operations.reports.show_rows import RowBehind, show_rows
from dealtrace.record import record
from dealtrace.reports.dimensions import DIMENSIONS
from dealtrace.reports.facts import Fact
from dealtrace.reports.figure import Figure, parse_figure
from dealtrace.reports.metrics import METRICS
from dealtrace.reports.periods import DEFAULT_PRESET
from dealtrace.reports.reading.masked_keys import masked_label

ASKED_AT_ONCE = 50_000
"""How many rows one SQL statement finds; a figure that counts a million deals needs twenty statements."""
SHARE = ExportColumn["Shown"]("share", "Доля", "Share", lambda row: Decimal(row.behind.get("share", "1")))
REASON = DIMENSIONS["match_reason"]
LEAD_KINDS: Mapping[str, Mapping[Language, str]] = {
    "call": {"ru": "звонок", "en": "call"},
    "request": {"ru": "заявка", "en": "request"},
}
DAY_FORMATS: Mapping[Language, str] = {"ru": "%d.%m.%Y", "en": "%Y-%m-%d"}


@record
class Shown:
    """A row of the file: the row behind the figure, its stored data, the language, and whether contacts are shown."""

    behind: RowBehind
    details: Details
    language: Language
    is_whole: bool


Column = ExportColumn[Shown]


def send_rows_as(extension: str) -> Callable[[View], Awaitable[Response]]:
    """Return the handler that sends the rows behind a figure as a file with this extension."""

    async def send(view: View) -> Response:
        site, query, now = view.current_site, view.request.query_params, clock.now()
        url, keys = report_url_of(f"/cabinet/{site.id}/reports/rows", query), query.getlist("key")
        known, url = await context_of_rows(view, url, now)
        is_whole = view.may_see_contacts
        figure = parse_figure(url.raw_question(period=DEFAULT_PRESET, limit=ROWS), keys, 0, known)
        model = figure.question.model
        assert model is not None
        chips = choices_of(url, {}, known, view.language, is_whole=is_whole).chips
        conditions = [*key_texts(figure, keys, view.language), *(chip.text for chip in chips)]
        with refused_if_full(), TemporaryFile() as found:
            kind, names = await view.ask(_find, figure, now, found)
            listed = ListFile(
                f"rows-{site.id}-{figure.question.period.first_on}-{figure.question.period.last_on}",
                _columns(kind, names),
                lambda _connection: _pages(found),
                partial(_rows, site=site, kind=kind, model=model, language=view.language, is_whole=is_whole),
                _notes(figure, conditions, view.language),
            )
            return await send_list(view, listed, extension)

    return send


def _find(source: FactSource, site: Site, figure: Figure, now: datetime, file: BinaryIO) -> tuple[Fact, frozenset[str]]:
    """Write the rows behind a figure to `file`, one line of JSON each; return the kind and the field names of the rows.

    The rows are written to disk because memory may not hold them. An export thread reads the file, so that the report
    thread is free again.
    """
    names: set[str] = set()
    question = replace(figure.question, limit=ASKED_AT_ONCE)
    offset = 0
    while True:
        answer = show_rows(source, site, Figure(question, figure.keys, offset), now)
        for row in answer["rows"]:
            names |= row.keys()
            file.write(json.dumps(row).encode() + b"\n")
        offset += ASKED_AT_ONCE
        if offset >= answer["total"]:
            return Fact(answer["kind"]), frozenset(names)


def _pages(file: BinaryIO) -> Iterator[Sequence[RowBehind]]:
    """Read the file that `_find` has written, and yield its rows in groups of up to `ROWS_AT_ONCE`."""
    file.seek(0)
    page: list[RowBehind] = []
    for line in file:
        page.append(json.loads(line))
        if len(page) == ROWS_AT_ONCE:
            yield page
            page = []
    if page:
        yield page


def _rows(
    connection: Connection,
    rows: Sequence[RowBehind],
    *,
    site: Site,
    kind: Fact,
    model: AttributionModel,
    language: Language,
    is_whole: bool,
) -> list[Shown]:
    details = read_details(connection, site, kind, rows, model)
    return [Shown(row, details, language, is_whole) for row in rows]


def _notes(figure: Figure, conditions: Sequence[str], language: Language) -> list[Note]:
    period, model = figure.question.period, figure.question.model
    assert model is not None
    first, last = (day(language, on) for on in (period.first_on, period.last_on))
    metric = figure.metric.ru if language == "ru" else figure.metric.en
    return [
        Note("metrics", "Показатель", metric, "Metric"),
        Note("period", "Период", f"{first} – {last}"),
        Note("model", "Модель", model_label(model, language)),
        *(Note("filter", "Условие", words) for words in conditions),
        *masked_search_notes(figure.question, language),
    ]


def _columns(kind: Fact, names: frozenset[str]) -> list[Column]:
    """Return the columns of a file whose rows are facts of `kind`; `names` are the fields that the rows have."""
    sums = [_money(name) for name in ("amount", "margin") if name in names]
    match kind:
        case Fact.COSTS:
            clicks = METRICS["clicks"]
            return [
                Column("day", "Дата", "Date", _day_of_cost),
                *_source_columns(_source_of_cost),
                _money("cost"),
                Column("clicks", clicks.ru, clicks.en, lambda row: row.behind.get("clicks")),
            ]
        case Fact.LEADS:
            own = [
                Column("leadType", "Тип лида", "Lead type", lambda row: LEAD_KINDS[row.behind["kind"]][row.language]),
                Column("leadId", "ID лида", "Lead ID", lambda row: row.behind["id"]),
                Column("date", "Дата", "Date", _lead_moment),
                *_source_columns(_source_of_lead),
            ]
        case Fact.VISITS:
            own = [Column("date", "Дата", "Date", _visit_moment), *_source_columns(_source_of_visit)]
        case _:
            own = [
                Column("orderId", "ID сделки", "Deal ID", lambda row: row.behind["id"]),
                *(_deal_column(*named) for named in _DEAL_COLUMNS),
                *_source_columns(_source_of_deal),
                Column("matchReason", REASON.ru, REASON.en, _reason),
            ]
    return [*own, SHARE, *sums]


def _money(name: str) -> Column:
    def value(row: Shown) -> Value:
        rubles = {
            "amount": row.behind.get("amount"),
            "margin": row.behind.get("margin"),
            "cost": row.behind.get("cost"),
        }
        return Decimal(text) if (text := rubles[name]) is not None else None

    return Column(name, METRICS[name].ru, METRICS[name].en, value)


_DEAL_COLUMNS: Sequence[tuple[str, str, str, str]] = (
    ("orderNumber", "Номер сделки", "Number", "number"),
    ("orderDate", "Дата создания", "Created date", "happened_at"),
    ("orderStatus", "Статус", "Status", "status"),
)
_MASKS: Mapping[str, Callable[[str], str]] = {"number": masked_label, "status": masked_text}


def _deal_column(name: str, russian: str, english: str, attribute: str) -> Column:
    def value(row: Shown) -> Value:
        deal = row.details.deals.get(row.behind["id"])
        if deal is None:
            return None
        found: Value = getattr(deal, attribute)
        mask = _MASKS.get(attribute) if not row.is_whole else None
        return mask(str(found)) if mask is not None else found

    return Column(name, russian, english, value)


def _reason(row: Shown) -> Value:
    if row.behind["id"] not in row.details.deals:
        return None
    return value_label(REASON, row.details.reasons.get(row.behind["id"], ""), row.language)


def _day_of_cost(row: Shown) -> Value:
    return f"{date.fromisoformat(row.behind['day']):{DAY_FORMATS[row.language]}}"


def _lead_moment(row: Shown) -> Value:
    entry = row.details.leads.get(ref_of(row.behind))
    return entry.began_at if entry is not None else None


def _visit_moment(row: Shown) -> Value:
    visit = row.details.visits.get(row.behind["id"])
    return visit.started_at if visit is not None else None


def _source_of_cost(row: Shown) -> TrafficSource:
    return source_of_cost(row.behind)


def _source_of_deal(row: Shown) -> TrafficSource | None:
    deal = row.details.deals.get(row.behind["id"])
    return _known(deal.origin) if deal is not None else None


def _source_of_lead(row: Shown) -> TrafficSource | None:
    entry = row.details.leads.get(ref_of(row.behind))
    return _known(entry.origin) if entry is not None else None


def _source_of_visit(row: Shown) -> TrafficSource | None:
    visit = row.details.visits.get(row.behind["id"])
    return visit.traffic_source if visit is not None else None


def _known(origin: Origin) -> TrafficSource | None:
    return origin.source if origin.is_known else None


def _source_columns(source_of: Callable[[Shown], TrafficSource | None]) -> list[Column]:
    """Return a column for each part of a source, with contacts masked for people who may not see them."""

    def value(row: Shown, part: str) -> Value:
        source = source_of(row)
        if source is None:
            return None
        words = str(getattr(source, part))
        return words if row.is_whole else masked_label(words)

    return [Column(part, DIMENSIONS[part].ru, DIMENSIONS[part].en, partial(value, part=part)) for part in SOURCE_PARTS]
