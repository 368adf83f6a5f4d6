"""Measure the pages of the cabinet at a large site: the time and the compressed size of each page."""

import gzip
import http.client
import statistics
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.report_site import SITE, fill_site
from benchmarks.serving import PRODUCT, Contender, Place, environment_of, serving
from dealtrace.accounts.role import Role
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


def report_cabinet(folder: Path, deals: int) -> None:
    """Print the median time and the compressed size of each page at a site with `deals` deals and as many leads."""
    file = folder / "cabinet.db"
    url = f"sqlite:///{file}"
    command = [sys.executable, "-m", "dealtrace", "site", "create", "Bench"]
    subprocess.run(command, env=environment_of(url, 1), check=True, capture_output=True)
    fill_site(file, deals, deals, deals * VISITS_PER_LEAD)
    secret = _log_in(url)
    with serving(Contender("pages", PRODUCT, "sqlite", contact=False), folder, Place(url, "")) as (port, _):
        for page in PAGES:
            _measure(port, page, secret)


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
        connection.request("GET", f"/cabinet/{SITE}/{page}", headers={"Cookie": f"session={secret}"})
        answer = connection.getresponse()
        body = answer.read()
        spent.append((time.perf_counter() - started) * 1000)
        connection.close()
    size = len(gzip.compress(body)) / 1024
    print(
        f"/{page:24} {answer.status}  {statistics.median(spent[1:]):8.0f} ms, first {spent[0]:8.0f} ms, {size:5.1f} KiB"
    )
