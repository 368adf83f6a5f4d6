"""Issuing and revoking tokens."""

import re

import pytest

from account_work import account_work
from cast import VLADIVOSTOK, Player, Stage
from dealtrace.accounts.token import TOKEN_LENGTH_MAX, TOKEN_LENGTH_MIN, token_digest
from dealtrace.errors import InvalidSetting, NameTaken, SiteNotFound, TokenNotFound
from dealtrace.operations.accounts.issue_token import IssuedToken, issue_token, revoke_token
from dealtrace.storage.accounts.revision import find_revision
from dealtrace.storage.accounts.tokens import find_token, list_tokens
from write_commands import utc_now


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


def issue(stage: Stage, site_id: int, secret: str | None = None) -> IssuedToken:
    stage.ids.ensure(10)
    with stage.database.write() as connection:
        return issue_token(account_work(connection, utc_now(), stage.ids), site_id, "crm", secret=secret)


def revoke(stage: Stage, token_id: int) -> None:
    with stage.database.write() as connection:
        revoke_token(account_work(connection, utc_now()), token_id)


def opens(stage: Stage, secret: str) -> int | None:
    with stage.database.read() as connection:
        found = find_token(connection, token_digest(secret))
    return found.site_id if found is not None else None


def test_it_issues_a_token_that_opens_its_site(stage: Stage, shop: Player) -> None:
    issued = issue(stage, shop.site.id)
    assert opens(stage, issued.secret) == shop.site.id
    with stage.database.read() as connection:
        assert find_token(connection, token_digest(issued.secret)) == issued.token
        assert issued.token in list_tokens(connection, shop.site.id)
    assert (issued.token.label, issued.token.user_id, issued.token.revoked_at) == ("crm", None, None)


def test_it_makes_secrets_that_need_no_encoding_and_never_repeat(stage: Stage, shop: Player) -> None:
    secrets = {issue(stage, shop.site.id).secret for _ in range(20)}
    assert len(secrets) == 20
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{44}", secret) for secret in secrets)


def test_it_never_stores_the_secret(stage: Stage, shop: Player) -> None:
    secret = issue(stage, shop.site.id).secret
    with stage.database.read() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM token").all()
    assert secret not in repr(rows)
    assert token_digest(secret) in repr(rows)


@pytest.mark.parametrize("secret", ["a" * TOKEN_LENGTH_MIN, "b" * TOKEN_LENGTH_MAX, "Zm9v+YmFy/YmF6+cXV4=="])
def test_it_takes_a_secret_brought_along(stage: Stage, shop: Player, secret: str) -> None:
    assert issue(stage, shop.site.id, secret).secret == secret
    assert opens(stage, secret) == shop.site.id
    assert opens(stage, secret.replace("+", " ")) == shop.site.id


@pytest.mark.parametrize("secret", ["", "a" * (TOKEN_LENGTH_MIN - 1), "a" * (TOKEN_LENGTH_MAX + 1)])
def test_it_refuses_a_secret_that_can_be_none(stage: Stage, shop: Player, secret: str) -> None:
    with pytest.raises(InvalidSetting):
        issue(stage, shop.site.id, secret)


def test_it_refuses_a_secret_that_is_in_use_or_was_revoked_in_any_site(stage: Stage, shop: Player) -> None:
    neighbour = stage.open_site(time_zone=VLADIVOSTOK)
    secret = "brought along from elsewhere"
    issued = issue(stage, neighbour.site.id, secret)
    with pytest.raises(NameTaken):
        issue(stage, shop.site.id, secret)
    revoke(stage, issued.token.id)
    with pytest.raises(NameTaken):
        issue(stage, shop.site.id, secret)
    assert opens(stage, secret) is None


def test_it_refuses_a_site_there_is_not(stage: Stage) -> None:
    with pytest.raises(SiteNotFound):
        issue(stage, 10**6)


def test_it_closes_a_token_for_good_and_no_other(stage: Stage, shop: Player) -> None:
    issued = issue(stage, shop.site.id)
    with stage.database.read() as connection:
        before = find_revision(connection)
    revoke(stage, issued.token.id)
    assert opens(stage, issued.secret) is None
    assert opens(stage, shop.token) == shop.site.id
    with stage.database.read() as connection:
        assert find_revision(connection) > before, "running servers follow"
        (listed,) = [token for token in list_tokens(connection) if token.id == issued.token.id]
    assert listed.revoked_at is not None


@pytest.mark.parametrize("twice", [True, False])
def test_it_refuses_to_revoke_what_is_not_live(stage: Stage, shop: Player, twice: bool) -> None:
    token_id = issue(stage, shop.site.id).token.id if twice else 1
    if twice:
        revoke(stage, token_id)
    with pytest.raises(TokenNotFound) as result:
        revoke(stage, token_id)
    assert result.value.facts == {"token_id": token_id}
