"""Save, rename and delete reports of a site or of a user."""

from dataclasses import replace

from sqlalchemy import Connection

from dealtrace.errors import InvalidSetting, InvalidValue, NameTaken
from dealtrace.reports.kept.saved import QUERY_LENGTH_MAX, SAVED_REPORTS_MAX, SavedReport
from dealtrace.reports.kept.segments import check_saved_name
from dealtrace.storage.reports import saved


def save_report(connection: Connection, site_id: int, report: SavedReport, *, overwrites: bool) -> None:
    """Store a question as a report with a name, for everyone at the site or for one user only.

    Raises:
        InvalidSetting: the name is empty or too long, the question is too long, or there are too many reports.
        NameTaken: a report with this name exists, and replacing it was not allowed.
    """
    named = replace(report, name=check_name(report.name))
    if len(report.query) > QUERY_LENGTH_MAX:
        limit = QUERY_LENGTH_MAX
        raise InvalidSetting(
            key="query",
            ru=f"отчёт длиннее {limit} символов, уберите часть фильтров",
            en=f"the report exceeds {limit} characters, remove some filters",
        )
    if saved.count_saved_reports(connection, site_id) >= SAVED_REPORTS_MAX and not overwrites:
        limit = SAVED_REPORTS_MAX
        raise InvalidSetting(
            key="name",
            ru=f"у сайта уже {limit} отчётов, удалите ненужный",
            en=f"the site has {limit} reports, delete one",
        )
    if not saved.insert_saved_report(connection, site_id, named, overwrites=overwrites):
        raise NameTaken(name=named.name)


def rename_report(connection: Connection, site_id: int, user_id: int | None, name: str, new_name: str) -> bool:
    """Rename a report of the site or of a user; return `False` if no report has the old name.

    Raises:
        InvalidSetting: the new name is empty or too long.
        NameTaken: a report has the new name already.
    """
    checked = check_name(new_name)
    if checked == name:
        return True
    if saved.find_saved_report(connection, site_id, user_id, checked) is not None:
        raise NameTaken(name=checked)
    return saved.rename_saved_report(connection, site_id, user_id, name, checked)


def delete_report(connection: Connection, site_id: int, user_id: int | None, name: str) -> bool:
    """Delete a report of the site or of a user; return `False` if there is no such report."""
    return saved.delete_saved_report(connection, site_id, user_id, name)


def check_name(name: str) -> str:
    """Return the name of a saved report or of a segment without surrounding blanks.

    Raises:
        InvalidSetting: the name is empty or too long.
    """
    try:
        return check_saved_name(name)
    except InvalidValue as fault:
        raise InvalidSetting(key="name", ru=fault.ru, en=fault.en) from fault
