"""Change the password of a user, and delete users."""

from sqlalchemy import Connection

from dealtrace.accounts.user import User, normal_login
from dealtrace.errors import InvalidSetting
from dealtrace.operations.accounts.create_user import check_password, password_hasher
from dealtrace.storage.accounts import users


def change_password(connection: Connection, login: str, password: str) -> User:
    """Replace the password of a user, and return the user.

    Raises:
        InvalidSetting: there is no such user, or the password does not fit its limits.
    """
    found = _require_user(connection, login)
    check_password(password)
    users.update_password(connection, found.id, password_hasher().hash(password))
    return found


def delete_user(connection: Connection, login: str) -> User:
    """Delete a user, and return who it was.

    Raises:
        InvalidSetting: there is no such user.
    """
    found = _require_user(connection, login)
    users.delete_user(connection, found.id)
    return found


def _require_user(connection: Connection, login: str) -> User:
    found = users.find_user(connection, normal_login(login))
    if found is None:
        raise InvalidSetting(
            key="login",
            ru=f"нет пользователя {login}. Список: dealtrace user list",
            en=f"there is no user {login}. To list users: dealtrace user list",
        )
    return found
