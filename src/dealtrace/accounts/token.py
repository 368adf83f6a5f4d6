"""A token, which gives a program or a user access to the API of one site."""

import hashlib
from datetime import datetime
from typing import NewType

from dealtrace.accounts.site import SiteId
from dealtrace.record import record

TokenId = NewType("TokenId", int)

TOKEN_BYTES = 33
"""The number of random bytes in a generated token, which is written as 44 characters that need no encoding in a URL."""
TOKEN_LENGTH = TOKEN_BYTES * 4 // 3
"""The length of a generated token."""
TOKEN_LENGTH_MIN = 16
"""Ours: the minimum length of a token that an operator chooses; generated tokens have 264 random bits."""
TOKEN_LENGTH_MAX = 200


@record
class Token:
    """A token as stored, without its secret; `user_id` is `None` if a command issued it.

    `used_at` is when a request last used the token, or up to a minute earlier; `None` if no use is known.
    """

    id: TokenId
    site_id: SiteId
    label: str
    created_at: datetime
    user_id: int | None = None
    revoked_at: datetime | None = None
    used_at: datetime | None = None


def token_digest(token: str) -> str:
    """Return the hexadecimal digest under which a token is stored.

    A space in `token` is read as `+`: a client may put a `+` into a URL without encoding it, and that `+` arrives as
    a space. Plain SHA-256 is enough, since tokens are long and random.
    """
    return hashlib.sha256(token.replace(" ", "+").encode()).hexdigest()
