"""The history of changes to sites, and of actions on accounts."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, insert, select

from dealtrace.accounts.audit_entry import AuditedAction, AuditEntry
from dealtrace.accounts.site_change import ChangeKind, SiteChange
from dealtrace.storage.accounts.history_keys import HISTORY_KEYS
from dealtrace.storage.database.compiled_statement import NamedRow
from dealtrace.storage.schema.tables.control import account_act
from dealtrace.storage.schema.tables.site_data import site_change


def insert_site_change(connection: Connection, site_id: int, change: SiteChange) -> None:
    """Store a change to a site in the site's history."""
    connection.execute(
        insert(site_change).values(
            site_id=site_id,
            key=HISTORY_KEYS.next_key(change.changed_at),
            changed_at=change.changed_at,
            user_id=change.user_id,
            kind=change.kind.value,
            name=change.name,
            before=change.before,
            after=change.after,
            former=change.former,
        )
    )


def list_site_changes(
    connection: Connection,
    site_id: int,
    *,
    most: int,
    kinds: Collection[ChangeKind] = tuple(ChangeKind),
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[SiteChange]:
    """List up to `most` changes to a site, newest first, made at or after `since` and before `until` if given."""
    mine = select(site_change).where(
        site_change.c.site_id == site_id, site_change.c.kind.in_(sorted(kind.value for kind in kinds))
    )
    if since is not None:
        mine = mine.where(site_change.c.changed_at >= since)
    if until is not None:
        mine = mine.where(site_change.c.changed_at < until)
    newest = mine.order_by(site_change.c.changed_at.desc(), site_change.c.key.desc()).limit(most)
    return [_change_from_row(row) for row in connection.execute(newest)]


def find_site_change(connection: Connection, site_id: int, key: str) -> SiteChange | None:
    """Find a change to a site by its key, or return `None` if there is none."""
    mine = select(site_change).where(site_change.c.site_id == site_id, site_change.c.key == key)
    row = connection.execute(mine).first()
    return _change_from_row(row) if row is not None else None


def _change_from_row(row: NamedRow) -> SiteChange:
    return SiteChange(
        ChangeKind(row.kind), row.name, row.before, row.after, row.changed_at, row.user_id, row.former, row.key
    )


def insert_audit_entry(connection: Connection, entry: AuditEntry) -> None:
    """Store an action in the history of the installation."""
    connection.execute(
        insert(account_act).values(
            key=HISTORY_KEYS.next_key(entry.acted_at),
            acted_at=entry.acted_at,
            author=entry.author,
            kind=entry.kind.value,
            name=entry.name,
        )
    )


def list_audit_entries(connection: Connection, *, most: int) -> list[AuditEntry]:
    """List up to `most` actions, newest first."""
    newest = select(account_act).order_by(account_act.c.acted_at.desc(), account_act.c.key.desc()).limit(most)
    return [
        AuditEntry(AuditedAction(row.kind), row.name, row.acted_at, row.author) for row in connection.execute(newest)
    ]
