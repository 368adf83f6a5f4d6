"""Sites, tokens, users, invitations, and the revision that tells servers of their changes."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from cast import MOSCOW, VLADIVOSTOK
from dealtrace.accounts.site import Site, SiteId
from dealtrace.accounts.token import Token, TokenId
from dealtrace.accounts.user import User, UserId
from dealtrace.storage.accounts import accounts
from dealtrace.storage.accounts.custom_fields import insert_custom_field
from dealtrace.storage.database.engine import Database
from write_commands import NOON

SITE = Site(SiteId(1), "Shop", MOSCOW)
RICH = Site(
    SiteId(51234),
    "Магазин",
    VLADIVOSTOK,
    contact_matching=True,
    points_per_day=2**53,
    point_costs={"register": 2, "orders-diary": 0},
    attribution=0,
)
TOKEN = Token(TokenId(10**10), SITE.id, "crm", NOON)
USER = User(UserId(10**10), "ivan", NOON)
LATER = NOON + timedelta(hours=1)


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    with database.write() as opened:
        yield opened


@pytest.mark.parametrize("site", [SITE, RICH])
def test_it_keeps_a_site_with_its_settings(connection: Connection, site: Site) -> None:
    accounts.insert_site(connection, site, NOON)
    assert accounts.find_site(connection, site.id) == site
    assert accounts.list_sites(connection) == [site]


def test_it_finds_a_site_with_its_own_fields(connection: Connection) -> None:
    accounts.insert_site(connection, SITE, NOON)
    accounts.insert_site(connection, RICH, NOON)
    for site_id, name in ((SITE.id, "a"), (SITE.id, "b"), (RICH.id, "c")):
        insert_custom_field(connection, site_id, name, NOON)
    assert accounts.list_sites(connection) == [
        replace(SITE, custom_fields=frozenset("ab")),
        replace(RICH, custom_fields=frozenset("c")),
    ]


def test_it_finds_no_site_that_is_not_there(connection: Connection) -> None:
    assert accounts.find_site(connection, 1) is None
    assert accounts.list_sites(connection) == []
    assert accounts.next_site_id(connection) == 1


def test_it_numbers_a_new_site_above_the_highest(connection: Connection) -> None:
    accounts.insert_site(connection, RICH, NOON)
    accounts.insert_site(connection, SITE, NOON)
    assert accounts.next_site_id(connection) == RICH.id + 1


def test_it_changes_settings_of_one_site(connection: Connection) -> None:
    accounts.insert_site(connection, SITE, NOON)
    accounts.insert_site(connection, RICH, NOON)
    assert accounts.update_site(connection, SITE.id, {"name": "Other", "point_costs": {"register": 0}})
    assert accounts.find_site(connection, SITE.id) == replace(SITE, name="Other", point_costs={"register": 0})
    assert accounts.find_site(connection, RICH.id) == RICH
    assert not accounts.update_site(connection, 7, {"name": "Nobody"})


def test_it_raises_the_revision_with_every_change_servers_must_know(connection: Connection) -> None:
    revisions = [accounts.find_revision(connection)]
    changes: list[Any] = [
        lambda: accounts.insert_site(connection, SITE, NOON),
        lambda: accounts.update_site(connection, SITE.id, {"name": "Other"}),
        lambda: accounts.revoke_token(connection, TOKEN.id, NOON),
        lambda: accounts.raise_revision(connection),
    ]
    for change in changes:
        change()
        revisions.append(accounts.find_revision(connection))
    assert revisions == sorted(set(revisions)), "each is higher than the one before"
    assert revisions[0] == 0


def test_it_finds_a_live_token_by_its_digest(connection: Connection) -> None:
    accounts.insert_token(connection, TOKEN, "d" * 64)
    assert accounts.find_token(connection, "d" * 64) == TOKEN
    assert accounts.find_token(connection, "e" * 64) is None
    assert accounts.is_digest_known(connection, "d" * 64)
    assert not accounts.is_digest_known(connection, "e" * 64)


def test_it_revokes_a_token_once_and_remembers_its_digest(connection: Connection) -> None:
    accounts.insert_token(connection, TOKEN, "d" * 64)
    assert accounts.revoke_token(connection, TOKEN.id, LATER)
    assert not accounts.revoke_token(connection, TOKEN.id, LATER)
    assert not accounts.revoke_token(connection, 1, LATER)
    assert accounts.find_token(connection, "d" * 64) is None
    assert accounts.is_digest_known(connection, "d" * 64)
    assert accounts.list_tokens(connection) == [replace(TOKEN, revoked_at=LATER)]


def test_it_keeps_a_digest_once(database: Database) -> None:
    with database.write() as connection:
        accounts.insert_token(connection, TOKEN, "d" * 64)
    with pytest.raises(IntegrityError), database.write() as connection:
        accounts.insert_token(connection, replace(TOKEN, id=TokenId(2)), "d" * 64)


def test_it_lists_tokens_of_one_site_or_of_all_in_order(connection: Connection) -> None:
    tokens = [
        replace(TOKEN, id=TokenId(number), site_id=SiteId(site), created_at=NOON + timedelta(hours=hour))
        for number, site, hour in ((1, 2, 0), (2, 1, 5), (3, 1, 4), (4, 1, 5))
    ]
    for number, token in enumerate(tokens):
        accounts.insert_token(connection, token, str(number) * 64)
    assert [one.id for one in accounts.list_tokens(connection)] == [3, 2, 4, 1]
    assert [one.id for one in accounts.list_tokens(connection, 1)] == [3, 2, 4]
    assert accounts.list_tokens(connection, 7) == []


def test_it_finds_a_user_by_the_login(connection: Connection) -> None:
    assert not accounts.has_users(connection)
    accounts.insert_user(connection, USER, "hash")
    assert accounts.has_users(connection)
    assert accounts.find_user(connection, "ivan") == USER
    assert accounts.find_user(connection, "Ivan") is None


def test_it_keeps_a_login_once(database: Database) -> None:
    with database.write() as connection:
        accounts.insert_user(connection, USER, "hash")
    with pytest.raises(IntegrityError), database.write() as connection:
        accounts.insert_user(connection, replace(USER, id=UserId(2)), "hash")


def test_it_lets_a_user_see_a_site_however_often_that_is_said(connection: Connection) -> None:
    accounts.insert_user(connection, USER, "hash")
    for site_id in (1, 1, 2):
        accounts.insert_membership(connection, USER.id, site_id)
    assert connection.exec_driver_sql("SELECT count(*) FROM membership").scalar_one() == 2


def test_it_uses_up_every_invitation_at_once(connection: Connection) -> None:
    for digest in "ab":
        accounts.insert_invitation(connection, digest * 64, NOON)
    assert accounts.is_invited(connection, "a" * 64)
    assert not accounts.is_invited(connection, "c" * 64)
    assert accounts.use_invitations(connection, LATER) == {"a" * 64, "b" * 64}
    assert not accounts.is_invited(connection, "a" * 64)
    assert accounts.use_invitations(connection, LATER) == set()
