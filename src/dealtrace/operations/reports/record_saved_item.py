"""Record changes of the reports and segments that all users of a site share, not of private reports and segments."""

from datetime import datetime

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.accounts.site_change import ChangeKind, SiteChange
from dealtrace.operations.accounts.record_change import record_change
from dealtrace.record import record
from dealtrace.reports.saved_items.names import SavedName


@record
class SavedItemChange:
    """A change of a saved report or segment.

    `before` and `after` are the content or name of the report or segment, as a string. `before` is empty if the report
    or segment is new, and `after` is empty if it was removed.
    """

    kind: ChangeKind
    saved_name: SavedName
    before: str
    after: str


def record_saved_item(
    connection: Connection, site: Site, change: SavedItemChange, now: datetime, by: int | None
) -> None:
    """Record a change, unless the report or segment belongs to a single user; `by` is the user who made the change."""
    if change.saved_name.user_id is None:
        made = SiteChange(change.kind, change.saved_name.name, change.before, change.after, now, by)
        record_change(connection, site.id, made)
