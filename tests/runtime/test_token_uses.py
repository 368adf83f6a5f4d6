"""The last uses of tokens are collected, stored together, and survive a write that fails."""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from cast import Player, Stage
from commands import CommandLine, Terminal
from dealtrace.accounts.token import TokenId
from dealtrace.runtime.account_changes import AccountChanges
from dealtrace.runtime.last_uses import uses_of_tokens
from dealtrace.storage.accounts.tokens import list_tokens
from dealtrace.storage.database.engine import open_database
from dealtrace.storage.schema.tables.control import token
from guests import member_of, text_of
from server import ServerProcess
from write_commands import utc_now

EARLY = datetime(2026, 3, 2, 9, tzinfo=UTC)
LATE = EARLY + timedelta(minutes=5)


def last_uses(stage: Stage) -> dict[int, datetime | None]:
    with stage.database.read() as connection:
        return {token.id: token.used_at for token in list_tokens(connection)}


def test_each_token_has_its_last_use_also_if_an_earlier_one_of_another_process_is_stored_later(stage: Stage) -> None:
    used, other, unused = (stage.open_site() for _ in range(3))
    changes = AccountChanges(stage.database, utc_now)
    mine, theirs = uses_of_tokens(), uses_of_tokens()
    mine.add(TokenId(used.token_id), EARLY)
    mine.add(TokenId(used.token_id), LATE)
    mine.add(TokenId(other.token_id), EARLY)
    theirs.add(TokenId(used.token_id), EARLY)
    theirs.add(TokenId(other.token_id), LATE)
    for uses in (mine, theirs, mine):
        asyncio.run(uses.store(changes))
    changes.stop()
    assert last_uses(stage) == {used.token_id: LATE, other.token_id: LATE, unused.token_id: None}


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_a_token_that_another_session_has_locked_delays_neither_logins_nor_the_uses_of_others(stage: Stage) -> None:
    locked, free = stage.open_site(), stage.open_site()
    uses = uses_of_tokens()
    retries: Counter[str] = Counter()
    changes = AccountChanges(stage.database, utc_now, observe_retry=lambda reason: retries.update([reason]))
    uses.add(TokenId(locked.token_id), EARLY)
    uses.add(TokenId(free.token_id), EARLY)
    with stage.database.write() as other:
        other.execute(select(token.c.id).where(token.c.id == locked.token_id).with_for_update())
        asyncio.run(uses.store(changes))
    changes.stop()
    assert not retries
    assert last_uses(stage) == {locked.token_id: None, free.token_id: EARLY}


def test_uses_that_cannot_be_stored_are_stored_the_next_time(stage: Stage, shop: Player) -> None:
    uses, changes = uses_of_tokens(), AccountChanges(stage.database, utc_now, patience_seconds=0)
    uses.add(TokenId(shop.token_id), EARLY)
    with stage.database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE token RENAME COLUMN used_at TO elsewhere")
    with pytest.raises(DBAPIError):
        asyncio.run(uses.store(changes))
    with stage.database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE token RENAME COLUMN elsewhere TO used_at")
    asyncio.run(uses.store(changes))
    changes.stop()
    assert last_uses(stage)[shop.token_id] == EARLY


@pytest.mark.parametrize("is_kept", [True, False], ids=["with a journal", "without a journal"])
def test_a_server_knows_of_each_token_when_it_was_last_used_and_pages_and_commands_say_so(
    start_server: Callable[..., ServerProcess], command_line: CommandLine, tmp_path: Path, *, is_kept: bool
) -> None:
    server = start_server(requests_kept_days=14 if is_kept else 0)
    database = open_database(server.database_url)
    stage = Stage(database)
    site = stage.open_site()
    guest = member_of(server, stage, site.site.id)
    assert "none known" in text_of(guest.get("settings/tokens").text)
    before = datetime.now(UTC)
    assert server.register(site.token, orderNumber="A-1").status_code == 200
    assert server.register("wrong" * 9, orderNumber="A-1").status_code != 200
    server.stop()
    used_at = last_uses(stage)[site.token_id]
    assert used_at is not None
    assert before <= used_at <= datetime.now(UTC)
    beside = Terminal(command_line, server.database_url, tmp_path)
    assert datetime.fromisoformat(beside.json("token", "list", str(site.site.id))[0]["usedAt"]) == used_at
    assert f"{used_at:%Y-%m-%d %H:%M}" in beside.done("token", "list").out
    server.start()
    assert "none known" not in text_of(guest.get("settings/tokens").text)
    database.close()
