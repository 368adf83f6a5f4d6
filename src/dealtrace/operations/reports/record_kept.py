"""Record changes of what is kept for all users of a site; what users keep for themselves is recorded nowhere."""

from datetime import datetime

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.accounts.site_change import ChangeKind, SiteChange
from dealtrace.operations.accounts.record_change import record_change
from dealtrace.record import record
from dealtrace.reports.kept.names import KeptName


@record
class KeptChange:
    """A change of something kept: what it was and is, in words, or empty if it was added or removed."""

    kind: ChangeKind
    kept: KeptName
    before: str
    after: str


def record_kept(connection: Connection, site: Site, change: KeptChange, now: datetime, by: int | None) -> None:
    """Record a change of something kept in the history of the site, if it is the site's."""
    if change.kept.user_id is None:
        made = SiteChange(change.kind, change.kept.name, change.before, change.after, now, by)
        record_change(connection, site.id, made)
