"""What a person makes at the moment when they lose the right to it does not outlive that."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, select

from account_work import account_work
from cast import Player, Stage
from dealtrace.accounts.rights import Role
from dealtrace.accounts.site import SiteId
from dealtrace.accounts.token import token_digest
from dealtrace.accounts.user import PasswordHash, User
from dealtrace.errors import DatabaseUnavailable
from dealtrace.operations.accounts.hold_rights import (
    Admission,
    AdmittedPayload,
    RightsChanged,
    SessionRights,
    hold_rights,
    rights_in_session,
    while_admitted,
)
from dealtrace.operations.accounts.invite_user import invite_user
from dealtrace.operations.accounts.log_in import end_session
from dealtrace.operations.accounts.manage_user import change_password, delete_user, give_role, set_owner, take_role
from dealtrace.operations.accounts.second_factor import demand_second_factor
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.write_command import WriteCommand
from dealtrace.storage.accounts.invitations import list_role_invitations
from dealtrace.storage.accounts.sessions import find_login, list_sessions
from dealtrace.storage.schema.tables.control import session, user
from guests import new_session, new_user
from stored import side_by_side
from write_commands import open_write_queue, registration, run, utc_now

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


PROMPT_SECONDS = 5.0
"""Far less than the 30 seconds for which a command waits whose site is locked."""


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
@pytest.mark.parametrize("is_session", [False, True], ids=["their user", "their session"])
def test_what_a_person_with_a_locked_account_sends_is_refused_soon_and_delays_no_other_command(
    stage: Stage, shop: Player, is_session: bool
) -> None:
    anna, boris = Anna(stage, shop.site.id), Anna(stage, shop.site.id)
    held = (
        select(session.c.digest).where(session.c.user_id == anna.user.id)
        if is_session
        else select(user.c.id).where(user.c.id == anna.user.id)
    )

    async def write_all() -> list[Any]:
        async with open_write_queue(stage.database) as write_queue:
            commands: list[tuple[Any, object]] = [(register_deals, registration("by a CRM"))]
            for sender, number in ((anna, "first"), (anna, "second"), (boris, "of another person")):
                payload = AdmittedPayload(registration(number), Admission(sender.digest, sender.admitted))
                commands.append((while_admitted(register_deals), payload))
            futures = [
                write_queue.write(operation, shop.site, WriteCommand(payload, shop.token_id))
                for operation, payload in commands
            ]
            return list(await asyncio.gather(*futures, return_exceptions=True))

    with stage.database.write() as locking:
        locking.execute(held.with_for_update())
        started = time.monotonic()
        by_crm, first, second, by_boris = run(write_all)
        assert time.monotonic() - started < PROMPT_SECONDS
    assert isinstance(first, DatabaseUnavailable)
    assert isinstance(second, DatabaseUnavailable)
    assert not isinstance(by_crm, Exception)
    assert not isinstance(by_boris, Exception)


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_a_person_whose_account_is_free_again_is_admitted(stage: Stage, shop: Player) -> None:
    anna = Anna(stage, shop.site.id)

    async def write_twice() -> tuple[Any, Any]:
        async with open_write_queue(stage.database) as write_queue:

            async def send() -> Any:
                payload = AdmittedPayload(registration("later"), Admission(anna.digest, anna.admitted))
                command = WriteCommand(payload, shop.token_id)
                future = write_queue.write(while_admitted(register_deals), shop.site, command)
                return (await asyncio.gather(future, return_exceptions=True))[0]

            with stage.database.write() as locking:
                locking.execute(select(user.c.id).where(user.c.id == anna.user.id).with_for_update())
                refused = await send()
            return refused, await send()

    refused, admitted = run(write_twice)
    assert isinstance(refused, DatabaseUnavailable)
    assert not isinstance(admitted, Exception)
