"""Record changes of reports and segments that all users of a site share; changes of private ones are not recorded."""

from datetime import datetime

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.accounts.site_change import ChangeKind, SiteChange
from dealtrace.operations.accounts.record_change import record_change
from dealtrace.record import record
from dealtrace.reports.kept.names import KeptName


@record
class KeptChange:
    """A change of a saved report or segment.

    `before` and `after` are its content or name as text, empty if it did not exist before or was removed.
    """

    kind: ChangeKind
    kept: KeptName
    before: str
    after: str


def record_kept(connection: Connection, site: Site, change: KeptChange, now: datetime, by: int | None) -> None:
    """Record a change of a saved report or segment, unless it belongs to a single user; `by` is who made the change."""
    if change.kept.user_id is None:
        made = SiteChange(change.kind, change.kept.name, change.before, change.after, now, by)
        record_change(connection, site.id, made)
