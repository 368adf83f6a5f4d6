"""Measure the cabinet at a large site: how long each page takes, what it sends, and what viewers cost registration."""

import gzip
import http.client
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.report_site import SITE, copy_site, fill_site
from benchmarks.serving import PRODUCT, Contender, Place, environment_of, serving
from benchmarks.viewers import report_viewers
from dealtrace.accounts.rights import Role
from dealtrace.accounts.site import SiteId
from dealtrace.operations.accounts.create_user import create_user
from dealtrace.operations.accounts.log_in import Browser, open_session
from dealtrace.storage.database.engine import open_database
from dealtrace.storage.id_blocks import transaction

ROUNDS = 7
VISITS_PER_LEAD = 5
PAGES = (
    "", "reports", "reports?by=source,month", "deals", "leads", "requests", "settings", "settings/statuses",
    "settings/columns", "settings/tokens", "settings/webhooks", "settings/imports", "settings/users",
)  # fmt: skip


def report_cabinet(folder: Path, addresses: Mapping[str, Callable[[str], str]], deals: int) -> None:
    """Print the time and size of each page at a site with `deals` deals, and what viewers cost registration there.

    Times are medians, sizes are compressed. SQLite and, if `addresses` has it, PostgreSQL get the same site.
    """
    file = folder / "cabinet.db"
    places = {"sqlite": _create_site(f"sqlite:///{file}")}
    fill_site(file, deals, deals, deals * VISITS_PER_LEAD)
    if "postgresql" in addresses:
        places["postgresql"] = _copy(file, addresses["postgresql"]("cabinet"))
    for engine, place in places.items():
        secret = _log_in(place.url)
        contender = Contender("pages", PRODUCT, engine, contact=False)
        print(f"{engine}, {deals} deals")
        with serving(contender, folder, place) as (port, group):
            pages = [f"/cabinet/{SITE}/{page}" for page in (*PAGES, f"deals/{deals // 2}")]
            for page in pages:
                _measure(port, page, secret)
            report_viewers(port, group, place.token, pages, secret)


def _create_site(url: str) -> Place:
    command = [sys.executable, "-m", "dealtrace", "site", "create", "Bench", "--json"]
    made = subprocess.run(command, env=environment_of(url, 1), check=True, capture_output=True, text=True)
    return Place(url, json.loads(made.stdout)["clientApiId"])


def _copy(file: Path, url: str) -> Place:
    """Copy the site of a SQLite file into a database of PostgreSQL."""
    place = _create_site(url)
    filled, copy = open_database(f"sqlite:///{file}"), open_database(url)
    copy_site(filled, copy)
    copy.gather_statistics()
    filled.close()
    copy.close()
    return place


def _log_in(url: str) -> str:
    """Create an owner of the site, and return the secret of a new session of this user."""
    database, now = open_database(url), datetime.now(UTC)
    with transaction(database, ids=2) as (connection, ids):
        owner = create_user(
            connection, ids, "bench@example.org", "correct horse", now, roles={SiteId(SITE): Role.OWNER}
        )
        secret = open_session(connection, owner, Browser("127.0.0.1", "bench"), now)
    database.close()
    return secret


def _measure(port: int, page: str, secret: str) -> None:
    """Request a page several times, and print the time of the first request and the median of the others."""
    spent = []
    for _ in range(1 + ROUNDS):
        started = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
        connection.request("GET", page, headers={"Cookie": f"session={secret}"})
        answer = connection.getresponse()
        body = answer.read()
        spent.append((time.perf_counter() - started) * 1000)
        connection.close()
    size, median = len(gzip.compress(body)) / 1024, statistics.median(spent[1:])
    print(f"{page:36} {answer.status}  {median:8.0f} ms, first {spent[0]:8.0f} ms, {size:5.1f} KiB", flush=True)
