"""Record the changes of a site: what was changed, by whom and when."""

from dataclasses import replace

from sqlalchemy import Connection

from dealtrace.accounts.site_change import ChangeKind, SiteChange
from dealtrace.operations.work import Work
from dealtrace.storage.accounts.site_changes import insert_site_change

TEXT_LENGTH_MAX = 500
"""Ours: the maximum length, in characters, of a stored value; a longer value is cut and ends with `…`."""
_CUT = "…"


def record_change(connection: Connection, site_id: int, change: SiteChange) -> None:
    """Record a change in the transaction that makes the change; do nothing if `before` and `after` are equal."""
    if change.before != change.after:
        name, before, after = map(_shortened, (change.name, change.before, change.after))
        insert_site_change(connection, site_id, replace(change, name=name, before=before, after=after))


def is_cut(text: str) -> bool:
    """Return whether a recorded value may have been cut."""
    return len(text) == TEXT_LENGTH_MAX and text.endswith(_CUT)


def _shortened(text: str) -> str:
    return text if len(text) <= TEXT_LENGTH_MAX else text[: TEXT_LENGTH_MAX - len(_CUT)] + _CUT


def record_work(work: Work, kind: ChangeKind, name: str, *, before: str = "", after: str = "") -> None:
    """Record a change as `record_change` does, with the time and the user of an operation's `Work`."""
    record_change(work.connection, work.site.id, SiteChange(kind, name, before, after, work.now, work.user_id))
