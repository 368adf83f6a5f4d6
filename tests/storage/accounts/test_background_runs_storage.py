"""The latest run of a kind at a site: only one request claims it, and only that run reports."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest

from cast import Stage
from dealtrace.accounts.background_run import PastChange, Phase, RunMove, RunState
from dealtrace.storage.accounts.background_runs import claim_run, find_run, update_run, update_waiting_run
from dealtrace.storage.site_rows import count_site_rows, delete_site_rows

NOW = datetime(2026, 11, 26, 15, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
NEW = RunState(is_preview=True, rules="contact_matching=True", started_at=NOW, reported_at=NOW)
DONE = replace(
    NEW,
    reported_at=NOW + MINUTE,
    phase=Phase.DONE,
    done=7,
    total=7,
    counts_visits=True,
    figures={"deals": 7},
    moves=(RunMove((None, None), ("vk", "cpc"), 3, 150_000),),
    moves_left=4,
)


def test_a_run_is_read_as_it_was_stored_and_is_no_data_of_the_site(stage: Stage) -> None:
    site_id = stage.open_site().site.id
    with stage.database.write() as connection:
        assert find_run(connection, site_id, PastChange.MATCH) is None
        assert claim_run(connection, site_id, PastChange.MATCH, NEW, instead_of=None)
        assert find_run(connection, site_id, PastChange.MATCH) == NEW
        assert update_run(connection, site_id, PastChange.MATCH, DONE)
        assert find_run(connection, site_id, PastChange.MATCH) == DONE
        assert find_run(connection, site_id, PastChange.RECLASSIFY) is None
        assert count_site_rows(connection, site_id) == {}
        delete_site_rows(connection, site_id, site_stays=True)
        assert not update_run(connection, site_id, PastChange.MATCH, DONE)


def test_a_run_that_another_has_replaced_stores_nothing(stage: Stage) -> None:
    site_id = stage.open_site().site.id
    newer = replace(NEW, started_at=NOW + MINUTE, reported_at=NOW + MINUTE)
    with stage.database.write() as connection:
        assert claim_run(connection, site_id, PastChange.MATCH, NEW, instead_of=None)
        assert claim_run(connection, site_id, PastChange.MATCH, newer, instead_of=NEW)
        assert not update_run(connection, site_id, PastChange.MATCH, DONE)
        update_waiting_run(connection, site_id, PastChange.MATCH, NOW, NOW + 2 * MINUTE)
        assert find_run(connection, site_id, PastChange.MATCH) == newer
        update_waiting_run(connection, site_id, PastChange.MATCH, newer.started_at, NOW + 2 * MINUTE)
        assert find_run(connection, site_id, PastChange.MATCH) == replace(newer, reported_at=NOW + 2 * MINUTE)
        running = replace(newer, phase=Phase.RUNNING)
        assert update_run(connection, site_id, PastChange.MATCH, running)
        update_waiting_run(connection, site_id, PastChange.MATCH, newer.started_at, NOW + 2 * MINUTE)
        assert find_run(connection, site_id, PastChange.MATCH) == running


@pytest.mark.parametrize("latest", [None, DONE])
def test_of_two_requests_at_once_only_one_starts_a_run(stage: Stage, latest: RunState | None) -> None:
    site_id = stage.open_site().site.id
    if latest is not None:
        with stage.database.write() as connection:
            assert claim_run(connection, site_id, PastChange.MATCH, latest, instead_of=None)
    both = Barrier(2)

    def start(minutes: int) -> bool:
        at = NOW + minutes * MINUTE
        both.wait(10)
        with stage.database.write() as connection:
            new = replace(NEW, started_at=at, reported_at=at)
            return claim_run(connection, site_id, PastChange.MATCH, new, instead_of=latest)

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(start, (2, 3))) == [False, True]
