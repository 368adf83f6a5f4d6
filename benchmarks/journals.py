"""Compare the time of journal pages with that of encoding loaded rows: `python -m benchmarks.journals [--rows N]`."""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Table, insert

from dealtrace.accounts.site import Site, SiteId
from dealtrace.attribution.credit import AttributionModel
from dealtrace.calltouch.answers.calls import call_record
from dealtrace.calltouch.journals import calls_diary, orders_diary
from dealtrace.http.parameter_table import Sent
from dealtrace.http.replies import ready as as_text
from dealtrace.http.replies import success
from dealtrace.leads.lead import LeadKind
from dealtrace.operations.accounts.create_site import create_site
from dealtrace.operations.work import AccountWork
from dealtrace.runtime.garbage_collection import collect_garbage_seldom
from dealtrace.storage.database.engine import Database, open_database
from dealtrace.storage.deals.daily_counts import recount_deals
from dealtrace.storage.id_blocks import IdBlocks
from dealtrace.storage.journals.deal_entries import list_deal_entries
from dealtrace.storage.journals.deal_journal import JournalQuery, query_deals
from dealtrace.storage.journals.keyset_pages import Cursor, PageQuery, find_page
from dealtrace.storage.journals.lead_entries import list_lead_entries
from dealtrace.storage.journals.lead_journal import LeadQuery, query_leads
from dealtrace.storage.schema.tables.deals import deal
from dealtrace.storage.schema.tables.leads import call, client, contact, lead_credit
from dealtrace.storage.schema.tables.visits import traffic_source, visit
from dealtrace.storage.schema.upgrade import prepare_schema

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from postgresql import PostgresqlServer, find_programs

ROWS = 1_000_000
ROWS_AT_ONCE = 20_000
PAGE = 1000
ROUNDS = 15
SOURCES = 300
VISIT_IDS, CALL_IDS, DEAL_IDS = 10**10, 2 * 10**10, 3 * 10**10
BEGINNING = datetime(2017, 1, 1, tzinfo=UTC)
APART = timedelta(minutes=2)
MODEL = AttributionModel.LAST_NON_DIRECT
SITE = Site(SiteId(1), "Bench", ZoneInfo("Europe/Moscow"))
INTERVAL = {"since": BEGINNING - timedelta(hours=3), "until": datetime(2099, 12, 31, 21, tzinfo=UTC)}
"""Days in Moscow time, which are not days in UTC, so that stored counts of whole UTC days are not enough."""
DEALS = JournalQuery(**INTERVAL)
CALLS = LeadQuery(LeadKind.CALL, MODEL, **INTERVAL)
SENT = Sent({"page": 1})


