"""Issue and revoke tokens."""

import secrets
from datetime import datetime

from sqlalchemy import Connection

from dealtrace.accounts.site import SiteId
from dealtrace.accounts.token import TOKEN_LENGTH_MAX, TOKEN_LENGTH_MIN, Token, TokenId, token_digest
from dealtrace.errors import InvalidSetting, NameTaken, SiteNotFound, TokenNotFound
from dealtrace.record import record
from dealtrace.storage.accounts import sites, tokens
from dealtrace.storage.id_blocks import IdBlocks

TOKEN_BYTES = 33
"""264 random bits, 44 characters of the address alphabet: nothing in them needs encoding."""


@record
class IssuedToken:
    """A token and its secret, which is shown now and never again."""

    token: Token
    secret: str


def issue_token(
    connection: Connection, ids: IdBlocks, site_id: int, label: str, now: datetime, *, secret: str | None = None
) -> IssuedToken:
    """Issue a token that opens a site; `secret` is one brought along from elsewhere.

    Raises:
        SiteNotFound: there is no such site.
        InvalidSetting: the secret brought along is too short or too long to be one.
        NameTaken: that secret is in use or was revoked.
    """
    if sites.find_site(connection, site_id) is None:
        raise SiteNotFound(site_id=site_id)
    secret = secret if secret is not None else secrets.token_urlsafe(TOKEN_BYTES)
    if not TOKEN_LENGTH_MIN <= len(secret) <= TOKEN_LENGTH_MAX:
        bounds = f"{TOKEN_LENGTH_MIN}–{TOKEN_LENGTH_MAX}"
        raise InvalidSetting(key="token", ru=f"длина токена {bounds} символов", en=f"a token has {bounds} characters")
    digest = token_digest(secret)
    if tokens.is_digest_known(connection, digest):
        raise NameTaken(name="token")
    token = Token(TokenId(ids.take()), SiteId(site_id), label, now)
    tokens.insert_token(connection, token, digest)
    return IssuedToken(token, secret)


def revoke_token(connection: Connection, token_id: int, now: datetime) -> None:
    """Close a token for good; running servers follow within two seconds.

    Raises:
        TokenNotFound: there is no live token of this id.
    """
    if not tokens.revoke_token(connection, token_id, now):
        raise TokenNotFound(token_id=token_id)
