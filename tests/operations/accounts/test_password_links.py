"""A link for a new password opens no rights that its maker may not open."""

import pytest
from sqlalchemy import Connection

from account_work import account_work
from cast import Player, Stage
from dealtrace.accounts.rights import Role
from dealtrace.accounts.user import PasswordHash, User
from dealtrace.errors import InvitationSpent
from dealtrace.operations.accounts.invite_user import accept_password, make_password_link
from dealtrace.operations.accounts.manage_user import give_role, set_owner
from guests import new_user
from stored import side_by_side
from write_commands import utc_now

NEW = PasswordHash("another hash")


@pytest.fixture
def keeper(stage: Stage, shop: Player) -> User:
    return new_user(stage.database, {shop.site.id: Role.OWNER})


@pytest.fixture
def neighbour(stage: Stage) -> Player:
    return stage.open_site()


@pytest.fixture
def reader(stage: Stage, shop: Player) -> User:
    return new_user(stage.database, {shop.site.id: Role.READER})


def link(stage: Stage, reader: User, keeper: User) -> str:
    with stage.database.write() as connection:
        return make_password_link(account_work(connection, utc_now(), user_id=keeper.id), reader.id)


def is_accepted(connection: Connection, key: str) -> bool:
    try:
        accept_password(account_work(connection, utc_now()), key, NEW)
    except InvitationSpent:
        return False
    return True


def test_it_works_while_the_user_has_no_other_rights(stage: Stage, shop: Player, keeper: User, reader: User) -> None:
    key = link(stage, reader, keeper)
    with stage.database.write() as connection:
        give_role(account_work(connection, utc_now()), reader.id, shop.site.id, Role.ANALYST)
        assert is_accepted(connection, key)


def test_it_is_void_once_the_user_owns_the_installation(stage: Stage, keeper: User, reader: User) -> None:
    key = link(stage, reader, keeper)
    with stage.database.write() as connection:
        set_owner(account_work(connection, utc_now()), reader.id, is_owner=True)
        assert not is_accepted(connection, key)


def test_it_is_void_once_the_user_has_a_role_elsewhere_even_if_given_that_moment(
    stage: Stage, keeper: User, reader: User, neighbour: Player
) -> None:
    key = link(stage, reader, keeper)

    def give(connection: Connection) -> None:
        give_role(account_work(connection, utc_now()), reader.id, neighbour.site.id, Role.READER)

    _, accepted = side_by_side(stage.database, give, lambda connection: is_accepted(connection, key))
    assert not accepted


def test_a_link_of_an_owner_of_the_installation_works(stage: Stage, reader: User, neighbour: Player) -> None:
    key = link(stage, reader, new_user(stage.database))
    with stage.database.write() as connection:
        give_role(account_work(connection, utc_now()), reader.id, neighbour.site.id, Role.READER)
        assert is_accepted(connection, key)
