"""The history of a site's settings: what was changed, by whom and when."""

from sqlalchemy import Connection
from starlette.responses import Response

from dealtrace.accounts.site_change import SiteChange
from dealtrace.cabinet.change_words import change_words
from dealtrace.cabinet.notes.axis import author_words
from dealtrace.cabinet.settings.page import show_settings
from dealtrace.cabinet.view import View
from dealtrace.storage.accounts.site_changes import list_site_changes
from dealtrace.storage.accounts.users import find_logins

CHANGES_SHOWN = 500


async def show(view: View) -> Response:
    """Show the latest changes, newest first."""
    changes, logins = await view.read(_read, view.current_site.id)
    return show_settings(
        view,
        "settings/changes.html",
        view.word("Changes"),
        changes=[
            (
                change.changed_at,
                author_words(logins, change.user_id, view.word),
                change_words(change, view.language, view.word),
            )
            for change in changes
        ],
        most=CHANGES_SHOWN,
    )


def _read(connection: Connection, site_id: int) -> tuple[list[SiteChange], dict[int, str]]:
    changes = list_site_changes(connection, site_id, most=CHANGES_SHOWN)
    return changes, find_logins(connection, {each.user_id for each in changes if each.user_id is not None})
