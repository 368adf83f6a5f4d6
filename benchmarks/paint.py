"""Measure what a person waits for: the first paint of pages in a browser, and pages of reports without the engine."""

import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from benchmarks.cabinet import fill_places, log_in
from benchmarks.cabinet_pages import Visitor
from benchmarks.engine_time import SPENT_IN, milliseconds_in
from benchmarks.report_site import SITE
from benchmarks.serving import Contender, serving
from browser import Browser, find_chromium

TARGET = "benchmarks.engine_time:create_app"
VISITS_PER_LEAD = 5
LATENCY_MS = 400
"""The latency of the network in the second measurement: a page that needs two round trips is painted after twice it."""
REPORTS = (
    "",
    "reports",
    "reports?by=source,month",
    "reports?by=day&metrics=deals,amount&models=all",
    "reports?pivot=month&by=source",
    "reports?by=source,medium&tree=yes",
    "reports/rows?metrics=deals&period=7d",
)
"""The pages that ask the engine, below the site; the first is the overview."""
_PAINTED = "(performance.getEntriesByName('first-contentful-paint')[0] || {}).startTime"


def report_paint(folder: Path, creators: Mapping[str, Callable[[str], str]], deals: int, rounds: int) -> None:
    """Print, for each engine, the time of pages of reports with and without the engine, and the first paint of pages.

    The pages are requested in turn, so that a change of the machine's load meets all of them.
    """
    for engine, place in fill_places(folder / "paint.db", creators, deals).items():
        print(f"{engine}, {deals} deals")
        spent_in = folder / f"engine-{engine}"
        contender = Contender("pages", TARGET, engine, contact=False, settings={SPENT_IN: str(spent_in)})
        _, secret = log_in(place.url)
        with serving(contender, folder, place) as (port, _):
            _measure_besides(Visitor(port, secret), spent_in, rounds)
            if find_chromium() is not None:
                profile = folder / f"browser-{engine}"
                profile.mkdir()
                _measure_paint(profile, port, secret, deals, rounds)


def _measure_besides(visitor: Visitor, spent_in: Path, rounds: int) -> None:
    whole: dict[str, list[float]] = {page: [] for page in REPORTS}
    besides: dict[str, list[float]] = {page: [] for page in REPORTS}
    for number in range(1 + rounds):
        for page in REPORTS:
            before, started = milliseconds_in(spent_in), time.perf_counter()
            status, _, _ = visitor.request("GET", f"/cabinet/{SITE}/{page}")
            taken = (time.perf_counter() - started) * 1000
            assert status == 200, (page, status)
            if number:  # the first round builds the column mirror and fills caches
                whole[page].append(taken)
                besides[page].append(taken - (milliseconds_in(spent_in) - before))
    for page in REPORTS:
        print(f"{page or 'overview':52} {_said(whole[page])}, besides the engine {_said(besides[page])}", flush=True)


def _measure_paint(folder: Path, port: int, secret: str, deals: int, rounds: int) -> None:
    pages = {"overview": "", "report": "reports?by=source", "deals": "deals", "a deal": f"deals/{deals // 2}"}
    found: dict[tuple[str, int], list[float]] = {(name, latency): [] for name in pages for latency in (0, LATENCY_MS)}
    browser = Browser(folder)
    try:
        for number in range(1 + rounds):
            for name, page in pages.items():
                for latency in (0, LATENCY_MS):
                    painted = _first_paint(
                        browser, f"http://127.0.0.1:{port}", f"/cabinet/{SITE}/{page}", secret, latency
                    )
                    if number:
                        found[name, latency].append(painted)
    finally:
        browser.close()
    for name in pages:
        plain, slow = (found[name, latency] for latency in (0, LATENCY_MS))
        print(f"first paint of {name:12} {_said(plain)}, with {LATENCY_MS} ms of latency {_said(slow)}", flush=True)


def _first_paint(browser: Browser, origin: str, path: str, secret: str, latency: int) -> float:
    """Return after how many milliseconds a browser that has nothing of the server yet paints the page."""
    browser.renew()
    browser.keep_cookie("session", secret, origin)
    browser.delay(latency)
    browser.open(f"{origin}{path}")
    return float(browser.wait(_PAINTED))


def _said(milliseconds: Sequence[float]) -> str:
    return f"{statistics.median(milliseconds):6.0f} ms ({_range(milliseconds)})"


def _range(milliseconds: Iterable[float]) -> str:
    in_order = sorted(milliseconds)
    return f"{in_order[0]:.0f} to {in_order[-1]:.0f}"
