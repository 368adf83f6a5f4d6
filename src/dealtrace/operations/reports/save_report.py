"""Save, rename and delete reports of a site or of a user."""

from dataclasses import replace

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.errors import InvalidSetting, NameTaken
from dealtrace.reports.kept.names import KeptName, check_kept_name
from dealtrace.reports.kept.saved import QUERY_LENGTH_MAX, SAVED_REPORTS_MAX, SavedReport
from dealtrace.storage.reports import saved


def save_report(connection: Connection, site: Site, report: SavedReport, *, overwrites: bool) -> None:
    """Store a question as a report with a name, for everyone at the site or for one user only.

    Raises:
        InvalidSetting: the name is empty or too long, the question is too long, or there are too many reports.
        NameTaken: a report with this name exists, and replacing it was not allowed.
    """
    named = replace(report, name=check_kept_name(report.name))
    if len(report.query) > QUERY_LENGTH_MAX:
        limit = QUERY_LENGTH_MAX
        raise InvalidSetting(
            key="query",
            ru=f"отчёт длиннее {limit} символов, уберите часть фильтров",
            en=f"the report exceeds {limit} characters, remove some filters",
        )
    if saved.count_saved_reports(connection, site.id) >= SAVED_REPORTS_MAX and not overwrites:
        limit = SAVED_REPORTS_MAX
        raise InvalidSetting(
            key="name",
            ru=f"у сайта уже {limit} отчётов, удалите ненужный",
            en=f"the site has {limit} reports, delete one",
        )
    if not saved.insert_saved_report(connection, site.id, named, overwrites=overwrites):
        raise NameTaken(name=named.name)


def rename_report(connection: Connection, site: Site, kept: KeptName, new_name: str) -> bool:
    """Rename a report of the site or of a user; return `False` if no report has the old name.

    Raises:
        InvalidSetting: the new name is empty or too long.
        NameTaken: a report has the new name already.
    """
    checked = check_kept_name(new_name)
    if checked == kept.name:
        return True
    if saved.find_saved_report(connection, site.id, kept.user_id, checked) is not None:
        raise NameTaken(name=checked)
    return saved.rename_saved_report(connection, site.id, kept.user_id, kept.name, checked)


def delete_report(connection: Connection, site: Site, kept: KeptName) -> bool:
    """Delete a report of the site or of a user; return `False` if there is no such report."""
    return saved.delete_saved_report(connection, site.id, kept.user_id, kept.name)
