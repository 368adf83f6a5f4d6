"""Fill the site of a demo, each step in its own transaction, on the command line or in the background of a server."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from dealtrace.accounts.site import Site
from dealtrace.accounts.site_days import site_day
from dealtrace.demo.refusals import DemoMissing
from dealtrace.demo.year import make_year
from dealtrace.operations.demo.fill import FillStep, list_steps
from dealtrace.operations.demo.mark import find_demo
from dealtrace.operations.work import Work
from dealtrace.record import record
from dealtrace.storage.database.engine import Database
from dealtrace.storage.id_blocks import IdBlocks
from dealtrace.storage.reports.known_statuses import KnownStatuses

SEED_DEFAULT = 1


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
    """Make a year of data and store it; `show` gets how many records are stored and how many there are in total.

    `rest` is called repeatedly while the data is made. `now` is the time when this demo was begun, and
    distinguishes it from a later demo of the same site. An exception from `show` or `rest` ends the demo; what is
    stored by then stays.

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
