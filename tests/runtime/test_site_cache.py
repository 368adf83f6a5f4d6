"""The directory: what a token opens, remembered until something about it changes, and never without bound."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import count
from types import FrameType
from typing import Any

import pytest
from sqlalchemy import Connection, event, update

from account_work import account_work
from cast import Player, Stage
from dealtrace.operations.accounts.change_site_settings import change_site_settings
from dealtrace.operations.accounts.custom_fields import add_custom_field
from dealtrace.operations.accounts.issue_token import issue_token, revoke_token
from dealtrace.runtime import site_cache as module
from dealtrace.runtime.site_cache import Admission, SiteCache
from dealtrace.storage.accounts.revision import raise_revision
from dealtrace.storage.accounts.sites import find_site
from dealtrace.storage.database.compiled_statement import CompiledStatement, PlainRow, ValuesByName
from dealtrace.storage.database.engine import Database
from dealtrace.storage.schema.tables.control import site as site_table
from write_commands import utc_now


def follow(site_cache: SiteCache, database: Database) -> None:
    with database.read() as connection:
        site_cache.follow(connection)


def look_up(site_cache: SiteCache, database: Database, token: str) -> Admission | None:
    with database.read() as connection:
        return site_cache.look_up(connection, token)


@pytest.fixture
def site_cache(stage: Stage, shop: Player) -> SiteCache:
    """Give a directory that follows what is there, with the shop's token remembered."""
    running = SiteCache()
    follow(running, stage.database)
    assert look_up(running, stage.database, shop.token) is not None
    return running


@contextmanager
def statements_on(database: Database) -> Iterator[list[str]]:
    seen: list[str] = []

    def listen(_connection: object, _cursor: object, text: str, *_rest: object) -> None:
        seen.append(text)

    def fetch(statement: CompiledStatement, connection: Connection, parameters: ValuesByName) -> Sequence[PlainRow]:
        seen.append("compiled")
        return run_compiled(statement, connection, parameters)

    run_compiled = CompiledStatement.fetch
    event.listen(database.reader, "before_cursor_execute", listen)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(CompiledStatement, "fetch", fetch)
        yield seen
    event.remove(database.reader, "before_cursor_execute", listen)


def test_it_states_what_a_token_opens(stage: Stage, shop: Player, site_cache: SiteCache) -> None:
    expected = Admission(shop.site, shop.token_id)
    assert look_up(site_cache, stage.database, shop.token) == expected
    assert site_cache.remembered(shop.token) == expected


def test_it_keeps_the_tokens_of_sites_apart(stage: Stage, shop: Player, site_cache: SiteCache) -> None:
    neighbour = stage.open_site()
    follow(site_cache, stage.database)
    result = [look_up(site_cache, stage.database, player.token) for player in (shop, neighbour)]
    assert [item.site.id for item in result if item is not None] == [shop.site.id, neighbour.site.id]


@pytest.mark.parametrize("token", ["", "unknown", "' OR 1=1 --", "x" * 10_000, "ё"])
def test_it_opens_nothing_for_an_unknown_token_and_remembers_none(
    stage: Stage, site_cache: SiteCache, token: str
) -> None:
    assert look_up(site_cache, stage.database, token) is None
    assert site_cache.remembered(token) is None
    assert len(site_cache._memory.admissions) == 1


def test_it_reads_a_space_as_the_plus_it_was(stage: Stage, shop: Player, site_cache: SiteCache) -> None:
    with stage.database.write() as connection:
        issue_token(account_work(connection, utc_now(), stage.ids), shop.site.id, "old", secret="with+plus+signs+in+it")
    assert look_up(site_cache, stage.database, "with plus signs in it") is not None


def test_it_remembers_nothing_before_it_has_followed_once(stage: Stage, shop: Player) -> None:
    running = SiteCache()
    assert look_up(running, stage.database, shop.token) is not None
    assert running.remembered(shop.token) is None


# What changes reaches it.


def test_a_changed_setting_reaches_it(stage: Stage, shop: Player, site_cache: SiteCache) -> None:
    with stage.database.write() as connection:
        change_site_settings(
            account_work(connection, utc_now()), shop.site.id, {"points_per_day": "7", "timezone": "UTC"}
        )
    follow(site_cache, stage.database)
    assert site_cache.remembered(shop.token) is None
    result = look_up(site_cache, stage.database, shop.token)
    assert result is not None
    assert (result.site.points_per_day, result.site.time_zone.key) == (7, "UTC")
    assert site_cache.remembered(shop.token) == result


def test_an_added_field_reaches_it(stage: Stage, shop: Player, site_cache: SiteCache) -> None:
    with stage.database.write() as connection:
        add_custom_field(account_work(connection, utc_now()), shop.site.id, "margin")
    follow(site_cache, stage.database)
    result = look_up(site_cache, stage.database, shop.token)
    assert result is not None
    assert result.site.custom_fields == {"margin"}


def test_a_revoked_token_reaches_it(stage: Stage, shop: Player, site_cache: SiteCache) -> None:
    with stage.database.write() as connection:
        revoke_token(account_work(connection, utc_now()), shop.token_id)
    follow(site_cache, stage.database)
    assert site_cache.remembered(shop.token) is None
    assert look_up(site_cache, stage.database, shop.token) is None


