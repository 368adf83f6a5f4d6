"""A demo is stored as programs would report it: the same on both engines, seen in reports, gone without a trace."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from account_work import account_work
from cast import MOSCOW, Player, Stage
from dealtrace.accounts.site import Site
from dealtrace.accounts.site_days import site_day
from dealtrace.accounts.webhook import BodyStyle, EventKind
from dealtrace.answers.report import serialize_report
from dealtrace.demo.company import LOST, NEW, WON
from dealtrace.demo.refusals import DemoExists, DemoMissing, SeveralDemos, SiteInUse, SiteNotEmpty, SiteUnfit
from dealtrace.demo.rhythm import DAY
from dealtrace.demo.year import make_year
from dealtrace.operations.accounts.custom_fields import add_custom_field
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.demo.begin import begin_given_site, begin_own_site
from dealtrace.operations.demo.fill import DemoSize, list_steps, run_demo
from dealtrace.operations.demo.mark import list_demos
from dealtrace.operations.demo.remove import remove_demo
from dealtrace.operations.reports.ask import ask
from dealtrace.operations.reports.open_facts import open_facts
from dealtrace.operations.reports.read_question import read_question
from dealtrace.operations.webhooks.create import NewWebhook, create_webhook
from dealtrace.operations.work import Work
from dealtrace.reports.question import ALL_MODELS, RawQuestion
from dealtrace.storage.accounts.points import find_points_spent
from dealtrace.storage.accounts.sites import list_sites
from dealtrace.storage.accounts.tokens import list_tokens
from dealtrace.storage.database.engine import Database, open_database
from dealtrace.storage.deals.daily_counts import list_miscounted_days
from dealtrace.storage.id_blocks import IdBlocks, transaction
from dealtrace.storage.site_rows import count_site_rows
from dealtrace.storage.webhooks.outbox import list_waiting_deliveries
from engines import CopySqlite, on_one_engine
from postgresql import PostgresqlServer
from stored import site_of
from write_commands import registration

NOW = datetime(2026, 11, 26, 15, 30, tzinfo=UTC)
PART = 0.02
LARGER_PART = 0.1
"""What a week of the year shows its mishaps in."""
YEAR_FIRST, YEAR_LAST = "2025-11-27", "2026-11-26"
QUESTIONS = (
    RawQuestion(by="source,medium", metrics="visits,visitors,leads,deals,won,amount,cost,drr"),
    RawQuestion(by="month", metrics="calls,missed_calls,requests,unmatched,match_rate,lost,won_amount"),
    RawQuestion(by="source", metrics="deals,amount", models=ALL_MODELS),
    RawQuestion(by="tag", metrics="deals"),
    RawQuestion(by="match_reason,service", metrics="deals,days_to_deal"),
    RawQuestion(by="campaign", metrics="cost,clicks,cpc,cpl,romi"),
    RawQuestion(by="manager", metrics="leads,deals,column:Отказы,column:Доля отказов", date_of="changed"),
    RawQuestion(by="city,device", metrics="visit_to_lead", segment="Москва, телефоны"),
)


def store(database: Database, site: Site, *, seed: int = 1, part: float = PART, now: datetime = NOW) -> None:
    """Store a part of a year."""
    ids = IdBlocks(database.writer)
    for step in list_steps(make_year(seed, site_day(now, site.time_zone), site.time_zone, part), now):
        ids.ensure(step.ids)
        with database.write() as connection:
            step.store(Work(connection, ids, now, site))


def fill_own_site(database: Database, part: float = PART) -> Site:
    """Make a demo with a site of its own."""
    with transaction(database, ids=1) as (connection, ids):
        begun = begin_own_site(account_work(connection, NOW, ids))
    store(database, begun.site, part=part)
    return begun.site


def answer(database: Database, site: Site, words: RawQuestion) -> Any:
    """Ask a question of the whole year."""
    whole = replace(words, first=words.first or YEAR_FIRST, last=words.last or YEAR_LAST)
    with database.read() as connection:
        question = read_question(connection, site, whole, NOW)
    with open_facts(database, site) as facts:
        return serialize_report(ask(facts, site, question, NOW), site.id)


@pytest.fixture(scope="module")
def filled(new_database_url: Any) -> Iterator[tuple[Database, Site]]:
    """Give a database with a demo that tests only read."""
    database = open_database(new_database_url())
    yield database, fill_own_site(database, LARGER_PART)
    database.close()


def test_the_same_seed_gives_the_same_figures_on_both_engines(
    postgresql_server: PostgresqlServer, copy_sqlite: CopySqlite, tmp_path: Path
) -> None:
    copy_sqlite(tmp_path / "demo.db")
    urls = (f"sqlite:///{tmp_path / 'demo.db'}", postgresql_server.create("demo_twin", "dealtrace_template"))
    databases = [open_database(url) for url in urls]
    try:
        sites = [fill_own_site(database) for database in databases]
        for words in QUESTIONS:
            first, second = (answer(*each, words) for each in zip(databases, sites, strict=True))
            assert first == second, words
            assert first["rows"], words
    finally:
        for database in databases:
            database.close()


@on_one_engine
def test_the_broken_week_and_the_quiet_weekend_show_in_reports(filled: tuple[Database, Site]) -> None:
    weeks = answer(*filled, RawQuestion(by="week", metrics="calls,deals,unmatched"))
    rows = {row["keys"][0]: row["values"] for row in weeks["rows"]}
    broken, total = rows.pop("2026-W46"), weeks["total"]["values"]
    assert broken["calls"] == 0
    assert sum(values["calls"] for values in rows.values()) > 100
    assert broken["unmatched"] / broken["deals"] > 3 * total["unmatched"] / total["deals"]
    days = RawQuestion(by="day", metrics="visits", first="2026-09-28", last="2026-10-18")
    visits = {row["keys"][0]: row["values"]["visits"] for row in answer(*filled, days)["rows"]}
    quiet = visits.get("2026-10-10", 0) + visits.get("2026-10-11", 0)
    assert 3 * quiet < visits["2026-10-03"] + visits["2026-10-04"]


@on_one_engine
def test_the_last_28_days_are_full(filled: tuple[Database, Site]) -> None:
    answered = answer(*filled, RawQuestion(by="day", metrics="visits", first="2026-10-30", last="2026-11-26"))
    assert len([row for row in answered["rows"] if row["values"]["visits"]]) == 28


@on_one_engine
def test_its_counts_are_true_and_it_costs_no_points(filled: tuple[Database, Site]) -> None:
    database, site = filled
    with database.read() as connection:
        assert list_miscounted_days(connection, site.id) == []
        spent = [find_points_spent(connection, site.id, date(2026, 11, day)) for day in range(1, 27)]
    assert sum(spent) == 0


@on_one_engine
def test_deals_have_a_past_that_is_spread_in_time(filled: tuple[Database, Site]) -> None:
    months = answer(*filled, RawQuestion(by="month", metrics="deals", date_of="changed"))["rows"]
    assert len(months) >= 12
    statuses = {
        row["keys"][0]: row["values"]["deals"]
        for row in answer(*filled, RawQuestion(by="status", metrics="deals"))["rows"]
    }
    assert min(statuses[WON], statuses[LOST]) > sum(statuses.values()) / 4
    assert statuses.get(NEW, 0) < sum(statuses.values()) / 10


def test_it_leaves_nothing_behind_where_it_made_the_site(database: Database) -> None:
    neighbour = Stage(database).open_site(fields=["margin"])
    with database.read() as connection:
        before = count_site_rows(connection, neighbour.site.id)
    site = fill_own_site(database)
    with database.write() as connection:
        assert remove_demo(account_work(connection, NOW), None).site.id == site.id
    with database.read() as connection:
        assert count_site_rows(connection, site.id) == {}
        assert [each.id for each in list_sites(connection)] == [neighbour.site.id]
        assert {token.site_id for token in list_tokens(connection)} == {neighbour.site.id}
        assert count_site_rows(connection, neighbour.site.id) == before
        assert list_demos(connection) == []


def test_the_id_of_a_removed_site_is_not_given_to_another(database: Database) -> None:
    with transaction(database, ids=1) as (connection, ids):
        removed = begin_own_site(account_work(connection, NOW, ids)).site.id
    with database.write() as connection:
        remove_demo(account_work(connection, NOW), None)
    assert Stage(database).open_site().site.id == removed + 1


def test_a_given_site_is_as_empty_afterwards_as_before(database: Database) -> None:
    shop = Stage(database).open_site(contact_matching=True, points_per_day=3)
    with database.write() as connection:
        begun = begin_given_site(account_work(connection, NOW), shop.site.id)
    store(database, begun.site, part=0.01)
    with database.write() as connection:
        remove_demo(account_work(connection, NOW), shop.site.id)
    with database.read() as connection:
        assert count_site_rows(connection, shop.site.id) == {}
        assert list_sites(connection) == [shop.site]
        assert len(list_tokens(connection)) == 1


def test_positions_of_webhooks_never_begin_again_in_a_site_that_stays(database: Database) -> None:
    stage = Stage(database)
    shop = stage.open_site(contact_matching=True)
    stage.ids.ensure(1)
    new = NewWebhook(shop.site.id, "https://crm.example/hook", frozenset(EventKind), BodyStyle.JSON)
    with database.write() as connection:
        hook = create_webhook(account_work(connection, NOW, stage.ids), new)
    for number in (1, 2):
        with database.write() as connection:
            begin_given_site(account_work(connection, NOW), shop.site.id)
        stage.perform(register_deals, replace(shop, site=site_of(database, shop)), registration(f"CRM-{number}"))
        with database.read() as connection:
            assert [each.position for each in list_waiting_deliveries(connection, shop.site.id, hook.id, 9)] == [number]
        with database.write() as connection:
            remove_demo(account_work(connection, NOW), shop.site.id, with_others=True)


def begin_given(database: Database, player: Player) -> None:
    with database.write() as connection:
        begin_given_site(account_work(connection, NOW), player.site.id)


def test_a_site_with_anything_in_it_is_not_filled(database: Database) -> None:
    stage = Stage(database)
    with pytest.raises(SiteNotEmpty, match="custom_field: 1"):
        begin_given(database, stage.open_site(contact_matching=True, fields=["margin"]))
    with pytest.raises(SiteUnfit, match="contact_matching=on"):
        begin_given(database, stage.open_site())


def test_one_site_has_one_demo(database: Database) -> None:
    stage = Stage(database)
    first, second = stage.open_site(contact_matching=True), stage.open_site(contact_matching=True)
    begin_given(database, first)
    with pytest.raises(DemoExists, match=f"--remove --site {first.site.id}"):
        begin_given(database, first)
    with pytest.raises(DemoExists), transaction(database, ids=1) as (connection, ids):
        begin_own_site(account_work(connection, NOW, ids))
    begin_given(database, second)
    with pytest.raises(SeveralDemos, match=f"{first.site.id}, {second.site.id}"), database.write() as connection:
        remove_demo(account_work(connection, NOW), None)


def test_what_others_have_stored_since_is_removed_only_on_demand(database: Database) -> None:
    stage = Stage(database)
    shop = stage.open_site(contact_matching=True)
    with database.write() as connection:
        begun = begin_given_site(account_work(connection, NOW), shop.site.id)
    store(database, begun.site, part=0.01)
    stage.perform(register_deals, shop, registration("CRM-1"), now=NOW + timedelta(hours=1))
    with pytest.raises(SiteInUse, match="records: 1"), database.write() as connection:
        remove_demo(account_work(connection, NOW), shop.site.id)
    with database.write() as connection:
        remove_demo(account_work(connection, NOW), shop.site.id, with_others=True)
    with database.read() as connection:
        assert count_site_rows(connection, shop.site.id) == {}


def stop_half_way(database: Database, *, part: float = 0.01, steps: int = 1) -> Site:
    """Make a demo with a site of its own, store only its first steps, and return the site."""
    with transaction(database, ids=1) as (connection, ids):
        begun = begin_own_site(account_work(connection, NOW, ids))
    blocks = IdBlocks(database.writer)
    for step in list_steps(make_year(1, NOW.date(), MOSCOW, part), NOW)[:steps]:
        blocks.ensure(step.ids)
        with database.write() as connection:
            step.store(Work(connection, blocks, NOW, begun.site))
    return begun.site


def test_what_others_have_stored_in_a_demo_that_was_stopped_is_removed_only_on_demand(database: Database) -> None:
    site = stop_half_way(database, part=PART, steps=2)
    stage = Stage(database)
    stage.perform(register_deals, Player(site, "", 0), registration("CRM-1"), now=NOW + timedelta(hours=1))
    with pytest.raises(SiteInUse, match="records: 1"), database.write() as connection:
        remove_demo(account_work(connection, NOW), site.id)
    with database.write() as connection:
        remove_demo(account_work(connection, NOW), site.id, with_others=True)
    with database.read() as connection:
        assert count_site_rows(connection, site.id) == {}


def test_a_demo_that_was_stopped_half_way_is_removed_like_a_whole_one(database: Database) -> None:
    site = stop_half_way(database)
    with database.write() as connection:
        remove_demo(account_work(connection, NOW), None)
    with database.read() as connection:
        assert list_sites(connection) == []
        assert count_site_rows(connection, site.id) == {}


def test_without_a_demo_there_is_nothing_to_remove(database: Database) -> None:
    shop = Stage(database).open_site()
    for site_id in (None, shop.site.id):
        with pytest.raises(DemoMissing), database.write() as connection:
            remove_demo(account_work(connection, NOW), site_id)


def test_a_site_made_for_it_is_as_old_as_its_year(database: Database) -> None:
    with transaction(database, ids=1) as (connection, ids):
        begun = begin_own_site(account_work(connection, NOW, ids))
        assert begun.secret
        add_custom_field(account_work(connection, NOW + DAY), begun.site.id, "margin")
    with database.read() as connection:
        (site,) = list_sites(connection)
    assert (site.name, site.contact_matching) == ("Demo", True)


def test_a_demo_that_is_removed_while_it_is_filled_leaves_nothing_behind(database: Database) -> None:
    with transaction(database, ids=1) as (connection, ids):
        begun = begin_own_site(account_work(connection, NOW, ids))

    def remove_half_way(stored: int, total: int) -> None:
        if 2 * stored > total:
            with database.write() as connection:
                remove_demo(account_work(connection, NOW), begun.site.id)

    with pytest.raises(DemoMissing):
        run_demo(database, begun.site, DemoSize(part=PART), NOW, remove_half_way)
    with database.read() as connection:
        assert count_site_rows(connection, begun.site.id) == {}
        assert list_sites(connection) == []


def test_a_demo_that_is_made_again_meanwhile_gets_nothing_of_the_one_before(database: Database) -> None:
    shop = Stage(database).open_site(contact_matching=True)
    with database.write() as connection:
        begun = begin_given_site(account_work(connection, NOW), shop.site.id)

    def make_again(stored: int, _total: int) -> None:
        if not stored:
            with database.write() as connection:
                remove_demo(account_work(connection, NOW), shop.site.id)
                begin_given_site(account_work(connection, NOW + DAY), shop.site.id)

    with pytest.raises(DemoMissing):
        run_demo(database, begun.site, DemoSize(part=PART), NOW, make_again)
    with database.read() as connection:
        (demo,) = list_demos(connection)
    assert demo.progress.taken_in == 0


@on_one_engine
def test_a_demo_can_be_ended_before_its_year_is_made(database: Database) -> None:
    with transaction(database, ids=1) as (connection, ids):
        begun = begin_own_site(account_work(connection, NOW, ids))
    shown: list[int] = []

    def stop() -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        run_demo(database, begun.site, DemoSize(part=PART), NOW, lambda stored, _total: shown.append(stored), stop)
    assert not shown
