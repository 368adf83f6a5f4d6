"""Take back what an import of a file has added: count it first, then delete it in steps of one transaction each."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.accounts.site_change import ChangeKind
from dealtrace.accounts.user import UserId
from dealtrace.leads.file_import import REMEMBERED_NOUNS, LoggedImport, TakeBackOutcome
from dealtrace.leads.lead import LeadKind
from dealtrace.operations.accounts.record_change import record_change
from dealtrace.operations.accounts.require_site import require_site
from dealtrace.operations.deals import delete as deals
from dealtrace.operations.leads import delete as leads
from dealtrace.operations.retry_conflicts import retry_conflicts
from dealtrace.operations.spend_points import lock_registrations
from dealtrace.operations.what_if.trial import Trial
from dealtrace.operations.what_if.try_rules import list_tried_deals
from dealtrace.operations.work import AccountWork, Work
from dealtrace.record import record
from dealtrace.reports.kopecks import split_kopecks
from dealtrace.reports.what_if import Moved, SourceKey, source_key, spelling_of
from dealtrace.storage.database.engine import Database
from dealtrace.storage.deals import lead_links
from dealtrace.storage.id_blocks import IdBlocks
from dealtrace.storage.journals import imported_rows
from dealtrace.storage.leads import file_imports

ROWS_PER_STEP = 500
"""Ours: how many rows one transaction takes back, as many as a list of the API may have; registrations wait for it."""
DEALS_READ_MAX = 5000
"""Ours: the maximum number of deals whose money the preview of taking an import back adds up; a page waits for it."""


ROWS_COUNTED_MAX = 20_000
"""Ours: the maximum number of rows that the preview of taking an import back counts; a page waits for it."""
DEALS_PER_STEP = 2000
"""Ours: the maximum number of deals of all leads that one step takes back; a single lead may have more.

