"""Measure the overview of a site without data and of a large one on SQLite, also beside other revisions, in turn."""

import argparse
import statistics
import time
from pathlib import Path

from benchmarks.cabinet import VISITS_PER_LEAD, create_site, log_in
from benchmarks.cabinet_pages import Visitor
from benchmarks.report_site import SITE, fill_site
from benchmarks.serving import PRODUCT, Contender, Place, cpu_seconds, serving
from dealtrace.storage.database.engine import open_database
from dealtrace.storage.reports.mirror.mirror import current_mirror

PAGES = ("", "?period=28d")
WARMED_UP = 3
REQUESTS = 9
_MILLISECONDS = 1000


def report_overview(folder: Path, chosen: argparse.Namespace) -> None:
    """Print how long the overview takes at each site, and what CPU it costs, at this revision and those beside it.

    All revisions open the same files, so they must have the same schema and mirror.
    """
    contenders = [Contender("this revision", PRODUCT, "sqlite", contact=False)]
    for beside in chosen.beside:
        name, checkout = beside.split("=", 1)
        contenders.append(Contender(name, PRODUCT, "sqlite", contact=False, checkout=Path(checkout).absolute()))
    places = {deals: _prepare(folder / f"overview{deals}.db", deals) for deals in (0, chosen.deals)}
    for number in range(chosen.rounds):
        for deals, (place, secret) in places.items():
            for contender in contenders:
                with serving(contender, folder, place) as (port, group):
                    for page in PAGES if not deals else PAGES[:1]:
                        figures = _measure(Visitor(port, secret), group, f"/cabinet/{SITE}/{page}")
                        print(
                            f"round {number + 1}  {contender.name:20} {deals:8} deals {page:12} {figures}", flush=True
                        )


def _prepare(file: Path, deals: int) -> tuple[Place, str]:
    """Create and fill a site with its mirror, and return it with the secret of an owner's session."""
    place = create_site(f"sqlite:///{file}")
    if deals:
        fill_site(file, deals, deals, deals * VISITS_PER_LEAD)
    _, secret = log_in(place.url)
    database = open_database(place.url)
    with current_mirror(database):
        pass
    database.close()
    return place, secret


def _measure(visitor: Visitor, group: int, page: str) -> str:
    """Request a page again and again, and return the median and least time and the mean CPU of a request."""
    spent = []
    for _ in range(WARMED_UP):
        status, _, _ = visitor.request("GET", page)
        assert status == 200, (page, status)
    before = cpu_seconds(group)
    for _ in range(REQUESTS):
        started = time.perf_counter()
        visitor.request("GET", page)
        spent.append((time.perf_counter() - started) * _MILLISECONDS)
    cpu = (cpu_seconds(group) - before) / REQUESTS * _MILLISECONDS
    return f"{statistics.median(spent):7.1f} ms, least {min(spent):7.1f}, CPU {cpu:7.1f}"
