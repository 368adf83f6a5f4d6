"""The history of a site's settings: what was changed, by whom and when, with forms that undo the latest changes."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection
from starlette.responses import Response

from dealtrace.accounts.site import Site
from dealtrace.accounts.site_change import ChangeKind, SiteChange
from dealtrace.cabinet.change_sentences import change_sentence
from dealtrace.cabinet.form_pages import show_form_page
from dealtrace.cabinet.notes.axis import author_label
from dealtrace.cabinet.settings.undo import Undo, names_of, undo_of
from dealtrace.cabinet.view import View
from dealtrace.operations.reports.column_metrics import find_column_metrics
from dealtrace.record import record
from dealtrace.reports.metrics import Metric
from dealtrace.storage.accounts.site_changes import list_site_changes
from dealtrace.storage.accounts.users import find_logins, list_rights

CHANGES_SHOWN = 500


@record
class ChangeLine:
    """A line of the list of changes: the change's time, author and text, and the form that undoes it, if any."""

    changed_at: datetime
    author: str
    text: str
    undo: Undo | None


@record
class _History:
    """The changes, the logins of their authors by id, the ids of the site's users by login, and the site's columns."""

    changes: Sequence[SiteChange]
    authors: Mapping[int, str]
    members: Mapping[str, int]
    columns: Mapping[str, Metric]


async def show(view: View) -> Response:
    """Show the latest changes, newest first."""
    history = await view.read(_read, view.current_site)
    return show_form_page(
        view,
        "settings/changes.html",
        view.translate("Changes"),
        lines=[_line(view, change, history, undo) for change, undo in _with_undo(history)],
        most=CHANGES_SHOWN,
    )


def _line(view: View, change: SiteChange, history: _History, undo: Undo | None) -> ChangeLine:
    author = author_label(history.authors, change.user_id, view.translate)
    return ChangeLine(
        change.changed_at, author, change_sentence(change, view.language, view.translate, history.columns), undo
    )


def _with_undo(history: _History) -> Iterator[tuple[SiteChange, Undo | None]]:
    """Yield each change with its undo form, or with `None` in place of the form.

    The form is `None` if the change cannot be undone, or if the same setting, status or the like was changed later.

    Ours: an older change can be undone only after later ones, so that nobody loses a later change without seeing it.
    """
    seen: set[tuple[ChangeKind, str]] = set()
    for change in history.changes:
        things = {(change.kind, name) for name in names_of(change)}
        yield change, undo_of(change, history.members) if not things & seen else None
        seen |= things


def _read(connection: Connection, site: Site) -> _History:
    changes = list_site_changes(connection, site.id, most=CHANGES_SHOWN)
    authors = find_logins(connection, {each.user_id for each in changes if each.user_id is not None})
    members = {each.user.login: each.user.id for each in list_rights(connection, site.id)}
    return _History(changes, authors, members, find_column_metrics(connection, site))
