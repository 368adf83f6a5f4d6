"""What a person makes at the moment when they lose the right to it does not outlive that."""

from collections.abc import Callable

import pytest
from sqlalchemy import Connection

from account_work import account_work
from cast import Player, Stage
from dealtrace.accounts.rights import Role
from dealtrace.accounts.site import SiteId
from dealtrace.accounts.token import token_digest
from dealtrace.accounts.user import PasswordHash, User
from dealtrace.operations.accounts.hold_rights import RightsChanged, SessionRights, hold_rights, rights_in_session
from dealtrace.operations.accounts.invite_user import invite_user
from dealtrace.operations.accounts.log_in import end_session
from dealtrace.operations.accounts.manage_user import change_password, delete_user, give_role, set_owner, take_role
from dealtrace.operations.accounts.second_factor import demand_second_factor
from dealtrace.storage.accounts.invitations import list_role_invitations
from dealtrace.storage.accounts.sessions import find_login, list_sessions
from guests import new_session, new_user
from stored import side_by_side
from write_commands import utc_now

Loss = Callable[[Connection, User, SiteId], object]
LOSSES: dict[str, Loss] = {
    "role taken": lambda connection, user, site_id: take_role(account_work(connection, utc_now()), user.id, site_id),
    "role lowered": lambda connection, user, site_id: give_role(
        account_work(connection, utc_now()), user.id, site_id, Role.ANALYST
    ),
    "deleted": lambda connection, user, _: delete_user(account_work(connection, utc_now()), user.login),
}
"""What voids the invitations that a person has made."""
ENDINGS: dict[str, Loss] = {
    "password replaced": lambda connection, user, _: change_password(
        account_work(connection, utc_now()), user.login, PasswordHash("another hash")
    ),
    "session ended": lambda connection, user, _: end_session(
        account_work(connection), user.id, list_sessions(connection, user.id)[0].digest
    ),
    "second factor demanded": lambda connection, _, __: demand_second_factor(
        account_work(connection, utc_now()), is_demanded=True
    ),
}
"""What stops a person who is logged in, but leaves what they made before."""
each_loss = pytest.mark.parametrize("lose", LOSSES.values(), ids=LOSSES)


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


class Anna:
    """An owner of a site, logged in, who invites somebody to the site."""

    def __init__(self, stage: Stage, site_id: SiteId, *, is_owner: bool = False) -> None:
        self.stage = stage
        self.site_id = site_id
        new_user(stage.database)
        self.user = new_user(stage.database, None if is_owner else {site_id: Role.OWNER})
        with stage.database.write() as connection:
            self.digest = token_digest(new_session(connection, self.user, utc_now()))
        self.admitted = self.rights()

    def rights(self) -> SessionRights:
        """Return what the gate of the cabinet finds."""
        with self.stage.database.read() as connection:
            login = find_login(connection, self.digest)
        assert login is not None
        return rights_in_session(login.rights, self.site_id, lacks_factor=login.lacks_factor)

    def invite(self, connection: Connection) -> bool:
        """Invite somebody as one who was admitted before, and return whether that was stored."""
        try:
            hold_rights(account_work(connection), self.digest, self.admitted)
        except RightsChanged:
            return False
        invite_user(account_work(connection, utc_now(), user_id=self.user.id), Role.OWNER, site_id=self.site_id)
        return True

    def count_invitations(self) -> int:
        """Return how many open invitations to the site there are."""
        with self.stage.database.read() as connection:
            return len(list_role_invitations(connection, utc_now(), self.site_id))


@pytest.fixture
def anna(stage: Stage, shop: Player) -> Anna:
    return Anna(stage, shop.site.id)


@pytest.mark.parametrize("lose", [*LOSSES.values(), *ENDINGS.values()], ids=[*LOSSES, *ENDINGS])
def test_who_lost_the_right_after_they_were_admitted_makes_nothing(anna: Anna, lose: Loss) -> None:
    with anna.stage.database.write() as connection:
        lose(connection, anna.user, anna.site_id)
    with anna.stage.database.write() as connection:
        assert not anna.invite(connection)


@each_loss
@pytest.mark.parametrize("is_first", [True, False], ids=["the invitation first", "the loss first"])
def test_what_is_made_at_the_moment_of_the_loss_does_not_outlive_it(anna: Anna, lose: Loss, is_first: bool) -> None:
    def take(connection: Connection) -> object:
        return lose(connection, anna.user, anna.site_id)

    side_by_side(anna.stage.database, *((anna.invite, take) if is_first else (take, anna.invite)))
    assert anna.count_invitations() == 0


@pytest.mark.parametrize("is_first", [True, False], ids=["the invitation first", "the loss first"])
def test_nor_does_what_a_former_owner_of_the_installation_makes(stage: Stage, shop: Player, is_first: bool) -> None:
    boris = Anna(stage, shop.site.id, is_owner=True)

    def demote(connection: Connection) -> object:
        return set_owner(account_work(connection, utc_now()), boris.user.id, is_owner=False)

    side_by_side(stage.database, *((boris.invite, demote) if is_first else (demote, boris.invite)))
    assert boris.count_invitations() == 0


def test_the_acts_of_one_person_do_not_wait_for_each_other(anna: Anna) -> None:
    assert side_by_side(anna.stage.database, anna.invite, anna.invite) == (True, True)
    assert anna.count_invitations() == 2
