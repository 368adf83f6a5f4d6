"""API tokens, stored by their digests."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Connection, bindparam, insert, or_, select, update

from dealtrace.accounts.site import SiteId
from dealtrace.accounts.token import Token, TokenId
from dealtrace.storage.accounts.revision import raise_revision
from dealtrace.storage.database.column_types import is_in
from dealtrace.storage.database.compiled_statement import NamedRow
from dealtrace.storage.database.many_rows import execute_many
from dealtrace.storage.schema.tables.control import token


def insert_token(connection: Connection, new: Token, digest: str) -> None:
    """Store a new token by its digest."""
    connection.execute(
        insert(token).values(
            id=new.id,
            site_id=new.site_id,
            user_id=new.user_id,
            label=new.label,
            digest=digest,
            created_at=new.created_at,
        )
    )


def find_token(connection: Connection, digest: str) -> Token | None:
    """Find the token with the given digest, or return `None` if it was never issued or has been revoked."""
    live = select(token).where(token.c.digest == digest, token.c.revoked_at.is_(None))
    row = connection.execute(live).one_or_none()
    return _token_from_row(row) if row is not None else None


def is_digest_known(connection: Connection, digest: str) -> bool:
    """Return whether a token with this digest was ever issued, revoked or not."""
    return connection.execute(select(token.c.id).where(token.c.digest == digest)).first() is not None


def list_tokens(connection: Connection, site_id: int | None = None) -> list[Token]:
    """List the tokens of a site, oldest first; without `site_id`, list the tokens of all sites, ordered by site."""
    query = select(token).order_by(token.c.site_id, token.c.created_at, token.c.id)
    if site_id is not None:
        query = query.where(token.c.site_id == site_id)
    return [_token_from_row(row) for row in connection.execute(query)]


def find_token_labels(connection: Connection, token_ids: Collection[int]) -> dict[int, str]:
    """Find the labels of tokens, revoked or not, by token id; unknown ids are left out."""
    if not token_ids:
        return {}
    rows = connection.execute(select(token.c.id, token.c.label).where(is_in(token.c.id, sorted(token_ids))))
    return {row.id: row.label for row in rows}


def revoke_token(connection: Connection, token_id: int, now: datetime) -> Token | None:
    """Revoke a token permanently and return it, or `None` if no unrevoked token has this id."""
    live = (token.c.id == token_id, token.c.revoked_at.is_(None))
    revoked = update(token).where(*live).values(revoked_at=now).returning(*token.c)
    row = connection.execute(revoked).one_or_none()
    raise_revision(connection)
    return _token_from_row(row) if row is not None else None


def update_last_uses(connection: Connection, used_at: Mapping[TokenId, datetime]) -> None:
    """Store when tokens were last used, by token id, unless a later use is stored already.

    A token that another transaction has locked on PostgreSQL is skipped: waiting for the lock would delay logins.
    """
    free = select(token.c.id).where(is_in(token.c.id, used_at)).with_for_update(key_share=True, skip_locked=True)
    rows = [
        {"used_id": token_id, "last_use": used_at[TokenId(token_id)]} for token_id in connection.execute(free).scalars()
    ]
    last_use = bindparam("last_use", type_=token.c.used_at.type)
    used = update(token).where(
        token.c.id == bindparam("used_id"), or_(token.c.used_at.is_(None), token.c.used_at < last_use)
    )
    execute_many(connection, used.values(used_at=last_use), rows)


def _token_from_row(row: NamedRow) -> Token:
    return Token(
        TokenId(row.id), SiteId(row.site_id), row.label, row.created_at, row.user_id, row.revoked_at, row.used_at
    )
