"""Measure what people at the cabinet cost those who register deals at the same time."""

import http
import http.client
import os
import statistics
import subprocess
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice

from benchmarks.serving import HERE, latency_ms, requests_of, thread_seconds

VIEWERS = 50
SECONDS_A_PAGE = 10.0
"""How long a viewer looks at a page before opening the next one."""
CONNECTIONS, PAUSE_MS = 32, 8
"""Registrations at about half of what the server can do: each connection pauses after each answer."""
SECONDS = 20
ROUNDS = 5
SHARE_MIN = 0.01
"""The least share of the CPU that a thread must use, while nobody looks, to count as one that registers."""


@dataclass(frozen=True, slots=True)
class _Load:
    """What happened within `SECONDS`: registrations with their 99th percentile in milliseconds, pages and CPU seconds.

    `refused` is the number of pages that were not shown, for example because there were too many requests. `used` is
    the CPU of each thread of the server.
    """

    registrations: int
    p99_ms: float
    pages: int
    refused: int
    used: Mapping[str, float]

    @property
    def cpu_seconds(self) -> float:
        """Return the CPU of all threads."""
        return sum(self.used.values())

    def cpu_of(self, threads: Collection[str]) -> float:
        """Return the CPU of some threads."""
        return sum(self.used.get(thread, 0.0) for thread in threads)


def report_viewers(port: int, group: int, token: str, pages: Sequence[str], secret: str) -> None:
    """Print the CPU of a registration with viewers, against that without viewers.

    With viewers it is the CPU of the threads that register, without what pages use of these. Threads of reports are the
    viewers': they also copy the new deals into the mirror, which is not needed as long as nobody looks.
    """
    ratios = []
    for _ in range(ROUNDS):
        alone = _load(port, group, token, [], secret)
        looking = _load(port, group, "", pages, secret)
        both = _load(port, group, token, pages, secret)
        registering = {thread for thread, used in alone.used.items() if used >= SHARE_MIN * alone.cpu_seconds}
        of_pages = looking.cpu_of(registering) / looking.pages * both.pages
        before = alone.cpu_seconds / alone.registrations
        after = (both.cpu_of(registering) - of_pages) / both.registrations
        ratios.append(after / before)
        page_before, page_after = looking.cpu_seconds / looking.pages, (both.cpu_seconds - after * both.registrations)
        print(
            f"{VIEWERS} viewers: registration {before * 1e6:.0f} µs, with them {after * 1e6:.0f} µs; "
            f"{alone.registrations / SECONDS:.0f} a second, with them {both.registrations / SECONDS:.0f}; "
            f"p99 {alone.p99_ms:.1f} ms, with them {both.p99_ms:.1f}; "
            f"{both.pages} pages of {page_before * 1000:.0f} ms, of {page_after / both.pages * 1000:.0f} while others "
            f"register, {both.refused} refused",
            flush=True,
        )
    print(f"median of the ratios: {statistics.median(ratios):.2f}", flush=True)


def _load(port: int, group: int, token: str, pages: Sequence[str], secret: str) -> _Load:
    """Register, if there is a token, while viewers look at pages, if there are any."""
    opened: list[int] = []
    end = time.monotonic() + SECONDS
    viewers = [
        threading.Thread(target=_look, args=(port, pages, secret, number, end, opened))
        for number in range(VIEWERS if pages else 0)
    ]
    before = thread_seconds(group)
    for viewer in viewers:
        viewer.start()
    registrations, p99_ms = _register(port, token) if token else (0, 0.0)
    for viewer in viewers:
        viewer.join()
    refused = sum(status != http.HTTPStatus.OK for status in opened)
    used = {thread: seconds - before.get(thread, 0.0) for thread, seconds in thread_seconds(group).items()}
    return _Load(registrations, p99_ms, len(opened), refused, used)


def _look(port: int, pages: Sequence[str], secret: str, number: int, end: float, opened: list[int]) -> None:
    """Open one page after the other, as a person does; note the status of each answer."""
    time.sleep(number * SECONDS_A_PAGE / VIEWERS)
    for page in islice(cycle(pages), number, None):
        if time.monotonic() > end:
            return
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
        connection.request("GET", page, headers={"Cookie": f"session={secret}"})
        answer = connection.getresponse()
        answer.read()
        connection.close()
        opened.append(answer.status)
        time.sleep(min(SECONDS_A_PAGE, max(end - time.monotonic(), 0) + 0.001))


def _register(port: int, token: str) -> tuple[int, float]:
    """Register for `SECONDS`; return how many deals, and the 99th percentile in milliseconds."""
    environment = {
        **os.environ, "BENCH_TOKEN": token, "BENCH_CALLS": "0", "BENCH_CONTACT": "0", "BENCH_PAUSE_MS": str(PAUSE_MS),
    }  # fmt: skip
    run = subprocess.run(
        ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "--latency", "-s", str(HERE / "register.lua"),
         f"http://127.0.0.1:{port}"],
        env=environment, check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert "Non-2xx" not in run.stdout, run.stdout
    return requests_of(run.stdout), latency_ms(run.stdout, 99)
