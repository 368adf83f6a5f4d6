"""Save, rename and delete reports of a site or of a user."""

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.accounts.site_change import ChangeKind
from dealtrace.errors import InvalidSetting, NameTaken
from dealtrace.operations.reports.record_saved_item import SavedItemChange, record_saved_item
from dealtrace.operations.work import Work
from dealtrace.reports.saved_items.names import SavedName, check_has_room, check_saved_name
from dealtrace.reports.saved_items.saved_reports import QUERY_LENGTH_MAX, SAVED_REPORTS_MAX, SavedReport
from dealtrace.storage.reports.saved_items import saved_reports


def save_report(work: Work, saved_name: SavedName, query: str, *, overwrites: bool) -> None:
    """Save the question of a report under a name, for everyone at the site or for one user only.

    Raises:
        InvalidSetting: the name is empty or too long, the question is too long, or there are too many reports.
        NameTaken: a report with this name exists, and `overwrites` is false.
    """
    owner_id = saved_name.user_id
    named = SavedReport(check_saved_name(saved_name.name), query, owner_id, work.user_id, work.now)
    if len(query) > QUERY_LENGTH_MAX:
        limit = QUERY_LENGTH_MAX
        raise InvalidSetting(
            key="query",
            ru=f"отчёт длиннее {limit} символов, уберите часть фильтров",
            en=f"the report is longer than {limit} characters; remove some filters",
        )
    if saved_reports.find_saved_report(work.connection, work.site.id, owner_id, named.name) is None:
        check_has_room(saved_reports.count_saved_reports(work.connection, work.site.id), SAVED_REPORTS_MAX)
    checked = SavedName(named.name, owner_id)
    before = _query_of(work.connection, work.site, checked)
    if not saved_reports.insert_saved_report(work.connection, work.site.id, named, overwrites=overwrites):
        raise NameTaken(name=named.name)
    record_saved_item(work, SavedItemChange(ChangeKind.SAVED_REPORT, checked, before, query))


def rename_report(work: Work, saved_name: SavedName, new_name: str) -> bool:
    """Rename a report of the site or of a user; return `False` if no report has the old name.

    Raises:
        InvalidSetting: the new name is empty or too long.
        NameTaken: a report has the new name already.
    """
    checked = check_saved_name(new_name)
    if checked == saved_name.name:
        return True
    if saved_reports.find_saved_report(work.connection, work.site.id, saved_name.user_id, checked) is not None:
        raise NameTaken(name=checked)
    if not saved_reports.rename_saved_report(
        work.connection, work.site.id, saved_name.user_id, saved_name.name, checked
    ):
        return False
    record_saved_item(work, SavedItemChange(ChangeKind.SAVED_REPORT, saved_name, saved_name.name, checked))
    return True


def delete_report(work: Work, saved_name: SavedName) -> bool:
    """Delete a report of the site or of a user; return `False` if there is no such report."""
    before = _query_of(work.connection, work.site, saved_name)
    if not saved_reports.delete_saved_report(work.connection, work.site.id, saved_name.user_id, saved_name.name):
        return False
    record_saved_item(work, SavedItemChange(ChangeKind.SAVED_REPORT, saved_name, before, ""))
    return True


def _query_of(connection: Connection, site: Site, saved_name: SavedName) -> str:
    """Return the question of a saved report as a query string, or an empty string if there is no such report."""
    report = saved_reports.find_saved_report(connection, site.id, saved_name.user_id, saved_name.name)
    return report.query if report is not None else ""
