"""A shared link opens its question until it expires, is revoked, or its maker may not make it any more."""

from datetime import timedelta

import pytest

from account_work import account_work
from cast import Player, Stage
from dealtrace.accounts.rights import Role
from dealtrace.accounts.shared_link import DAYS_OFFERED, SEEN_STEP, SHARED_LINKS_MAX, SharedLink
from dealtrace.accounts.token import token_digest
from dealtrace.accounts.user import UserId
from dealtrace.errors import InvalidSetting
from dealtrace.operations.accounts.manage_user import take_role
from dealtrace.operations.accounts.share_report import NewLink, open_link, revoke_link, share_report, touch_link
from dealtrace.storage.accounts.shared_links import list_shared_links
from guests import new_user
from write_commands import NOON

ANNA = UserId(7)


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


def share(stage: Stage, player: Player, name: str = "a", days: int = 7, by: UserId = ANNA) -> str:
    with stage.database.write() as connection:
        return share_report(
            account_work(connection, NOON, user_id=by).at(player.site), NewLink(name, "metrics=deals", days)
        )


def opened(stage: Stage, key: str, after: timedelta = timedelta(0)) -> SharedLink | None:
    with stage.database.read() as connection:
        return open_link(connection, key, NOON + after)


@pytest.mark.parametrize("days", DAYS_OFFERED)
def test_a_link_opens_its_question_until_it_expires(stage: Stage, shop: Player, days: int) -> None:
    key = share(stage, shop, days=days)
    link = opened(stage, key, timedelta(days=days, microseconds=-1))
    assert link is not None
    assert (link.site_id, link.query, link.digest) == (shop.site.id, "metrics=deals", token_digest(key))
    assert opened(stage, key, timedelta(days=days)) is None
    assert opened(stage, key + "x") is None


def test_use_is_written_down_once_a_minute(stage: Stage, shop: Player) -> None:
    link = opened(stage, share(stage, shop))
    assert link is not None
    assert link.is_due(NOON)
    with stage.database.write() as connection:
        used = touch_link(account_work(connection, NOON), link)
    assert not used.is_due(NOON + SEEN_STEP / 2)
    assert used.is_due(NOON + SEEN_STEP)
    with stage.database.read() as connection:
        assert list_shared_links(connection, shop.site.id) == [used]


def test_a_link_is_revoked_by_its_own_site_alone(stage: Stage, shop: Player) -> None:
    key, neighbour = share(stage, shop), stage.open_site()
    with stage.database.write() as connection:
        assert not revoke_link(account_work(connection, NOON, user_id=ANNA).at(neighbour.site), token_digest(key))
        assert opened(stage, key) is not None
        assert revoke_link(account_work(connection, NOON, user_id=ANNA).at(shop.site), token_digest(key))
    assert opened(stage, key) is None


def test_a_link_ends_with_the_rights_of_its_maker_at_its_site(stage: Stage, shop: Player) -> None:
    neighbour = stage.open_site()
    roles = {shop.site.id: Role.OWNER, neighbour.site.id: Role.OWNER}
    makers = [new_user(stage.database, roles).id for _ in range(2)]
    keys = [share(stage, player, by=maker) for player in (shop, neighbour) for maker in makers]
    with stage.database.write() as connection:
        take_role(account_work(connection, NOON), makers[0], shop.site.id)
    assert [opened(stage, key) is not None for key in keys] == [False, True, True, True]


def test_links_have_limits_and_expired_ones_make_room(
    stage: Stage, shop: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, days in (("", 7), ("x" * 101, 7), ("a\n", 8), ("a", 0)):
        with pytest.raises(InvalidSetting):
            share(stage, shop, name, days)
    monkeypatch.setattr("dealtrace.operations.accounts.share_report.SHARED_LINKS_MAX", 1)
    assert SHARED_LINKS_MAX > 1
    share(stage, shop)
    with pytest.raises(InvalidSetting, match="1"):
        share(stage, shop)
    with stage.database.write() as connection:
        later = NOON + timedelta(days=7, seconds=1)
        share_report(account_work(connection, later, user_id=ANNA).at(shop.site), NewLink("b", "metrics=deals", 7))
