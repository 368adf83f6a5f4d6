"""Links that show a report to anyone who opens them; only the digests of their keys are stored."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from dealtrace.accounts.shared_link import SharedLink
from dealtrace.accounts.user import UserId
from dealtrace.reports.saved_items.saved_reports import filters_of_query
from dealtrace.storage.database.compiled_statement import NamedRow
from dealtrace.storage.schema.tables.control import shared_link


def insert_shared_link(connection: Connection, new: SharedLink) -> None:
    """Store a new shared link."""
    connection.execute(
        insert(shared_link).values(
            digest=new.digest,
            site_id=new.site_id,
            name=new.name,
            query=new.query,
            made_by=new.made_by,
            created_at=new.created_at,
            expires_at=new.expires_at,
        )
    )


def find_shared_link(connection: Connection, digest: str) -> SharedLink | None:
    """Find a link, expired or not, by the digest of its key, or return `None` if there is none."""
    row = connection.execute(select(shared_link).where(shared_link.c.digest == digest)).one_or_none()
    return _from_row(row) if row is not None else None


def list_shared_links(connection: Connection, site_id: int, *, lock: bool = False) -> list[SharedLink]:
    """List the links of a site, newest first, including expired ones.

    With `lock`, the links are locked until the transaction ends, so that the caller can safely change them.
    """
    mine = select(shared_link).where(shared_link.c.site_id == site_id)
    in_order = mine.order_by(shared_link.c.created_at.desc(), shared_link.c.digest)
    rows = connection.execute(in_order.with_for_update() if lock else in_order)
    return [_from_row(row) for row in rows]


def list_links_of_segment(
    connection: Connection, site_id: int, segment: str, *, lock: bool = False
) -> list[SharedLink]:
    """List the links of a site whose reports use a segment of the site, except links whose segment was deleted."""
    mine = list_shared_links(connection, site_id, lock=lock)
    return [link for link in mine if link.segment_deleted_at is None and filters_of_query(link.query)[1] == segment]


def count_shared_links(connection: Connection, site_id: int) -> int:
    """Count the links of a site."""
    return int(connection.execute(select(func.count()).where(shared_link.c.site_id == site_id)).scalar_one())


def touch_shared_link(connection: Connection, digest: str, now: datetime) -> None:
    """Store that a link was used at `now`."""
    connection.execute(update(shared_link).where(shared_link.c.digest == digest).values(used_at=now))


def update_link_query(connection: Connection, digest: str, query: str) -> None:
    """Replace the query of a link."""
    connection.execute(update(shared_link).where(shared_link.c.digest == digest).values(query=query))


def end_links(connection: Connection, digests: Collection[str], now: datetime) -> None:
    """Store that the segment that these links use was deleted at `now`.

    From then on, the links show nothing, even if another segment later gets the same name.
    """
    mine = shared_link.c.digest.in_(sorted(digests))
    connection.execute(update(shared_link).where(mine).values(segment_deleted_at=now))


def delete_shared_link(connection: Connection, site_id: int, digest: str) -> str | None:
    """Delete a link of a site and return its title, or `None` if there is no such link."""
    mine = (shared_link.c.site_id == site_id, shared_link.c.digest == digest)
    gone = connection.execute(delete(shared_link).where(*mine).returning(shared_link.c.name)).one_or_none()
    return gone.name if gone is not None else None


def delete_links_of(connection: Connection, made_by: int, *, kept_site_ids: Collection[int]) -> None:
    """Delete the links that a user made, except links of the sites in `kept_site_ids`."""
    mine = delete(shared_link).where(shared_link.c.made_by == made_by)
    connection.execute(mine.where(shared_link.c.site_id.not_in(kept_site_ids)))


def delete_expired_links(connection: Connection, site_id: int, before: datetime) -> None:
    """Delete the links of a site that expired before the time `before`."""
    connection.execute(delete(shared_link).where(shared_link.c.site_id == site_id, shared_link.c.expires_at < before))


def _from_row(row: NamedRow) -> SharedLink:
    made_by = UserId(row.made_by) if row.made_by is not None else None
    return SharedLink(
        row.digest,
        row.site_id,
        row.name,
        row.query,
        made_by,
        row.created_at,
        row.expires_at,
        row.used_at,
        row.segment_deleted_at,
    )
