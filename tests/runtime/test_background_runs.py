"""Runs in the background: one after another, and they end with the server."""

import threading

from dealtrace.runtime.background_runs import BackgroundRuns, IsStopping
from waiting import wait_until


def test_runs_follow_each_other_and_a_failure_ends_only_itself() -> None:
    faults: list[Exception] = []
    done: list[int] = []
    runs = BackgroundRuns(faults.append)

    def fail(_is_stopping: IsStopping) -> None:
        done.append(1)
        raise ValueError

    runs.start(fail)
    runs.start(lambda _is_stopping: done.append(2))
    wait_until(lambda: done == [1, 2])
    runs.stop()
    assert [type(fault) for fault in faults] == [ValueError]


def test_a_stop_asks_the_current_run_to_end_and_drops_those_that_wait() -> None:
    runs = BackgroundRuns(lambda _fault: None)
    began, ended = threading.Event(), threading.Event()
    others: list[bool] = []

    def run(is_stopping: IsStopping) -> None:
        began.set()
        wait_until(is_stopping)
        ended.set()

    runs.start(run)
    runs.start(lambda _is_stopping: others.append(True))
    assert began.wait(10)
    runs.stop()
    assert ended.is_set()
    assert others == []
