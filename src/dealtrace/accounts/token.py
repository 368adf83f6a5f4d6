"""A token: what opens the API of one site for one user or program."""

import hashlib
from datetime import datetime
from typing import NewType

from dealtrace.accounts.site import SiteId
from dealtrace.record import record

TokenId = NewType("TokenId", int)

TOKEN_LENGTH_MIN = 16
"""Ours: a token brought along from elsewhere must not be guessable; our own carry 256 bits."""
TOKEN_LENGTH_MAX = 200


@record
class Token:
    """What is kept of a token: never the token itself. `user_id` is `None` for one made by a command."""

    id: TokenId
    site_id: SiteId
    label: str
    created_at: datetime
    user_id: int | None = None
    revoked_at: datetime | None = None


def token_digest(token: str) -> str:
    """Tell the digest under which a token is kept, in hexadecimal.

    A `+` that was not encoded arrives as a space, so spaces are read as `+`. Tokens are random and long: a plain
    SHA-256 cannot be turned back, and looking it up costs no password hashing.
    """
    return hashlib.sha256(token.replace(" ", "+").encode()).hexdigest()