def main() -> None:
    """Fill a SQLite and a PostgreSQL database, and print how long pages of their journals take."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory(prefix="dealtrace-bench-") as folder:
        report_journals("SQLite", f"sqlite:///{folder}/bench.db", rows)
    if (programs := find_programs()) is not None:
        server = PostgresqlServer(programs, settings=(), folder_in=Path(tempfile.gettempdir()))
        try:
            report_journals("PostgreSQL", server.create("bench"), rows)
        finally:
            server.remove()


def report_journals(engine: str, url: str, rows: int) -> None:
    """Fill an empty database with `rows` deals and calls, and print the milliseconds for pages of both journals."""
    database = open_database(url)
    _fill(database, rows)
    collect_garbage_seldom()
    for journal, figures in (("deals", _of_deals(database, rows)), ("calls", _of_calls(database, rows))):
        encode = figures["encode"]
        print(f"{engine:10} {journal}", *(f"{name} {ms:6.1f} ({ms / encode:4.1f})" for name, ms in figures.items()))
    database.close()


def _of_deals(database: Database, rows: int) -> dict[str, float]:
    with database.read() as connection:
        ids = find_page(connection, query_deals(1, DEALS), Cursor(), PAGE).ids
        ready = list_deal_entries(connection, 1, ids, MODEL)
    encode = partial(orders_diary.encode_deals, ready, site=SITE, model=MODEL, sent=SENT)
    page = partial(orders_diary.answer_page_of_deals, site=SITE, query=DEALS, sent=SENT)
    return _figures(database, query_deals(1, DEALS), page, encode, rows)


def _of_calls(database: Database, rows: int) -> dict[str, float]:
    with database.read() as connection:
        ids = find_page(connection, query_leads(SITE, CALLS), Cursor(), PAGE).ids
        ready = list_lead_entries(connection, SITE, LeadKind.CALL, ids, MODEL)

    def encode() -> None:
        success([as_text(call_record(item, SITE, MODEL, SENT)) for item in ready], "listed")

    page = partial(calls_diary.answer_page_of_calls, site=SITE, query=CALLS, sent=SENT)
    return _figures(database, query_leads(SITE, CALLS), page, encode, rows)


def _figures(
    database: Database, listing: PageQuery, page: Callable[..., Any], encode: Callable[[], Any], rows: int
) -> dict[str, float]:
    """Return the median milliseconds of encoding a page and of several pages.

    The pages are the first page (which counts all rows), pages that continue the page before, near both ends of the
    list, and the last page without the page before.
    """
    last = rows - PAGE
    with database.read() as connection:
        ends = {
            offset: find_page(connection, listing, Cursor(offset - PAGE, skip=offset - PAGE, total=rows), PAGE).end
            for offset in (PAGE, last)
        }

    def read(place: Cursor) -> None:
        with database.read() as connection:
            page(connection, place)

    return {
        "encode": _median_ms(encode),
        "first page": _median_ms(partial(read, Cursor())),
        "second": _median_ms(partial(read, Cursor(PAGE, ends[PAGE], 0, rows))),
        "last": _median_ms(partial(read, Cursor(last, ends[last], 0, rows))),
        "last, cold": _median_ms(partial(read, Cursor(last, None, last, rows))),
    }


def _median_ms(work: Callable[[], Any]) -> float:
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work()
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)


def _fill(database: Database, rows: int) -> None:
    """Store `rows` deals, each with a call that has a visit; every client called twice."""
    prepare_schema(database)
    with database.write() as connection:
        create_site(AccountWork(connection, IdBlocks(database.writer), BEGINNING), SITE)
        sources = ({"id": n, "digest": f"{n}", "source": "yandex", "medium": "cpc", **_PARTS} for n in range(SOURCES))
        connection.execute(insert(traffic_source), [{"site_id": 1, **source} for source in sources])
    for start in range(0, rows, ROWS_AT_ONCE):
        numbers = range(start, min(start + ROWS_AT_ONCE, rows))
        with database.write() as connection:
            for table, make in _MAKE.items():
                made = [{**_NOTHING[table], "site_id": 1, **row} for n in numbers for row in make(n, rows)]
                if made:
                    connection.execute(insert(table), made)
    with database.write() as connection:
        recount_deals(connection, SITE.id)
    database.gather_statistics()


_PARTS = {"campaign": "spring", "content": "", "term": "buy"}


def _visit(n: int, _rows: int) -> Iterator[dict[str, Any]]:
    yield {
        "id": VISIT_IDS + n, "started_at": BEGINNING + n * APART, "visitor_id": f"{n}",
        "traffic_source_id": n % SOURCES, "landing_url": f"https://shop.example/goods/{n}?utm_source=yandex",
        "referrer": "https://yandex.ru/", "ip": "10.0.0.1", "user_agent": "Mozilla/5.0 (X11; Linux x86_64)",
        "city": "moscow", "utm": {"source": "yandex", "medium": "cpc", **_PARTS}, "yandex_client_id": f"{n}",
    }  # fmt: skip


def _client(n: int, rows: int) -> Iterator[dict[str, Any]]:
    if n < rows // 2:
        yield {"id": n + 1, "name": "Иван"}


def _contact(n: int, rows: int) -> Iterator[dict[str, Any]]:
    if n < rows // 2:
        yield {"contact": f"7920{n:07}", "client_id": n + 1, "known_since": BEGINNING}


def _call(n: int, rows: int) -> Iterator[dict[str, Any]]:
    client_number = n % (rows // 2)
    yield {
        "id": CALL_IDS + n, "reference": f"r{n}", "started_at": BEGINNING + n * APART, "duration_seconds": 60,
        "phone": f"7920{client_number:07}", "client_id": client_number + 1, "visit_id": VISIT_IDS + n,
        "recorded_at": BEGINNING, "is_successful": True, "dialled_phone": "74950000001",
    }  # fmt: skip


def _credit(n: int, _rows: int) -> Iterator[dict[str, Any]]:
    visited = {"visit_id": VISIT_IDS + n, "visit_started_at": BEGINNING + n * APART}
    yield {"lead_id": CALL_IDS + n, "model": int(MODEL), "position": 0, **visited}


def _deal(n: int, _rows: int) -> Iterator[dict[str, Any]]:
    happened_at = BEGINNING + n * APART
    yield {
        "id": DEAL_IDS + n, "number": f"n{n}", "status": "new", "amount_rub": 1000, "happened_at": happened_at,
        "recorded_at": happened_at, "touched_at": happened_at, "version": 1, "service": "AmoCRM", "manager": "Анна",
        "lead_kind": LeadKind.CALL, "lead_id": CALL_IDS + n, "visited_at": happened_at, "fingerprint": f"{n:064}",
    }  # fmt: skip


_MAKE = {visit: _visit, client: _client, contact: _contact, call: _call, lead_credit: _credit, deal: _deal}
_NOTHING: dict[Table, dict[str, None]] = {table: dict.fromkeys(table.c.keys()) for table in _MAKE}

if __name__ == "__main__":
    main()
