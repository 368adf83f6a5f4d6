"""The last owner of the installation, and commands that keep who sent them."""

from typing import Any

import pytest
from argon2 import PasswordHasher

from cast import Stage
from dealtrace.accounts.role import Rights, Role
from dealtrace.accounts.site import SiteId
from dealtrace.accounts.user import User, UserId
from dealtrace.errors import InvalidSetting, Refusal
from dealtrace.operations.accounts import create_user as module
from dealtrace.operations.accounts.create_user import create_user
from dealtrace.operations.accounts.manage_user import delete_user, set_owner
from dealtrace.storage.accounts.users import list_owners
from stored import side_by_side
from write_commands import utc_now

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)  # only for testing
    monkeypatch.setattr(module, "password_hasher", lambda: cheap)


def owners(stage: Stage, *logins: str) -> list[User]:
    stage.ids.ensure(10)
    with stage.database.write() as connection:
        return [create_user(connection, stage.ids, login, PASSWORD, utc_now()) for login in logins]


def test_of_two_owners_who_demote_each_other_at_once_one_stays(stage: Stage) -> None:
    anna, boris = owners(stage, "anna", "boris")

    def demote(user: User) -> Any:
        def work(connection: Any) -> Any:
            try:
                return set_owner(connection, user.id, is_owner=False)
            except Refusal as refusal:
                return refusal

        return work

    first, second = side_by_side(stage.database, demote(anna), demote(boris))
    assert first is None
    assert isinstance(second, InvalidSetting)
    with stage.database.write() as connection:
        assert list_owners(connection) == [boris.id]


def test_of_two_owners_who_delete_each_other_at_once_one_stays(stage: Stage) -> None:
    owners(stage, "anna", "boris")

    def remove(login: str) -> Any:
        def work(connection: Any) -> Any:
            try:
                return delete_user(connection, login, utc_now())
            except Refusal as refusal:
                return refusal

        return work

    first, second = side_by_side(stage.database, remove("anna"), remove("boris"))
    assert first.login == "anna"
    assert isinstance(second, InvalidSetting)


def rights(*, is_owner: bool = False, **roles: Role) -> Rights:
    """Return a person with roles at sites: `s1=Role.READER`."""
    return Rights(
        User(UserId(1), "x", utc_now(), is_owner=is_owner),
        {SiteId(int(site.removeprefix("s"))): role for site, role in roles.items()},
    )


@pytest.mark.parametrize(
    ("by", "whose", "may"),
    [
        (rights(is_owner=True), rights(is_owner=True), True),
        (rights(is_owner=True), rights(), True),
        (rights(s1=Role.OWNER), rights(s1=Role.OWNER), True),
        (rights(s1=Role.OWNER), rights(s1=Role.READER), True),
        (rights(s1=Role.OWNER), rights(s1=Role.READER, s2=Role.READER), False),
        (rights(s1=Role.OWNER, s2=Role.OWNER), rights(s1=Role.READER, s2=Role.READER), False),
        (rights(s1=Role.OWNER), rights(s2=Role.READER), False),
        (rights(s1=Role.OWNER), rights(), False),
        (rights(s1=Role.OWNER), rights(is_owner=True, s1=Role.READER), False),
        (rights(s1=Role.ANALYST), rights(s1=Role.READER), False),
    ],
)
def test_an_owner_of_a_site_opens_accounts_with_rights_there_alone(by: Rights, whose: Rights, may: bool) -> None:
    assert by.may_open_account_of(whose, 1) is may
