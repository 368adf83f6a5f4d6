"""Tokens: found by their digests while they live, and never issued twice."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from dealtrace.accounts.site import SiteId
from dealtrace.accounts.token import Token, TokenId
from dealtrace.storage.accounts import tokens
from dealtrace.storage.database.engine import Database
from write_commands import NOON

TOKEN = Token(TokenId(10**10), SiteId(1), "crm", NOON)
LATER = NOON + timedelta(hours=1)


def test_it_finds_a_live_token_by_its_digest(connection: Connection) -> None:
    tokens.insert_token(connection, TOKEN, "d" * 64)
    assert tokens.find_token(connection, "d" * 64) == TOKEN
    assert tokens.find_token(connection, "e" * 64) is None
    assert tokens.is_digest_known(connection, "d" * 64)
    assert not tokens.is_digest_known(connection, "e" * 64)


def test_it_revokes_a_token_once_and_remembers_its_digest(connection: Connection) -> None:
    tokens.insert_token(connection, TOKEN, "d" * 64)
    assert tokens.revoke_token(connection, TOKEN.id, LATER)
    assert not tokens.revoke_token(connection, TOKEN.id, LATER)
    assert not tokens.revoke_token(connection, 1, LATER)
    assert tokens.find_token(connection, "d" * 64) is None
    assert tokens.is_digest_known(connection, "d" * 64)
    assert tokens.list_tokens(connection) == [replace(TOKEN, revoked_at=LATER)]


def test_it_keeps_a_digest_once(database: Database) -> None:
    with database.write() as connection:
        tokens.insert_token(connection, TOKEN, "d" * 64)
    with pytest.raises(IntegrityError), database.write() as connection:
        tokens.insert_token(connection, replace(TOKEN, id=TokenId(2)), "d" * 64)


def test_it_lists_tokens_of_one_site_or_of_all_in_order(connection: Connection) -> None:
    issued = [
        replace(TOKEN, id=TokenId(number), site_id=SiteId(site), created_at=NOON + timedelta(hours=hour))
        for number, site, hour in ((1, 2, 0), (2, 1, 5), (3, 1, 4), (4, 1, 5))
    ]
    for number, token in enumerate(issued):
        tokens.insert_token(connection, token, str(number) * 64)
    assert [token.id for token in tokens.list_tokens(connection)] == [3, 2, 4, 1]
    assert [token.id for token in tokens.list_tokens(connection, 1)] == [3, 2, 4]
    assert tokens.list_tokens(connection, 7) == []
