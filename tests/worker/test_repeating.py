"""Loops of a process: they outlive every failure, say why they fail, and end the process if they end."""

import asyncio
import sqlite3
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import structlog

from dealtrace.errors import DatabaseUnavailable
from dealtrace.log import OUTAGE_REPEATED_SECONDS, Outage
from dealtrace.worker import repeating
from dealtrace.worker.repeating import BackgroundLoops, next_round
from waiting import until
from write_commands import run

ROUNDS = 6


class Broken(BaseException):
    """A failure that no loop outlives."""


def locked() -> sqlite3.OperationalError:
    fault = sqlite3.OperationalError("database is locked")
    fault.sqlite_errorcode = sqlite3.SQLITE_BUSY
    return fault


def logged(faults: list[BaseException | None], monotonic: Callable[[], float] = lambda: 0.0) -> list[Any]:
    """Return the lines that a loop logs whose rounds fail in this way, `None` for a round that succeeds.

    The last item is "process" if the loop ended the process.
    """
    left, ended = list(faults), list[str]()

    async def work() -> None:
        fault = left.pop(0) if left else None
        if fault is not None:
            raise fault

    async def story() -> None:
        loops = BackgroundLoops(lambda: ended.append("process"))
        loops.start(work, 0.0, Outage("thing_failed", "thing_works", monotonic))
        await until(lambda: ended or not left)
        await loops.stop()

    with structlog.testing.capture_logs() as lines:
        run(story)
    return [*lines, *ended]


def test_a_failure_is_logged_with_its_cause_and_its_end() -> None:
    begun, over = logged([ZeroDivisionError("secret"), None])
    assert (begun["event"], begun["log_level"], begun["reason"]) == ("thing_failed", "error", "ZeroDivisionError")
    (cause,) = begun["cause"]
    assert cause["type"] == "ZeroDivisionError"
    assert any(place.endswith(" work") for place in cause["at"])
    assert "secret" not in repr(begun)
    assert (over["event"], over["failures"]) == ("thing_works", 1)


def test_a_long_failure_is_a_line_a_minute() -> None:
    seconds = iter(range(10_000))
    lines = logged([ZeroDivisionError() for _ in range(3 * OUTAGE_REPEATED_SECONDS)], lambda: next(seconds))
    assert [line["failures"] for line in lines if line["event"] == "thing_failed"] == [1, 61, 121]


@pytest.mark.parametrize("fault", [locked(), DatabaseUnavailable(retry_after_seconds=5)])
def test_a_database_that_is_away_is_a_warning_and_our_mistake_an_error(fault: Exception) -> None:
    first, second, *_ = logged([fault, fault, ZeroDivisionError(), ZeroDivisionError(), fault])
    assert (first["log_level"], first["failures"]) == ("warning", 1)
    assert (second["log_level"], second["failures"]) == ("error", 3), "a mistake does not wait for its minute"


def test_work_that_is_cancelled_inside_is_repeated() -> None:
    lines = logged([asyncio.CancelledError(), asyncio.CancelledError(), None])
    assert [line["event"] for line in lines] == ["thing_failed", "thing_works"]


def test_a_loop_that_ends_all_the_same_ends_the_process() -> None:
    line, ended = logged([Broken(), None])
    assert (line["event"], line["log_level"], line["loop"]) == ("background_loop_ended", "error", "thing_failed")
    assert line["cause"][0]["type"] == "Broken"
    assert ended == "process"


def test_loops_that_are_stopped_end_quietly() -> None:
    async def story() -> None:
        begun = asyncio.Event()

        async def work() -> None:
            begun.set()
            await asyncio.Event().wait()

        loops = BackgroundLoops(lambda: pytest.fail("it ended the process"))
        loops.start(work, 0.0, Outage("thing_failed", "thing_works"))
        await begun.wait()
        await loops.stop()

    with structlog.testing.capture_logs() as lines:
        run(story)
    assert lines == []


@pytest.mark.parametrize("began_after", [0.0, 0.1, 0.5, 0.9, 7.25])
def test_loops_of_one_pause_run_at_the_same_moments_whenever_they_began(
    monkeypatch: pytest.MonkeyPatch, began_after: float
) -> None:
    now, moments = [began_after], list[float]()
    yield_to_others = asyncio.sleep

    async def pass_time(seconds: float) -> None:
        now[0] += seconds
        await yield_to_others(0)

    async def story() -> None:
        is_enough = asyncio.Event()

        async def work() -> None:
            moments.append(now[0])
            if len(moments) == ROUNDS:
                is_enough.set()
                await asyncio.Event().wait()

        loops = BackgroundLoops(lambda: pytest.fail("it ended the process"))
        loops.start(work, 1.0, Outage("thing_failed", "thing_works"))
        await is_enough.wait()
        await loops.stop()

    monkeypatch.setattr(repeating, "_STARTED_AT", 0.0)
    monkeypatch.setattr(repeating, "time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr(repeating, "asyncio", SimpleNamespace(**{**vars(asyncio), "sleep": pass_time}))
    run(story)
    assert moments == [began_after, *(int(began_after) + number for number in range(1, ROUNDS))]


@pytest.mark.parametrize(
    ("ended", "seconds", "following"),
    [
        (0, 0.0, 1),
        (0, 7.2, 4),
        (3, 6.5, 4),
        (3, 5.999, 4),  # the timer was early
        (3, 8.0, 5),
        (3, 13.0, 7),  # the round took long
    ],
)
def test_a_round_is_never_repeated_and_the_next_one_at_most_a_pause_away(
    ended: int, seconds: float, following: int
) -> None:
    assert next_round(ended, seconds, pause_seconds=2.0) == following
    assert following * 2.0 - seconds <= 2.0 + 0.01
