"""Fill the site of a demo with a year of data, in batches, each in a transaction of its own."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import groupby

from dealtrace.accounts.site import Site
from dealtrace.accounts.site_days import site_day
from dealtrace.attribution.cost import Cost, CostAccount
from dealtrace.attribution.visit import Visit, VisitId
from dealtrace.demo.company import (
    LOST,
    MEASURED,
    MEASURED_COLUMN,
    NEW,
    REFUSED_COLUMN,
    SEGMENT_FILTERS,
    SEGMENT_NAME,
    SHARE_COLUMN,
    WON,
    WORKING,
)
from dealtrace.demo.leads import DemoLead
from dealtrace.demo.refusals import DemoMissing
from dealtrace.demo.year import Batch, Year, list_batches, make_year
from dealtrace.errors import Refusal
from dealtrace.leads.call import IncomingCall
from dealtrace.leads.lead_request import IncomingLeadRequest
from dealtrace.operations.deals.change import change_deals
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.demo.mark import find_demo, lock_demo
from dealtrace.operations.leads.import_leads import IDS_PER_LEAD_MAX, import_calls, import_lead_requests
from dealtrace.operations.reports.import_costs import replace_costs
from dealtrace.operations.reports.manage_columns import add_column
from dealtrace.operations.reports.manage_segments import add_segment
from dealtrace.operations.reports.set_status import set_status
from dealtrace.operations.visits.store_visits import store_visits
from dealtrace.operations.work import Work
from dealtrace.operations.write_command import WriteCommand
from dealtrace.record import record
from dealtrace.reports.column_definitions import ColumnKind, ReportColumn
from dealtrace.reports.column_formulas import parse_formula
from dealtrace.reports.saved_items.names import SavedName
from dealtrace.reports.statuses import Meaning
from dealtrace.storage.database.engine import Database
from dealtrace.storage.id_blocks import IdBlocks
from dealtrace.storage.leads.file_imports import update_file_import
from dealtrace.storage.reports.known_statuses import KnownStatuses

IDS_PER_COST_MAX = 1
"""The maximum number of ids that a cost takes: one for its traffic source."""
IDS_PER_VISIT_MAX = 2
"""The maximum number of ids that a visit takes: one for the visit, one for its traffic source."""
RECORDS_AT_ONCE = 1000
"""How many records one transaction stores; registrations wait for one transaction at most."""
SEED_DEFAULT = 1


@record
class FillStep:
    """A transaction that fills a demo: how many records it stores, how many ids it may take, and what it runs."""

    records: int
    ids: int
    store: Callable[[Work], None]


def list_steps(year: Year, now: datetime) -> list[FillStep]:
    """List the steps that store the events of a year up to `now`; run each step once, in this order."""
    batches = list_batches(year, now)
    visit_ids: dict[VisitId, VisitId] = {}
    return [
        *(
            FillStep(_records_of(chunk), _ids_of(chunk), partial(_store_chunk, visit_ids, chunk))
            for chunk in _cut(batches)
        ),
        *(
            FillStep(len(costs), len(costs) * IDS_PER_COST_MAX, partial(_store_costs, account, costs))
            for account, costs in _costs_by_month(year.costs)
        ),
        FillStep(1, 0, _finish),
    ]


def _cut(batches: Sequence[Batch]) -> Iterator[Sequence[Batch]]:
    """Yield chunks of consecutive batches; each chunk is stored in one transaction."""
    chunk: list[Batch] = []
    for batch in batches:
        chunk.append(batch)
        if _records_of(chunk) >= RECORDS_AT_ONCE:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _records_of(chunk: Sequence[Batch]) -> int:
    return sum(len(batch.visits) + len(batch.leads) + len(batch.deals) + len(batch.changes) for batch in chunk)


def _ids_of(chunk: Sequence[Batch]) -> int:
    return sum(
        len(batch.visits) * IDS_PER_VISIT_MAX
        + len(batch.leads) * IDS_PER_LEAD_MAX
        + len(batch.deals) * register_deals.ids_per_command
        + len(batch.changes) * change_deals.ids_per_command
        for batch in chunk
    )


def _costs_by_month(costs: Mapping[CostAccount, Sequence[Cost]]) -> Iterator[tuple[CostAccount, list[Cost]]]:
    """Yield the costs of each advertising account by month; the costs of a month are imported together."""
    for account, of_account in costs.items():
        for _, of_month in groupby(of_account, key=lambda cost: (cost.day_on.year, cost.day_on.month)):
            yield account, list(of_month)


def _store_chunk(visit_ids: dict[VisitId, VisitId], chunk: Sequence[Batch], work: Work) -> None:
    """Store batches; while a batch is stored, its time of arrival is used as the current time.

    Visits get new ids, which cannot be guessed; `visit_ids` maps their invented ids to the new ones. The visits of all
    batches are stored together, because the row of a visit does not say when it was stored.
    """
    lock_demo(work.connection, work.site)
    _store_visits(work, visit_ids, [visit for batch in chunk for visit in batch.visits])
    for batch in chunk:
        at_arrival = replace(work, now=batch.arrives_at)
        leads = [_named(each, visit_ids) for each in batch.leads]
        if calls := [lead for lead in leads if isinstance(lead, IncomingCall)]:
            _check(import_calls(at_arrival, calls))
        if lead_requests := [lead for lead in leads if isinstance(lead, IncomingLeadRequest)]:
            _check(import_lead_requests(at_arrival, lead_requests))
        if batch.deals:
            _check(register_deals(at_arrival, [WriteCommand(each.registration) for each in batch.deals]))
        if batch.changes:
            _check(change_deals(at_arrival, [WriteCommand(each.change) for each in batch.changes]))
    _record_progress(work, sum(len(batch.visits) + len(batch.leads) + len(batch.deals) for batch in chunk))


def _store_visits(work: Work, visit_ids: dict[VisitId, VisitId], visits: Sequence[Visit]) -> None:
    stored = [replace(visit, id=work.ids.take_visit_id()) for visit in visits]
    visit_ids.update({made.id: kept.id for made, kept in zip(visits, stored, strict=True)})
    if stored:
        store_visits(work, stored)


def _named(each: DemoLead, visit_ids: Mapping[VisitId, VisitId]) -> IncomingCall | IncomingLeadRequest:
    """Return a lead in which the invented id of its visit is replaced by the stored id."""
    visit_id = each.lead.visit_id
    return replace(each.lead, visit_id=visit_ids[visit_id]) if visit_id is not None else each.lead


def _store_costs(account: CostAccount, costs: Sequence[Cost], work: Work) -> None:
    lock_demo(work.connection, work.site)
    replace_costs(work, account, {cost.day_on for cost in costs}, costs)


def _finish(work: Work) -> None:
    """Set the meanings of statuses, add columns and a segment, and mark the demo as finished."""
    lock_demo(work.connection, work.site)
    set_status(work, WON, Meaning.WON)
    set_status(work, LOST, Meaning.LOST)
    for status in (NEW, WORKING, MEASURED):
        set_status(work, status, Meaning.OPEN)
    add_column(work, ReportColumn(MEASURED_COLUMN, ColumnKind.SUM, (MEASURED,)))
    add_column(work, ReportColumn(REFUSED_COLUMN, ColumnKind.COUNT, (LOST,)))
    share = parse_formula(f"column:{REFUSED_COLUMN} / deals")
    add_column(work, ReportColumn(SHARE_COLUMN, ColumnKind.FORMULA, formula=share))
    add_segment(work, SavedName(SEGMENT_NAME), SEGMENT_FILTERS)
    _record_progress(work, 0, finished_at=work.now)


def _record_progress(work: Work, stored: int, finished_at: datetime | None = None) -> None:
    """Add the number of stored visits, leads and deals to the demo's record, in the transaction that stores them.

    So the number in the record is right even if the demo is interrupted: if the site has more rows, people or programs
    have added some.

    Raises:
        DemoMissing: somebody has removed the demo in the meantime.
    """
    before = lock_demo(work.connection, work.site).progress
    after = before.after(before.last_row + stored, taken_in=stored, refused=0)
    if not update_file_import(work.connection, work.site.id, before, replace(after, finished_at=finished_at)):
        raise DemoMissing


def _check(outcomes: Sequence[object]) -> None:
    """Check that no record was refused, since all data of a demo is valid."""
    refused = [outcome for outcome in outcomes if isinstance(outcome, Refusal)]
    assert not refused, refused[0]


@record
class DemoSize:
    """The seed of the random numbers, and the fraction of the data to make, up to 1."""

    seed: int = SEED_DEFAULT
    part: float = 1


def run_demo(
    database: Database,
    site: Site,
    size: DemoSize,
    now: datetime,
    show: Callable[[int, int], None] = lambda _stored, _total: None,
    rest: Callable[[], None] = lambda: None,
) -> None:
    """Make a year of data and store it; `show` gets the number of records stored so far, and their total number.

    `rest` is called repeatedly while the data is made. `now` is the time when this demo was begun, and
    distinguishes it from a later demo of the same site. An exception from `show` or `rest` ends the demo; the records
    stored by then are kept.

    Raises:
        DemoMissing: somebody has removed the demo in the meantime.
    """
    steps = list_steps(make_year(size.seed, site_day(now, site.time_zone), site.time_zone, size.part, rest), now)
    stored, total = 0, sum(step.records for step in steps)
    show(stored, total)
    for step in _store(database, site, now, steps):
        stored += step.records
        show(stored, total)
    database.gather_statistics()


def _store(database: Database, site: Site, now: datetime, steps: Sequence[FillStep]) -> Iterator[FillStep]:
    """Store each step in a transaction of its own, and yield the step once it is stored."""
    ids, known = IdBlocks(database.writer), KnownStatuses()
    for step in steps:
        ids.ensure(step.ids)
        with database.write() as connection:
            demo = find_demo(connection, site)
            if demo is None or demo.progress.begun_at != now:
                raise DemoMissing
            step.store(Work(connection, ids, now, site, known))
        yield step
