"""Sites, users, tokens and invitations; each change of what the server remembers of them is a new revision."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, insert, select, update

from dealtrace.accounts.site import TARGET_CALL_DEFAULT, Site, SiteId
from dealtrace.accounts.token import Token, TokenId
from dealtrace.accounts.user import User, UserId
from dealtrace.storage.accounts.custom_fields import list_custom_fields
from dealtrace.storage.database.upsert import insert_into
from dealtrace.storage.schema.tables.control import invitation, membership, revision, site, token, user
from dealtrace.storage.webhooks.webhooks import list_listeners

_REVISION = "accounts"


def raise_revision(connection: Connection) -> None:
    """Tell every running server that what it remembers of sites and tokens is out of date."""
    statement = insert_into(connection, revision).values(name=_REVISION, number=1)
    connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"number": revision.c.number + 1}))


def find_revision(connection: Connection) -> int:
    """Tell the revision of sites, tokens and fields; it rises with each of their changes."""
    number = connection.execute(select(revision.c.number).where(revision.c.name == _REVISION)).scalar_one_or_none()
    return int(number or 0)


def insert_site(connection: Connection, new: Site, now: datetime) -> None:
    """Keep a new site."""
    connection.execute(
        insert(site).values(
            id=new.id,
            name=new.name,
            time_zone=new.time_zone.key,
            contact_matching=new.contact_matching,
            points_per_day=new.points_per_day,
            point_costs=dict(new.point_costs),
            attribution=new.attribution,
            respects_do_not_track=new.respects_do_not_track,
            unique_depth_days=new.unique_depth.days if new.unique_depth is not None else None,
            target_call_seconds=new.target_call // timedelta(seconds=1),
            created_at=now,
        )
    )
    raise_revision(connection)


def update_site(connection: Connection, site_id: int, values: Mapping[str, Any]) -> bool:
    """Change settings of a site by their column names; `False` if there is no such site."""
    changed = connection.execute(update(site).where(site.c.id == site_id).values(**values)).rowcount > 0
    raise_revision(connection)
    return changed


def find_site(connection: Connection, site_id: int) -> Site | None:
    """Find a site with its settings and custom fields."""
    row = connection.execute(select(site).where(site.c.id == site_id)).one_or_none()
    return _site_record(connection, row) if row is not None else None


def list_sites(connection: Connection) -> list[Site]:
    """List all sites by their ids."""
    return [_site_record(connection, row) for row in connection.execute(select(site).order_by(site.c.id)).all()]


def next_site_id(connection: Connection) -> SiteId:
    """Tell the id for a new site: one above the highest, 1 for the first."""
    highest = connection.execute(select(func.max(site.c.id))).scalar_one()
    return SiteId((highest or 0) + 1)


def insert_token(connection: Connection, new: Token, digest: str) -> None:
    """Keep a new token by its digest."""
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
    """Find the live token of a digest."""
    live = select(token).where(token.c.digest == digest, token.c.revoked_at.is_(None))
    row = connection.execute(live).one_or_none()
    return _token_record(row) if row is not None else None


def is_digest_known(connection: Connection, digest: str) -> bool:
    """Whether a token of this digest was ever given out, revoked or not."""
    return connection.execute(select(token.c.id).where(token.c.digest == digest)).first() is not None


def list_tokens(connection: Connection, site_id: int | None = None) -> list[Token]:
    """List the tokens of a site, or of all."""
    query = select(token).order_by(token.c.site_id, token.c.created_at, token.c.id)
    if site_id is not None:
        query = query.where(token.c.site_id == site_id)
    return [_token_record(row) for row in connection.execute(query)]


def revoke_token(connection: Connection, token_id: int, now: datetime) -> bool:
    """Close a live token for good; `False` if there is none of this id."""
    live = (token.c.id == token_id, token.c.revoked_at.is_(None))
    revoked = connection.execute(update(token).where(*live).values(revoked_at=now)).rowcount > 0
    raise_revision(connection)
    return revoked


def insert_user(connection: Connection, new: User, password_hash: str) -> None:
    """Keep a new user."""
    connection.execute(
        insert(user).values(id=new.id, login=new.login, password_hash=password_hash, created_at=new.created_at)
    )


def find_user(connection: Connection, login: str) -> User | None:
    """Find a user by the normal form of the login."""
    row = connection.execute(select(user).where(user.c.login == login)).one_or_none()
    return User(UserId(row.id), row.login, row.created_at) if row is not None else None


def has_users(connection: Connection) -> bool:
    """Whether anybody can log in yet."""
    return connection.execute(select(user.c.id).limit(1)).first() is not None


def insert_membership(connection: Connection, user_id: int, site_id: int) -> None:
    """Let a user see a site; nothing happens if they do already."""
    statement = insert_into(connection, membership).values(user_id=user_id, site_id=site_id)
    connection.execute(statement.on_conflict_do_nothing(index_elements=["user_id", "site_id"]))


def insert_invitation(connection: Connection, digest: str, now: datetime) -> None:
    """Keep a one-time link by its digest."""
    connection.execute(insert(invitation).values(digest=digest, created_at=now))


def is_invited(connection: Connection, digest: str) -> bool:
    """Whether a one-time link is still good."""
    unused = (invitation.c.digest == digest, invitation.c.used_at.is_(None))
    return connection.execute(select(invitation.c.digest).where(*unused)).first() is not None


def use_invitations(connection: Connection, now: datetime) -> set[str]:
    """Use up every one-time link, for they all lead to the first user, and tell the digests of those still good."""
    used = update(invitation).where(invitation.c.used_at.is_(None)).values(used_at=now).returning(invitation.c.digest)
    return set(connection.execute(used).scalars())


def _site_record(connection: Connection, row: Any) -> Site:
    return Site(
        id=SiteId(row.id),
        name=row.name,
        time_zone=ZoneInfo(row.time_zone),
        contact_matching=row.contact_matching,
        points_per_day=row.points_per_day,
        point_costs=row.point_costs,
        attribution=row.attribution,
        custom_fields=frozenset(list_custom_fields(connection, row.id)),
        respects_do_not_track=row.respects_do_not_track is not False,
        unique_depth=timedelta(days=row.unique_depth_days) if row.unique_depth_days else None,
        target_call=timedelta(seconds=row.target_call_seconds)
        if row.target_call_seconds is not None
        else TARGET_CALL_DEFAULT,
        listeners=list_listeners(connection, row.id),
    )


def _token_record(row: Any) -> Token:
    return Token(TokenId(row.id), SiteId(row.site_id), row.label, row.created_at, row.user_id, row.revoked_at)
