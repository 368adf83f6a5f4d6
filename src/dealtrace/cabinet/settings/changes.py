"""The history of a site's settings: what was changed, by whom and when."""

from collections.abc import Mapping

from sqlalchemy import Connection
from starlette.responses import Response

from dealtrace.accounts.site import Site
from dealtrace.accounts.site_change import SiteChange
from dealtrace.cabinet.change_words import change_words
from dealtrace.cabinet.notes.axis import author_words
from dealtrace.cabinet.settings.page import show_settings
from dealtrace.cabinet.view import View
from dealtrace.operations.reports.column_metrics import find_column_titles
from dealtrace.reports.metrics import Metric
from dealtrace.storage.accounts.site_changes import list_site_changes
from dealtrace.storage.accounts.users import find_logins

CHANGES_SHOWN = 500


async def show(view: View) -> Response:
    """Show the latest changes, newest first."""
    changes, logins, columns = await view.read(_read, view.current_site)
    return show_settings(
        view,
        "settings/changes.html",
        view.translate("Changes"),
        changes=[
            (
                change.changed_at,
                author_words(logins, change.user_id, view.translate),
                change_words(change, view.language, view.translate, columns),
            )
            for change in changes
        ],
        most=CHANGES_SHOWN,
    )


def _read(connection: Connection, site: Site) -> tuple[list[SiteChange], dict[int, str], Mapping[str, Metric]]:
    changes = list_site_changes(connection, site.id, most=CHANGES_SHOWN)
    logins = find_logins(connection, {each.user_id for each in changes if each.user_id is not None})
    return changes, logins, find_column_titles(connection, site)
