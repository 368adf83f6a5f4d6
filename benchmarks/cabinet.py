"""Measure the cabinet at a large site: how long each page takes, what it sends, and what viewers cost registration."""

import gzip
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.cabinet_pages import Visitor, list_urls, make_objects
from benchmarks.report_site import SITE, copy_site, fill_site
from benchmarks.serving import PRODUCT, Contender, Place, environment_of, serving
from benchmarks.viewers import report_viewers
from dealtrace.operations.accounts.create_user import create_user, hash_password
from dealtrace.operations.accounts.log_in import Browser, Proof, open_session
from dealtrace.operations.work import AccountWork
from dealtrace.storage.database.engine import open_database
from dealtrace.storage.deals.daily_counts import recount_deals
from dealtrace.storage.id_blocks import transaction

ROUNDS = 7
VISITS_PER_LEAD = 5
VIEWED = (
    "", "reports", "reports?by=source,month", "reports?tree=yes&open=source1/medium1", "deals", "leads", "requests",
    "settings", "settings/statuses",
)  # fmt: skip
"""The pages below the site that viewers look at while others register deals."""


def report_cabinet(folder: Path, creators: Mapping[str, Callable[[str], str]], deals: int) -> None:
    """Print the time and size of each page at a site with `deals` deals, and what viewers cost registration there.

    Times are medians, sizes are compressed. SQLite and, if `creators` has it, PostgreSQL get the same site.
    """
    for engine, place in fill_places(folder / "cabinet.db", creators, deals).items():
        _count_days(place.url)
        user, secret = log_in(place.url)
        contender = Contender("pages", PRODUCT, engine, contact=False)
        print(f"{engine}, {deals} deals")
        with serving(contender, folder, place) as (port, group):
            visitor = Visitor(port, secret)
            for page in list_urls(_places(visitor, user, deals)):
                _measure(visitor, page)
            viewed = [f"/cabinet/{SITE}/{page}" for page in (*VIEWED, f"deals/{deals // 2}")]
            report_viewers(port, group, place.token, viewed, secret)


def fill_places(file: Path, creators: Mapping[str, Callable[[str], str]], deals: int) -> dict[str, Place]:
    """Fill a site with `deals` deals in SQLite and, if `creators` has it, PostgreSQL; return both by engine."""
    places = {"sqlite": create_site(f"sqlite:///{file}")}
    fill_site(file, deals, deals, deals * VISITS_PER_LEAD)
    if "postgresql" in creators:
        places["postgresql"] = _copy_to_postgresql(file, creators["postgresql"](file.stem))
    return places


def create_site(url: str) -> Place:
    """Create the site to fill and an empty one beside it, since the first page compares several sites."""
    tokens = []
    for name in ("Bench", "Beside"):
        command = [sys.executable, "-m", "dealtrace", "site", "create", name, "--json"]
        made = subprocess.run(command, env=environment_of(url, 1), check=True, capture_output=True, text=True)
        tokens.append(json.loads(made.stdout)["clientApiId"])
    return Place(url, tokens[0])


def _copy_to_postgresql(file: Path, url: str) -> Place:
    """Copy the site of a SQLite file into a database of PostgreSQL."""
    place = create_site(url)
    filled, copy = open_database(f"sqlite:///{file}"), open_database(url)
    copy_site(filled, copy)
    copy.gather_statistics()
    filled.close()
    copy.close()
    return place


def _count_days(url: str) -> None:
    """Store the daily counts of the site, which its generated deals have not changed."""
    database = open_database(url)
    with database.write() as connection:
        recount_deals(connection, SITE)
    database.close()


def _places(visitor: Visitor, user: int, deals: int) -> dict[str, str]:
    """Make an object of each kind, and return what stands in the paths of pages; call 2 and its client have deals."""
    lead = deals // 4 * 2
    rows = {"site": SITE, "user": user, "deal": deals // 2, "kind": "call", "lead": lead, "client": deals // 3}
    return {**{name: str(value) for name, value in rows.items()}, **make_objects(visitor, SITE)}


def log_in(url: str) -> tuple[int, str]:
    """Create an owner of the installation, and return their id and the secret of a new session."""
    database, now = open_database(url), datetime.now(UTC)
    password = hash_password("correct horse battery")
    with transaction(database, ids=2) as (connection, ids):
        work = AccountWork(connection, ids, now)
        owner = create_user(work, "bench@example.org", password)
        secret = open_session(work, Proof(owner, password), Browser("127.0.0.1", "bench")).secret
    database.close()
    return owner.id, secret


def _measure(visitor: Visitor, page: str) -> None:
    """Request a page several times, and print the time of the first request and the median of the others."""
    spent = []
    for _ in range(1 + ROUNDS):
        started = time.perf_counter()
        status, _, body = visitor.request("GET", page)
        spent.append((time.perf_counter() - started) * 1000)
    assert status == 200, (page, status)
    size, median = len(gzip.compress(body)) / 1024, statistics.median(spent[1:])
    print(f"{page:56} {status}  {median:8.0f} ms, first {spent[0]:8.0f} ms, {size:5.1f} KiB", flush=True)
