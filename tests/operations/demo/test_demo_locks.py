"""Of two transactions that begin, fill or remove the same demo, the second waits and sees what the first left."""

from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from account_work import account_work
from cast import MOSCOW, Player, Stage
from dealtrace.accounts.site import Site
from dealtrace.demo.refusals import DemoExists, DemoMissing, SiteInUse
from dealtrace.demo.year import make_year
from dealtrace.errors import Refusal
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.demo import fill
from dealtrace.operations.demo.begin import begin_given_site, begin_own_site
from dealtrace.operations.demo.fill import FillStep, list_steps
from dealtrace.operations.demo.mark import list_demos
from dealtrace.operations.demo.remove import remove_demo
from dealtrace.operations.work import Work
from dealtrace.operations.write_command import WriteCommand
from dealtrace.storage.site_rows import count_site_rows
from stored import rows_of, side_by_side, wait_until_locked
from write_commands import registration

NOW = datetime(2026, 11, 26, 15, 30, tzinfo=UTC)


def begin(stage: Stage) -> tuple[Player, Site]:
    """Begin a demo in a given site."""
    shop = stage.open_site(contact_matching=True)
    with stage.database.write() as connection:
        return shop, begin_given_site(account_work(connection, NOW), shop.site.id).site


def steps_of(stage: Stage) -> tuple[FillStep, FillStep]:
    """Return the first steps of a small demo; ids for one of them are reserved."""
    first, second = list_steps(make_year(1, NOW.date(), MOSCOW, 0.02), NOW)[:2]
    stage.ids.ensure(max(first.ids, second.ids))
    return first, second


def remove(connection: Connection, site_id: int) -> Refusal | None:
    try:
        remove_demo(account_work(connection, NOW), site_id, with_others=True)
    except DemoMissing as missing:
        return missing
    return None


def test_a_removal_that_waited_for_another_leaves_what_has_come_since(stage: Stage) -> None:
    shop, _ = begin(stage)
    stage.ids.ensure(10)

    def remove_and_sell(connection: Connection) -> None:
        remove(connection, shop.site.id)
        register_deals(stage.work(connection, shop, NOW + timedelta(hours=1)), [WriteCommand(registration("CRM-1"))])

    _, refused = side_by_side(stage.database, remove_and_sell, lambda connection: remove(connection, shop.site.id))
    assert isinstance(refused, DemoMissing)
    assert len(rows_of(stage.database, shop)["deal"]) == 1


def test_a_removal_waits_for_a_step_from_its_beginning(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    shop, site = begin(stage)
    first, second = steps_of(stage)
    with stage.database.write() as connection:
        first.store(Work(connection, stage.ids, NOW, site))
    stage.ids.ensure(second.ids)
    store_visits, removals = fill.store_visits, list[Future[Any]]()

    def remove_in_between() -> Refusal | None:
        with stage.database.write() as connection:
            return remove(connection, shop.site.id)

    def store_once_a_removal_waits(work: Work, visits: Any) -> None:
        store_visits(work, visits)
        removals.append(threads.submit(remove_in_between))
        if not stage.database.is_sqlite:
            wait_until_locked(stage.database, removals[0])

    monkeypatch.setattr(fill, "store_visits", store_once_a_removal_waits)
    with ThreadPoolExecutor(1) as threads:
        with stage.database.write() as connection:
            second.store(Work(connection, stage.ids, NOW, site))
        assert removals[0].result(30) is None
    with stage.database.read() as connection:
        assert count_site_rows(connection, shop.site.id) == {}


def test_a_removal_waits_for_a_registration_and_counts_it(stage: Stage) -> None:
    shop, _ = begin(stage)
    stage.ids.ensure(10)

    def sell(connection: Connection) -> None:
        register_deals(stage.work(connection, shop, NOW), [WriteCommand(registration("CRM-1"))])

    def remove_without_others(connection: Connection) -> SiteInUse | None:
        try:
            remove_demo(account_work(connection, NOW), shop.site.id)
        except SiteInUse as in_use:
            return in_use
        return None

    _, refused = side_by_side(stage.database, sell, remove_without_others)
    assert isinstance(refused, SiteInUse)
    assert len(rows_of(stage.database, shop)["deal"]) == 1


def test_a_step_that_waited_for_the_removal_stores_nothing(stage: Stage) -> None:
    shop, site = begin(stage)
    step, _ = steps_of(stage)

    def store(connection: Connection) -> Refusal | None:
        try:
            step.store(Work(connection, stage.ids, NOW, site))
        except DemoMissing as missing:
            return missing
        return None

    _, refused = side_by_side(stage.database, lambda connection: remove(connection, shop.site.id), store)
    assert isinstance(refused, DemoMissing)
    with stage.database.read() as connection:
        assert count_site_rows(connection, shop.site.id) == {}


def test_of_two_transactions_that_begin_a_demo_one_does(stage: Stage) -> None:
    stage.ids.ensure(2)

    def begin_own(connection: Connection) -> Refusal | None:
        try:
            begin_own_site(account_work(connection, NOW, stage.ids))
        except DemoExists as exists:
            return exists
        return None

    first, second = side_by_side(stage.database, begin_own, begin_own)
    assert first is None
    assert isinstance(second, DemoExists)
    with stage.database.read() as connection:
        assert len(list_demos(connection)) == 1
