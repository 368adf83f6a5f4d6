"""A user: a person who logs in to the cabinet."""

from dataclasses import dataclass
from datetime import datetime
from typing import NewType

UserId = NewType("UserId", int)

PASSWORD_LENGTH_MIN = 12
PASSWORD_LENGTH_MAX = 1000
LOGIN_LENGTH_MAX = 200


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may log in; `login` is compared without regard to case."""

    id: UserId
    login: str
    created_at: datetime


def normal_login(text: str) -> str:
    """Bring a login into the form it is compared in."""
    return text.strip().casefold()
