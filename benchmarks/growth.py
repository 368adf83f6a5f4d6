"""Measure a large site: registering deals by phone among a million leads, and matching a million deals again."""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from sqlalchemy import ColumnElement, Connection, Table, insert, literal, literal_column, select, text

from benchmarks.serving import PRODUCT, Contender, Figures, Place, environment_of, measure
from dealtrace.deals.lead_clue import LeadClue, SearchContacts
from dealtrace.deals.registration import Registration
from dealtrace.leads.call import IncomingCall
from dealtrace.leads.contact import stated_phone
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.leads.arrivals import decide_calls
from dealtrace.operations.leads.intake import store_leads
from dealtrace.operations.work import Work
from dealtrace.operations.write_command import WriteCommand
from dealtrace.storage.accounts.sites import find_site
from dealtrace.storage.database.column_types import microseconds
from dealtrace.storage.database.engine import open_database
from dealtrace.storage.id_blocks import IdBlocks
from dealtrace.storage.schema.tables.deals import deal, deal_version
from dealtrace.storage.schema.tables.leads import call, lead_contact

FEW, MANY = 100_000, 1_000_000
FIRST_COPY_ID = 10**11
FIRST_PHONE = 79_200_000_000
DEAL_AT = datetime(2018, 3, 26, 7, 0, tzinfo=UTC)
LEAD_AT = DEAL_AT - timedelta(minutes=30)
LONG_BEFORE = timedelta(days=400)
Create = Callable[[str], str]
SAMPLE = "sample"
ONLY = literal(value=True)


def report_growth(folder: Path, creators: Mapping[str, Create], chosen: argparse.Namespace) -> None:
    """Measure registration and matching on each database in `creators`, and print the results."""
    for engine, create in creators.items():
        sizes = (chosen.few, chosen.leads)
        places = {size: _prepare(create(f"leads{size}"), size) for size in sizes}
        _report_register(folder, engine, places, chosen)
        _copy_deals(places[chosen.leads].url, chosen.deals)
        _report_match(engine, places[chosen.leads], chosen.deals)