Each of these deals is matched again, and registrations wait for the whole step.
"""


@record
class TakeBackPreview:
    """The effect of taking an import back: the number of its rows by outcome, and the number of deals concerned.

    If deals are taken back, the deals concerned would be deleted; if leads are taken back, they would be matched again.
    `sources` has the number of these deals, in units of 1/`WHOLE`, and their money by current source and medium
    (`None` if missing), most money first. If `is_cut`, only some of the deals were read. Only the first `counted` rows
    are counted.
    """

    logged: LoggedImport
    counts: Mapping[TakeBackOutcome, int]
    deals: int = 0
    sources: Sequence[tuple[tuple[str | None, str | None], Moved]] = ()
    counted: int = 0
    is_cut: bool = False

    @property
    def going(self) -> int:
        """How many of the counted rows would be deleted."""
        return self.counts.get(TakeBackOutcome.DELETED, 0)


@record
class _Taking:
    """How rows of a kind are taken back: the function that deletes them, and their name among the taken-back rows."""

    delete: Callable[[Work, Sequence[int]], object]
    name: str


TAKING: Mapping[str, _Taking] = {
    "deal": _Taking(deals.delete_found_deals, deals.TAKEN_BACK),
    "call": _Taking(lambda work, ids: leads.delete_leads(work, LeadKind.CALL, ids), leads.TAKEN_BACK),
    "lead_request": _Taking(lambda work, ids: leads.delete_leads(work, LeadKind.LEAD_REQUEST, ids), leads.TAKEN_BACK),
}
"""The kinds of rows that can be taken back, by their names in `operations.run_import.IMPORT_KINDS`."""
assert TAKING.keys() == REMEMBERED_NOUNS


def preview_take_back(connection: Connection, site: Site, logged: LoggedImport) -> TakeBackPreview:
    """Return the effect that taking an import back would have now; nothing is stored."""
    noun = logged.file.noun
    outcomes = imported_rows.find_take_back_outcomes(connection, site.id, logged.number, noun, ROWS_COUNTED_MAX)
    going = [row_id for row_id, outcome in outcomes.items() if outcome is TakeBackOutcome.DELETED]
    ids = _list_concerned(connection, site, noun, going)
    read, sums, spelt = ids[:DEALS_READ_MAX], dict[SourceKey, Moved](), dict[SourceKey, tuple[str | None, str | None]]()
    for start in range(0, len(read), ROWS_PER_STEP):
        for outcome in list_tried_deals(connection, site, Trial(), read[start : start + ROWS_PER_STEP]):
            parts = split_kopecks(outcome.kopecks or 0, [share for _, share in outcome.before.shares])
            for (source, share), kopecks in zip(outcome.before.shares, parts, strict=True):
                key = source_key(source)
                sums[key] = sums.get(key, Moved()) + Moved(share, kopecks, has_unknown=outcome.lacks_rate)
                spelt.setdefault(key, spelling_of(source))
    in_order = sorted(sums.items(), key=lambda each: (-abs(each[1].kopecks), -each[1].deals, each[0].rank))
    sources = [(spelt[key], moved) for key, moved in in_order]
    is_cut = len(ids) > DEALS_READ_MAX or len(outcomes) < logged.left
    return TakeBackPreview(logged, Counter(outcomes.values()), len(read), sources, len(outcomes), is_cut=is_cut)


def _list_concerned(connection: Connection, site: Site, noun: str, going: Sequence[int]) -> list[int]:
    """List the ids of the deals that rows concern: at most `DEALS_READ_MAX`, and one more if there are more."""
    ids: list[int] = []
    for start in range(0, len(going), ROWS_PER_STEP):
        left = DEALS_READ_MAX + 1 - len(ids)
        if not left:
            break
        some = going[start : start + ROWS_PER_STEP]
        ids += imported_rows.list_concerned_deals(connection, site.id, noun, some, left)
    return ids


def begin_take_back(work: AccountWork, site_id: int, number: int) -> LoggedImport | None:
    """Mark an import as being taken back, and return the import; meanwhile, its file cannot be imported.

    Return `None` if no such import is remembered, or if nothing of it can be taken back.
    """
    site_work = work.at(require_site(work.connection, site_id))
    lock_registrations(site_work)
    logged = file_imports.find_import(work.connection, site_id, number)
    if logged is None or not logged.can_be_taken_back:
        return None
    file_imports.begin_undo(work.connection, site_id, number, work.now)
    return logged


@record
class TakeBackRun:
    """A run that takes back an import of a site on behalf of a user; it can be stopped at any time and continued."""

    database: Database
    site_id: int
    number: int
    now: Callable[[], datetime]
    user_id: UserId | None = field(default=None, kw_only=True)


def take_back(run: TakeBackRun, next_step: Callable[[], None] = lambda: None) -> Iterator[LoggedImport]:
    """Take back what is left of an import that `begin_take_back` has begun; yield its state after each step.

    `next_step` is called before each step. Several runs may take back the same import at once, since each step takes
    rows that are left.

    Raises:
        SiteNotFound: the site was removed.
    """

    def step() -> LoggedImport | None:
        with run.database.write() as connection:
            site = require_site(connection, run.site_id)
            ids = IdBlocks(run.database.writer)
            return _take_back_next(Work(connection, ids, run.now(), site, user_id=run.user_id), run.number)

    while True:
        next_step()
        logged = retry_conflicts(step)
        if logged is None:
            return
        yield logged
        if logged.undone_at is not None:
            return


def _next_rows(work: Work, number: int, noun: str) -> Mapping[int, TakeBackOutcome]:
    """Return the rows that the next step takes, with their outcomes; fewer rows if leads have too many deals."""
    found = imported_rows.find_take_back_outcomes(work.connection, work.site.id, number, noun, ROWS_PER_STEP)
    if noun not in set(LeadKind):
        return found
    deals_of = lead_links.count_deals_of_leads(work.connection, work.site.id, LeadKind(noun), list(found))
    taken: dict[int, TakeBackOutcome] = {}
    deals_taken = 0
    for row_id, outcome in found.items():
        deals_taken += deals_of.get(row_id, 0) if outcome is TakeBackOutcome.DELETED else 0
        if taken and deals_taken > DEALS_PER_STEP:
            break
        taken[row_id] = outcome
    return taken


def _take_back_next(work: Work, number: int) -> LoggedImport | None:
    """Take back the next rows of an import, or finish; return `None` if the import is not being taken back."""
    connection, site_id = work.connection, work.site.id
    lock_registrations(work)
    logged = file_imports.find_import(connection, site_id, number)
    if logged is None or not logged.is_begun:
        return None
    noun, taking = logged.file.noun, TAKING[logged.file.noun]
    outcomes = _next_rows(work, number, noun)
    if not outcomes:
        file_imports.finish_undo(connection, site_id, number, work.now)
        record_change(work, site_id, ChangeKind.IMPORT, noun, before=str(logged.taken_back))
        return replace(logged, undone_at=work.now)
    going = [row_id for row_id, outcome in outcomes.items() if outcome is TakeBackOutcome.DELETED]
    taking.delete(work if logged.file.publishes else replace(work, site=replace(work.site, listeners=())), going)
    file_imports.insert_taken_back_rows(connection, site_id, taking.name, going)
    file_imports.delete_imported_rows(connection, site_id, number, list(outcomes))
    counts = {"taken_back": len(going), "stayed": len(outcomes) - len(going)}
    file_imports.update_undo(connection, site_id, number, work.now, **counts)
    return file_imports.find_import(connection, site_id, number)
