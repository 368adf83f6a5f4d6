"""The last owner of the installation, and commands that keep who sent them."""

from collections.abc import Callable
from typing import Any

import pytest
from argon2 import PasswordHasher

from account_work import account_work
from cast import Stage
from dealtrace.accounts.rights import Rights, Role
from dealtrace.accounts.site import SiteId
from dealtrace.accounts.token import token_digest
from dealtrace.accounts.user import User, UserId
from dealtrace.errors import InvalidSetting, Refusal
from dealtrace.operations.accounts import create_user as module
from dealtrace.operations.accounts.create_user import create_user, hash_password
from dealtrace.operations.accounts.invite_user import invite_user, make_password_link
from dealtrace.operations.accounts.manage_user import delete_user, give_role, set_owner, take_role
from dealtrace.operations.accounts.share_report import NewLink, open_link, share_report
from dealtrace.storage.accounts.invitations import find_invitation
from dealtrace.storage.accounts.users import list_owners, update_owner
from guests import new_user
from stored import side_by_side
from write_commands import NOON, utc_now

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)  # only for testing
    monkeypatch.setattr(module, "password_hasher", lambda: cheap)


def owners(stage: Stage, *logins: str) -> list[User]:
    stage.ids.ensure(10)
    with stage.database.write() as connection:
        return [
            create_user(account_work(connection, utc_now(), stage.ids), login, hash_password(PASSWORD))
            for login in logins
        ]


def test_of_two_owners_who_demote_each_other_at_once_one_stays(stage: Stage) -> None:
    anna, boris = owners(stage, "anna", "boris")

    def demote(user: User) -> Any:
        def work(connection: Any) -> Any:
            try:
                return set_owner(account_work(connection, utc_now()), user.id, is_owner=False)
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
                return delete_user(account_work(connection, utc_now()), login)
            except Refusal as refusal:
                return refusal

        return work

    first, second = side_by_side(stage.database, remove("anna"), remove("boris"))
    assert first.login == "anna"
    assert isinstance(second, InvalidSetting)


class Maker:
    """A user with a link of each kind: of two sites, of the installation, and for the password of a member."""

    def __init__(self, stage: Stage, *, is_owner: bool, role: Role | None) -> None:
        self.stage = stage
        sites = [stage.open_site().site for _ in range(2)]
        self.here, self.there = (site.id for site in sites)
        roles = {self.here: role, self.there: Role.OWNER} if role is not None else {}
        self.user = new_user(stage.database, roles)
        member = new_user(stage.database, {self.here: Role.READER})
        new_user(stage.database)
        made_by, now = self.user.id, utc_now()
        with stage.database.write() as connection:
            update_owner(connection, made_by, is_owner=is_owner)
            work = account_work(connection, now, user_id=made_by)
            self.invitations = {
                "here": invite_user(work, Role.READER, site_id=self.here),
                "there": invite_user(work, Role.READER, site_id=self.there),
                "installation": invite_user(work, Role.OWNER, site_id=None),
                "password": make_password_link(work, member.id),
            }
            self.reports = {
                name: share_report(work.at(site), NewLink("a", "metrics=deals", 7))
                for name, site in zip(("here", "there"), sites, strict=True)
            }

    def do(self, act: Callable[..., object], *arguments: object, **named: object) -> None:
        with self.stage.database.write() as connection:
            act(account_work(connection, NOON), *arguments, **named)

    def valid(self) -> tuple[set[str], set[str]]:
        """Return which invitations and which shared links still work."""
        with self.stage.database.read() as connection:
            invited = {
                name
                for name, key in self.invitations.items()
                if find_invitation(connection, token_digest(key)) is not None
            }
            shared = {name for name, key in self.reports.items() if open_link(connection, key, utc_now()) is not None}
        return invited, shared


EACH = ({"here", "there", "installation", "password"}, {"here", "there"})


def test_an_owner_of_the_installation_keeps_links_whatever_role_they_have_at_a_site(stage: Stage) -> None:
    maker = Maker(stage, is_owner=True, role=Role.OWNER)
    maker.do(give_role, maker.user.id, maker.here, Role.READER)
    assert maker.valid() == EACH
    maker.do(take_role, maker.user.id, maker.here)
    assert maker.valid() == EACH
    maker.do(set_owner, maker.user.id, is_owner=False)
    assert maker.valid() == ({"there"}, {"there"})


def test_who_no_longer_owns_the_installation_keeps_links_of_sites_they_own(stage: Stage) -> None:
    maker = Maker(stage, is_owner=True, role=Role.OWNER)
    maker.do(set_owner, maker.user.id, is_owner=False)
    assert maker.valid() == ({"here", "there"}, {"here", "there"})


@pytest.mark.parametrize("role", [Role.ANALYST, Role.READER, None])
def test_who_no_longer_owns_a_site_loses_its_links_and_those_for_passwords(stage: Stage, role: Role | None) -> None:
    maker = Maker(stage, is_owner=False, role=Role.OWNER)
    maker.do(give_role, maker.user.id, maker.here, Role.OWNER)
    assert maker.valid() == EACH
    if role is None:
        maker.do(take_role, maker.user.id, maker.here)
    else:
        maker.do(give_role, maker.user.id, maker.here, role)
    assert maker.valid() == ({"there"}, {"there"})
    maker.do(delete_user, maker.user.login)
    assert maker.valid() == (set(), set())


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
