"""Issue and revoke tokens, and store when they were last used."""

import secrets
from collections.abc import Mapping
from datetime import datetime

from dealtrace.accounts.site import SiteId
from dealtrace.accounts.site_change import ChangeKind
from dealtrace.accounts.token import TOKEN_BYTES, TOKEN_LENGTH_MAX, TOKEN_LENGTH_MIN, Token, TokenId, token_digest
from dealtrace.errors import InvalidSetting, NameTaken, TokenNotFound
from dealtrace.operations.accounts.record_change import record_change
from dealtrace.operations.accounts.require_site import require_site
from dealtrace.operations.work import AccountWork, takes_ids
from dealtrace.record import record
from dealtrace.storage.accounts import tokens


@record
class IssuedToken:
    """A token and its secret, which is shown only once."""

    token: Token
    secret: str


@takes_ids(1)
def issue_token(work: AccountWork, site_id: int, label: str, *, secret: str | None = None) -> IssuedToken:
    """Issue a token for a site; without a `secret`, a random secret is generated.

    Raises:
        SiteNotFound: there is no such site.
        InvalidSetting: the given secret is too short or too long.
        NameTaken: a token with this secret exists or was revoked.
    """
    require_site(work.connection, site_id)
    secret = secret if secret is not None else secrets.token_urlsafe(TOKEN_BYTES)
    check_secret(secret)
    digest = token_digest(secret)
    if tokens.is_digest_known(work.connection, digest):
        raise NameTaken(name="token")
    token = Token(TokenId(work.ids.take()), SiteId(site_id), label, work.now, work.user_id)
    tokens.insert_token(work.connection, token, digest)
    record_change(work, site_id, ChangeKind.TOKEN, label, after=str(token.id))
    return IssuedToken(token, secret)


def check_secret(secret: str) -> None:
    """Raise `InvalidSetting` if a token's secret is too short or too long."""
    if not TOKEN_LENGTH_MIN <= len(secret) <= TOKEN_LENGTH_MAX:
        bounds = f"{TOKEN_LENGTH_MIN}–{TOKEN_LENGTH_MAX}"
        raise InvalidSetting(
            key="token", ru=f"нужен токен длиной {bounds} символов", en=f"a token must have {bounds} characters"
        )


def revoke_token(work: AccountWork, token_id: int) -> None:
    """Revoke a token permanently; running servers refuse it within two seconds.

    Raises:
        TokenNotFound: there is no such token, or the token is already revoked.
    """
    token = tokens.revoke_token(work.connection, token_id, work.now)
    if token is None:
        raise TokenNotFound(token_id=token_id)
    record_change(work, token.site_id, ChangeKind.TOKEN, token.label, before=str(token.id))


def store_token_uses(work: AccountWork, used_at: Mapping[TokenId, datetime]) -> None:
    """Store when tokens were last used; `used_at` has the times by token id."""
    tokens.update_last_uses(work.connection, used_at)
