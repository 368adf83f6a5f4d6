"""Record changes to the saved reports and segments that all users of a site share, but not to private ones."""

from dealtrace.accounts.site_change import VALUE_LENGTH_MAX, ChangeKind, FormerValues
from dealtrace.operations.accounts.record_change import record_change
from dealtrace.operations.work import Work
from dealtrace.record import record
from dealtrace.reports.saved_items.names import SavedName


@record
class SavedItemChange:
    """A change to a saved report or segment.

    `before` and `after` are the content or name of the report or segment, as a string. `before` is empty if the report
    or segment is new, and `after` is empty if it was removed.
    """

    kind: ChangeKind
    saved_name: SavedName
    before: str
    after: str


def record_saved_item(work: Work, change: SavedItemChange) -> None:
    """Record a change, unless the report or segment belongs to a single user.

    A long value is truncated in the record; if `before` is too long, its whole value is stored as well.
    """
    if change.saved_name.user_id is None:
        name = change.saved_name.name
        is_long = len(change.before) > VALUE_LENGTH_MAX
        former: FormerValues | None = {"question": change.before} if is_long else None
        record_change(work, work.site.id, change.kind, name, before=change.before, after=change.after, former=former)
