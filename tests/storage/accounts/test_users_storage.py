"""Users and the sites they may see."""

from dataclasses import replace

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from dealtrace.accounts.rights import Role
from dealtrace.accounts.user import User, UserId
from dealtrace.storage.accounts import users
from dealtrace.storage.database.engine import Database
from write_commands import NOON

USER = User(UserId(10**10), "ivan", NOON)


def test_it_finds_a_user_by_the_login(connection: Connection) -> None:
    assert not users.has_users(connection)
    users.insert_user(connection, USER, "hash")
    assert users.has_users(connection)
    assert users.find_user(connection, "ivan") == USER
    assert users.find_user(connection, "Ivan") is None


def test_it_keeps_a_login_once(database: Database) -> None:
    with database.write() as connection:
        users.insert_user(connection, USER, "hash")
    with pytest.raises(IntegrityError), database.write() as connection:
        users.insert_user(connection, replace(USER, id=UserId(2)), "hash")


def test_it_lets_a_user_see_a_site_however_often_that_is_said(connection: Connection) -> None:
    users.insert_user(connection, USER, "hash")
    for site_id in (1, 1, 2):
        users.set_membership(connection, USER.id, site_id, Role.READER)
    assert connection.exec_driver_sql("SELECT count(*) FROM membership").scalar_one() == 2