def _report_register(folder: Path, engine: str, places: Mapping[int, Place], chosen: argparse.Namespace) -> None:
    """Register deals by phone at sites of both sizes in turn, and print the results.

    Half of the phones have a call from which the deal may have come.
    """
    contender = Contender("by phone", PRODUCT, engine, contact=True)
    rounds: dict[int, list[Figures]] = {size: [] for size in places}
    for _ in range(chosen.rounds):
        for size, place in places.items():
            load = argparse.Namespace(**{**vars(chosen), "calls": size // 2})
            rounds[size].append(measure(contender, folder, place, load))
    few, many = rounds.values()
    dearer = statistics.median(large.cpu_us / small.cpu_us for small, large in zip(few, many, strict=True))
    slower = statistics.median(small.per_second / large.per_second for small, large in zip(few, many, strict=True))
    for size, figures in rounds.items():
        per_second = statistics.median(figure.per_second for figure in figures)
        print(f"{engine}, {size} leads: {per_second:.0f} req/s, {sum(figure.failed for figure in figures)} failed")
    print(f"{engine}: {chosen.leads} leads against {chosen.few}: time x{slower:.2f}, CPU of the server x{dearer:.2f}")


def _report_match(engine: str, place: Place, deals: int) -> None:
    """Turn contact matching on, match all deals again with `dealtrace match`, and print its time and CPU time."""
    environment = environment_of(place.url, 1)
    subprocess.run(_dealtrace("site", "set", "1", "contact_matching=on"), env=environment, check=True)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    result = subprocess.run(_dealtrace("match", "1", "--json"), env=environment, check=True, capture_output=True)
    seconds = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    counted = json.loads(result.stdout)
    assert counted["deals"] >= deals, counted
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(
        f"{engine}: {counted['deals']} deals matched again in {seconds:.0f} s ({cpu:.0f} s of CPU, "
        f"{after.ru_maxrss // 1024} MiB), {counted['changed']} have a new lead"
    )


def _prepare(url: str, leads: int) -> Place:
    """Create a site with one call and one deal by the product's own operations, and copy the call `leads` times.

    Every phone has two calls: one from which the deals may have come, and one long before.
    """
    made = subprocess.run(
        _dealtrace("site", "create", "Grown", "--json"), env=environment_of(url, 1), check=True, capture_output=True
    )
    _take_in_samples(url)
    near = f"CASE WHEN series.n % 2 = 0 THEN {microseconds(LEAD_AT)} ELSE {microseconds(LEAD_AT - LONG_BEFORE)} END"
    phone = f"CAST({FIRST_PHONE} + series.n / 2 AS TEXT)"
    lasted = timedelta(minutes=5) // timedelta(microseconds=1)
    database = open_database(url)
    with database.write() as connection:
        lead_id = f"{FIRST_COPY_ID} + series.n"
        copied = {"id": lead_id, "started_at": near, "phone": phone, "reference": "NULL"}
        _copy(connection, call, leads, copied)
        contact_rows = {"lead_id": lead_id, "started_at": near, "ended_at": f"{near} + {lasted}", "contact": phone}
        _copy(connection, lead_contact, leads, contact_rows)
        connection.execute(text("ANALYZE"))
    database.close()
    return Place(url, json.loads(made.stdout)["clientApiId"])


def _copy_deals(url: str, deals: int) -> None:
    """Copy the deal `deals` times; half of the copies are made half an hour after a call, the others ten days later."""
    on_time = f"CASE WHEN series.n % 2 = 0 THEN 0 ELSE {timedelta(days=10) // timedelta(microseconds=1)} END"
    phone = f"CAST({FIRST_PHONE} + series.n / 2 AS TEXT)"
    deal_id = f"{FIRST_COPY_ID} + series.n"
    database = open_database(url)
    with database.write() as connection:
        copied = {
            "id": deal_id,
            "number": "'copy-' || series.n",
            "happened_at": f"{microseconds(DEAL_AT)} + {on_time}",
            "clue_phone": phone,
            "clue_phone_as_sent": phone,
        }
        sample = select(deal.c.id).where(deal.c.number == SAMPLE).scalar_subquery()
        _copy(connection, deal, deals, copied, deal.c.number == SAMPLE)
        _copy(connection, deal_version, deals, {"deal_id": deal_id}, deal_version.c.deal_id == sample)
        connection.execute(text("ANALYZE"))
    database.close()


def _take_in_samples(url: str) -> None:
    database = open_database(url)
    ids = IdBlocks(database.writer)
    ids.ensure(100)
    with database.write() as connection:
        site = find_site(connection, 1)
        assert site is not None
        sample = IncomingCall(LEAD_AT, timedelta(minutes=5), "79199999999")
        work = Work(connection, ids, LEAD_AT, site)
        store_leads(work, list(decide_calls(work, [sample]).arrivals.values()))
        phone = stated_phone("79199999999")
        registration = Registration(
            number=SAMPLE, status="new", amount_rub=Decimal(1000), amount_as_sent="1000", happened_at=DEAL_AT,
            service="bench", manager="Коля", comment=None, tags=(), custom_values={}, stated_source=None,
            clue=LeadClue(contact=SearchContacts(phone, None)), fingerprint="0",
        )  # fmt: skip
        register_deals(Work(connection, ids, DEAL_AT, site), [WriteCommand(registration)])
    database.close()


def _copy(
    connection: Connection, table: Table, times: int, differing: Mapping[str, str], which: ColumnElement[bool] = ONLY
) -> None:
    """Copy the row of a table that `which` selects; `differing` has SQL expressions for columns that differ.

    In these expressions, `series.n` is the number of the copy, from 0.
    """
    series = select(literal(0).label("n")).cte("series", recursive=True)
    series = series.union_all(select(series.c.n + 1).where(series.c.n < times - 1))
    columns = [literal_column(differing[item.name]) if item.name in differing else item for item in table.c]
    rows = select(*columns).select_from(table).join(series, literal(value=True)).where(which)
    connection.execute(insert(table).from_select([item.name for item in table.c], rows))


def _dealtrace(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "dealtrace", *arguments]
