"""Issue and revoke tokens."""

import secrets
from datetime import datetime

from sqlalchemy import Connection

from dealtrace.accounts.site import SiteId
from dealtrace.accounts.site_change import ChangeKind, SiteChange
from dealtrace.accounts.token import TOKEN_LENGTH_MAX, TOKEN_LENGTH_MIN, Token, TokenId, token_digest
from dealtrace.errors import InvalidSetting, NameTaken, TokenNotFound
from dealtrace.operations.accounts.record_change import record_change
from dealtrace.operations.accounts.require_site import require_site
from dealtrace.operations.work import takes_ids
from dealtrace.record import record
from dealtrace.storage.accounts import tokens
from dealtrace.storage.id_blocks import IdBlocks

TOKEN_BYTES = 33
"""264 random bits, written as 44 characters that need no encoding in a URL."""


@record
class IssuedToken:
    """A token and its secret, which is shown only once."""

    token: Token
    secret: str


@takes_ids(1)
def issue_token(
    connection: Connection,
    ids: IdBlocks,
    site_id: int,
    label: str,
    now: datetime,
    *,
    secret: str | None = None,
    user_id: int | None = None,
) -> IssuedToken:
    """Issue a token for a site; without a `secret`, a random secret is generated.

    Raises:
        SiteNotFound: there is no such site.
        InvalidSetting: the given secret is too short or too long.
        NameTaken: a token with this secret exists or was revoked.
    """
    require_site(connection, site_id)
    secret = secret if secret is not None else secrets.token_urlsafe(TOKEN_BYTES)
    check_secret(secret)
    digest = token_digest(secret)
    if tokens.is_digest_known(connection, digest):
        raise NameTaken(name="token")
    token = Token(TokenId(ids.take()), SiteId(site_id), label, now, user_id)
    tokens.insert_token(connection, token, digest)
    record_change(connection, site_id, SiteChange(ChangeKind.TOKEN, label, "", str(token.id), now, user_id))
    return IssuedToken(token, secret)


def check_secret(secret: str) -> None:
    """Raise `InvalidSetting` if a token's secret is too short or too long."""
    if not TOKEN_LENGTH_MIN <= len(secret) <= TOKEN_LENGTH_MAX:
        bounds = f"{TOKEN_LENGTH_MIN}–{TOKEN_LENGTH_MAX}"
        raise InvalidSetting(
            key="token", ru=f"нужен токен длиной {bounds} символов", en=f"a token must have {bounds} characters"
        )


def revoke_token(connection: Connection, token_id: int, now: datetime, user_id: int | None = None) -> None:
    """Revoke a token permanently; running servers refuse it within two seconds.

    Raises:
        TokenNotFound: there is no such token, or the token is already revoked.
    """
    token = tokens.revoke_token(connection, token_id, now)
    if token is None:
        raise TokenNotFound(token_id=token_id)
    record_change(connection, token.site_id, SiteChange(ChangeKind.TOKEN, token.label, str(token.id), "", now, user_id))
