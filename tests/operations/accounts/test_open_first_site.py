"""Opening the first site of a new installation."""

from contextlib import suppress
from typing import Any

from sqlalchemy.exc import IntegrityError

from account_work import account_work
from cast import VLADIVOSTOK, Stage
from dealtrace.accounts.token import token_digest
from dealtrace.operations.accounts.create_site import FirstSite, open_first_site
from dealtrace.storage.accounts.sites import list_sites
from dealtrace.storage.accounts.tokens import find_token, list_tokens
from dealtrace.storage.database.engine import Database
from dealtrace.storage.id_blocks import IdBlocks
from stored import side_by_side
from write_commands import utc_now


def opened(database: Database, ids: IdBlocks | None = None) -> FirstSite | None:
    ids = ids or fresh_ids(database)
    with database.write() as connection:
        return open_first_site(account_work(connection, utc_now(), ids), "Asia/Vladivostok", 500)


def fresh_ids(database: Database) -> IdBlocks:
    ids = IdBlocks(database.writer)
    ids.ensure(10)
    return ids


def test_it_opens_site_one_with_a_token_as_the_settings_say(database: Database) -> None:
    first = opened(database)
    assert first is not None
    assert first.site_id == 1
    with database.read() as connection:
        (site,) = list_sites(connection)
        token = find_token(connection, token_digest(first.secret))
    assert (site.time_zone, site.points_per_day, site.contact_matching) == (VLADIVOSTOK, 500, False)
    assert token is not None
    assert (token.site_id, token.user_id) == (1, None)


def test_it_opens_nothing_once_there_is_a_site(database: Database) -> None:
    assert opened(database) is not None
    assert opened(database) is None
    with database.read() as connection:
        assert (len(list_sites(connection)), len(list_tokens(connection))) == (1, 1)


def test_it_opens_nothing_beside_a_site_brought_along(stage: Stage) -> None:
    stage.open_site(id=51234)
    assert opened(stage.database) is None


def test_it_opens_one_site_when_two_servers_start_at_once(database: Database) -> None:
    ids = fresh_ids(database)

    def start(connection: Any) -> Any:
        return open_first_site(account_work(connection, utc_now(), ids), "UTC", 0)

    with suppress(IntegrityError):  # a lost race: whoever comes second may start again
        assert side_by_side(database, start, start)[1] is None
    with database.read() as connection:
        assert [site.id for site in list_sites(connection)] == [1]
        assert len(list_tokens(connection, 1)) == 1
