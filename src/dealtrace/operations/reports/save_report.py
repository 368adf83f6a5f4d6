"""Save, rename and delete reports of a site or of a user."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.accounts.site_change import ChangeKind
from dealtrace.errors import InvalidSetting, NameTaken
from dealtrace.operations.reports.record_saved_item import SavedItemChange, record_saved_item
from dealtrace.reports.saved_items.names import SavedName, check_count, check_saved_name
from dealtrace.reports.saved_items.saved_reports import QUERY_LENGTH_MAX, SAVED_REPORTS_MAX, SavedReport
from dealtrace.storage.reports.saved_items import saved_reports


def save_report(connection: Connection, site: Site, report: SavedReport, *, overwrites: bool) -> None:
    """Save what a report shows (its question) under a name, for everyone at the site or for one user only.

    Raises:
        InvalidSetting: the name is empty or too long, the question is too long, or there are too many reports.
        NameTaken: a report with this name exists, and `overwrites` is false.
    """
    named = replace(report, name=check_saved_name(report.name))
    if len(report.query) > QUERY_LENGTH_MAX:
        limit = QUERY_LENGTH_MAX
        raise InvalidSetting(
            key="query",
            ru=f"отчёт длиннее {limit} символов, уберите часть фильтров",
            en=f"the report is longer than {limit} characters; remove some filters",
        )
    if saved_reports.find_saved_report(connection, site.id, named.user_id, named.name) is None:
        check_count(saved_reports.count_saved_reports(connection, site.id), SAVED_REPORTS_MAX)
    saved_name = SavedName(named.name, named.user_id)
    before = _query_of(connection, site, saved_name)
    if not saved_reports.insert_saved_report(connection, site.id, named, overwrites=overwrites):
        raise NameTaken(name=named.name)
    change = SavedItemChange(ChangeKind.SAVED_REPORT, saved_name, before, named.query)
    record_saved_item(connection, site, change, named.saved_at, named.saved_by)


def rename_report(
    connection: Connection, site: Site, saved_name: SavedName, new_name: str, now: datetime, by: int | None
) -> bool:
    """Rename a report of the site or of a user; return `False` if no report has the old name.

    `by` is the user who renames the report.

    Raises:
        InvalidSetting: the new name is empty or too long.
        NameTaken: a report has the new name already.
    """
    checked = check_saved_name(new_name)
    if checked == saved_name.name:
        return True
    if saved_reports.find_saved_report(connection, site.id, saved_name.user_id, checked) is not None:
        raise NameTaken(name=checked)
    if not saved_reports.rename_saved_report(connection, site.id, saved_name.user_id, saved_name.name, checked):
        return False
    record_saved_item(
        connection, site, SavedItemChange(ChangeKind.SAVED_REPORT, saved_name, saved_name.name, checked), now, by
    )
    return True


def delete_report(connection: Connection, site: Site, saved_name: SavedName, now: datetime, by: int | None) -> bool:
    """Delete a report of the site or of a user; return `False` if there is no such report.

    `by` is the user who deletes the report.
    """
    before = _query_of(connection, site, saved_name)
    if not saved_reports.delete_saved_report(connection, site.id, saved_name.user_id, saved_name.name):
        return False
    record_saved_item(connection, site, SavedItemChange(ChangeKind.SAVED_REPORT, saved_name, before, ""), now, by)
    return True


def _query_of(connection: Connection, site: Site, saved_name: SavedName) -> str:
    """Return the question of a saved report as a query string, or an empty string if there is no such report."""
    report = saved_reports.find_saved_report(connection, site.id, saved_name.user_id, saved_name.name)
    return report.query if report is not None else ""
