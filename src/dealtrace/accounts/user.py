"""A user: a person who logs in to the cabinet."""

from datetime import datetime
from typing import NewType

from dealtrace.record import record

UserId = NewType("UserId", int)
PasswordHash = NewType("PasswordHash", str)

PASSWORD_LENGTH_MIN = 12
PASSWORD_LENGTH_MAX = 1000
LOGIN_LENGTH_MAX = 200


@record
class User:
    """A person who can log in; `login` is case-insensitive.

    `is_owner` marks an owner of the installation, who owns every site. `has_keys` is false if the person has turned off
    the single-key shortcuts of the cabinet.
    """

    id: UserId
    login: str
    created_at: datetime
    is_owner: bool = False
    has_second_factor: bool = False
    has_keys: bool = True


def normal_login(text: str) -> str:
    """Return a login in the form in which logins are compared: trimmed and case-folded."""
    return text.strip().casefold()