def test_a_new_token_opens_at_once(stage: Stage, shop: Player, site_cache: SiteCache) -> None:
    with stage.database.write() as connection:
        issued = issue_token(account_work(connection, utc_now(), stage.ids), shop.site.id, "new")
    result = look_up(site_cache, stage.database, issued.secret)
    assert result is not None
    assert result.token_id == issued.token.id


def test_it_forgets_nothing_while_nothing_changes(stage: Stage, shop: Player, site_cache: SiteCache) -> None:
    for _ in range(3):
        follow(site_cache, stage.database)
    assert site_cache.remembered(shop.token) is not None


def test_it_remembers_nothing_that_changed_while_it_looked(stage: Stage, shop: Player, site_cache: SiteCache) -> None:
    with stage.database.write() as connection:
        change_site_settings(account_work(connection, utc_now()), shop.site.id, {"name": "Other"})
    result = look_up(site_cache, stage.database, shop.token)
    assert result is not None
    assert result.site.name == "Other"
    stale = site_cache.remembered(shop.token)
    assert stale is not None
    assert stale.site.name == "Shop", "until it follows, once a second"
    follow(site_cache, stage.database)
    assert site_cache.remembered(shop.token) is None


LOOK_UPS: dict[str, tuple[Callable[[SiteCache, Connection, Player], object], Callable[[SiteCache, Player], object]]] = {
    "token": (lambda cache, at, shop: cache.look_up(at, shop.token), lambda cache, shop: cache.remembered(shop.token)),
    "site": (
        lambda cache, at, shop: cache.look_up_site(at, shop.site.id),
        lambda cache, shop: cache.remembered_site(shop.site.id),
    ),
    "counter": (
        lambda cache, at, _: cache.look_up_site_of_counter(at, "code"),
        lambda cache, _: cache.remembered_site_of_counter("code"),
    ),
    "origins": (lambda cache, at, _: cache.look_up_cors_origins(at), lambda cache, _: cache.remembered_cors_origins()),
}


@contextmanager
def interrupted(function: str, line: int, interruption: Callable[[], None]) -> Iterator[None]:
    """Call `interruption` before line `line` of a method of the cache is run, as if another thread came between."""
    seen = count()

    def trace(frame: FrameType, event: str, _arg: object) -> Any:
        if frame.f_code.co_filename != module.__file__ or frame.f_code.co_name != function:
            return None
        if event == "line" and next(seen) == line:
            sys.settrace(None)
            interruption()
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(before)


@pytest.mark.parametrize("name", LOOK_UPS)
def test_it_remembers_nothing_old_whenever_a_change_comes_between(
    stage: Stage, shop: Player, site_cache: SiteCache, name: str
) -> None:
    look_up_one, remembered = LOOK_UPS[name]
    function = {"token": "look_up", "origins": "look_up_cors_origins", "counter": "look_up_site_of_counter"}.get(
        name, "look_up_site"
    )

    def change(number: int) -> None:
        with stage.database.write() as connection:
            connection.execute(
                update(site_table)
                .where(site_table.c.id == shop.site.id)
                .values(name=f"Shop {number}", counter_code="code", cors_origins=[f"https://{number}.example"])
            )
            raise_revision(connection)
        follow(site_cache, stage.database)

    for line in range(20):
        change(-line - 1)
        with stage.database.read() as connection, interrupted(function, line, partial(change, line)):
            look_up_one(site_cache, connection, shop)
        kept = remembered(site_cache, shop)
        with stage.database.read() as connection:
            found = look_up_one(site_cache, connection, shop)
        assert kept in (None, found), f"interrupted before line {line}"


def test_it_asks_little_to_follow_and_nothing_for_what_it_remembers(
    stage: Stage, shop: Player, site_cache: SiteCache
) -> None:
    with statements_on(stage.database) as seen:
        follow(site_cache, stage.database)
        assert len(seen) == 1
        site_cache.remembered(shop.token)
        assert len(seen) == 1


def test_it_never_remembers_more_than_its_bound(
    stage: Stage, shop: Player, site_cache: SiteCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TOKENS_CACHED_MAX", 3)
    with stage.database.write() as connection:
        secrets = [
            issue_token(account_work(connection, utc_now(), stage.ids), shop.site.id, "t").secret for _ in range(10)
        ]
    for secret in secrets:
        assert look_up(site_cache, stage.database, secret) is not None
        assert site_cache.remembered(secret) is not None
        assert len(site_cache._memory.admissions) <= 3


def test_it_keeps_no_token_in_memory(shop: Player, site_cache: SiteCache) -> None:
    assert shop.token not in repr(site_cache._memory.admissions)


def test_it_gives_no_admission_to_a_site_that_is_gone(stage: Stage, shop: Player, site_cache: SiteCache) -> None:
    with stage.database.write() as connection:
        connection.exec_driver_sql(f"DELETE FROM site WHERE id = {shop.site.id}")
        assert find_site(connection, shop.site.id) is None
    assert look_up(site_cache, stage.database, shop.token) is None
