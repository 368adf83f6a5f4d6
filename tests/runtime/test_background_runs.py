"""Runs in the background: one after another in each lane, and they end with the server."""

import threading

import pytest

from dealtrace.operations.pause_between_steps import Stopped
from dealtrace.runtime import background_runs
from dealtrace.runtime.background_runs import BackgroundRuns, Lane, Steps
from waiting import wait_until

Failure = tuple[Lane, int, type[Exception]]


def test_runs_follow_each_other_and_a_failure_ends_only_itself() -> None:
    faults: list[Failure] = []
    done: list[int] = []
    runs = BackgroundRuns(lambda lane, site_id, fault: faults.append((lane, site_id, type(fault))))

    def fail(steps: Steps) -> None:
        steps.next()
        done.append(1)
        raise ValueError

    runs.start(Lane.PAST, 7, fail)
    runs.start(Lane.PAST, 8, lambda _steps: done.append(2))
    wait_until(lambda: done == [1, 2])
    runs.stop()
    assert faults == [(Lane.PAST, 7, ValueError)]


def test_a_stop_ends_the_current_run_at_its_next_step_and_those_that_wait_at_their_first() -> None:
    runs = BackgroundRuns(lambda _lane, _site_id, _fault: None)
    began = threading.Event()
    ended: list[str] = []

    def run(steps: Steps) -> None:
        began.set()
        try:
            while True:
                steps.next()
        except Stopped:
            ended.append("current")
            raise

    def wait(steps: Steps) -> None:
        try:
            steps.next()
        except Stopped:
            ended.append("waiting")
            raise
        ended.append("it ran")

    runs.start(Lane.PAST, 1, run)
    runs.start(Lane.PAST, 2, wait)
    assert began.wait(10)
    runs.begin_stop()
    runs.stop()
    assert ended == ["current", "waiting"]


def test_a_demo_does_not_wait_for_a_change_of_the_past_which_reminds_those_behind_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(background_runs, "REMINDER_SECONDS", 0)
    runs = BackgroundRuns(lambda _lane, _site_id, _fault: None)
    filled, reminded = threading.Event(), threading.Event()

    def run(steps: Steps) -> None:
        while not (filled.is_set() and reminded.is_set()):
            steps.next()

    runs.start(Lane.PAST, 1, run)
    runs.start(Lane.PAST, 2, lambda _steps: None, reminded.set)
    runs.start(Lane.DEMO, 3, lambda _steps: filled.set())
    assert filled.wait(10)
    assert reminded.wait(10)
    runs.stop()
