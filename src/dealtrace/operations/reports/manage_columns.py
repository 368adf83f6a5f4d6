"""Add, change, rename and remove the columns that a site defines for its reports."""

from dataclasses import replace

from dealtrace.accounts.site_change import ChangeKind
from dealtrace.errors import InvalidSetting, NameTaken
from dealtrace.operations.accounts.record_change import record_change
from dealtrace.operations.spend_points import lock_registrations
from dealtrace.operations.work import Work
from dealtrace.reports.column_definitions import (
    COLUMNS_MAX,
    ReportColumn,
    format_column,
    list_columns_that_name,
    list_in_evaluation_sequence,
    replace_column,
)
from dealtrace.reports.column_formulas import check_parts
from dealtrace.reports.metrics import COLUMN_PREFIX, METRICS
from dealtrace.reports.saved_items.saved_reports import metrics_renamed, with_metric_renamed
from dealtrace.storage.accounts.revision import raise_revision
from dealtrace.storage.accounts.shared_links import list_shared_links, update_link_query
from dealtrace.storage.alerts import alerts
from dealtrace.storage.mails.scheduled_reports import list_scheduled_reports, update_scheduled_report
from dealtrace.storage.reports.column_definitions import delete_column, insert_column, list_columns, update_column
from dealtrace.storage.reports.saved_items.saved_reports import list_reports_of_all, update_query


def rename_metric(work: Work, name: str, new_name: str) -> None:
    """Rename a metric in the saved reports, reports by e-mail, alerts and shared links of a site and its users.

    All of these stay locked until the transaction ends, so that a change by another process is not lost.
    """
    alerts.rename_metric(work.connection, work.site.id, name, new_name)
    for report in list_reports_of_all(work.connection, work.site.id, lock=True):
        if (query := with_metric_renamed(report.query, name, new_name)) != report.query:
            update_query(work.connection, work.site.id, report, query)
    for link in list_shared_links(work.connection, work.site.id, lock=True):
        if (query := with_metric_renamed(link.query, name, new_name)) != link.query:
            update_link_query(work.connection, link.digest, query)
    for scheduled in list_scheduled_reports(work.connection, work.site.id, lock=True):
        before = scheduled.raw_question
        metrics, sort = (metrics_renamed(text, name, new_name) for text in (before.metrics, before.sort))
        if (metrics, sort) != (before.metrics, before.sort):
            question = replace(before, metrics=metrics, sort=sort)
            update_scheduled_report(work.connection, replace(scheduled, raw_question=question))


def add_column(work: Work, column: ReportColumn) -> None:
    """Add a column to a site's reports.

    Raises:
        NameTaken: the site has a column with this name, regardless of case.
        InvalidSetting: the site has too many columns, or the formula uses unknown names or is too large.
    """
    lock_registrations(work)
    check_new_column(column, list_columns(work.connection, work.site.id))
    insert_column(work.connection, work.site.id, column, work.now)
    record_change(work, work.site.id, ChangeKind.COLUMN, column.name, after=format_column(column))
    raise_revision(work.connection)


def check_new_column(column: ReportColumn, columns: list[ReportColumn]) -> None:
    """Check that a column can be added to a site that already has `columns`.

    Raises:
        NameTaken, InvalidSetting: as in `add_column`.
    """
    if any(each.name.casefold() == column.name.casefold() for each in columns):
        raise NameTaken(name=column.name)
    if len(columns) >= COLUMNS_MAX:
        raise InvalidSetting(
            key="NAME",
            ru=f"у сайта уже {COLUMNS_MAX} столбцов: удалите ненужный столбец",
            en=f"the site already has {COLUMNS_MAX} columns; remove one first",
        )
    check_column(column, columns)


def change_column(work: Work, name: str, column: ReportColumn) -> None:
    """Replace the column `name` of a site's reports by `column`.

    Formulas, saved reports, reports by e-mail, alerts and shared links that use the column get its new name.

    Raises:
        NameTaken, InvalidSetting: as in `check_changed_column`.
    """
    lock_registrations(work)
    columns = list_columns(work.connection, work.site.id)
    for before, after in zip(columns, check_changed_column(work.site.id, name, column, columns), strict=True):
        if before != after:
            update_column(work.connection, work.site.id, before.name, after)
        if before.name == name:
            record_change(
                work, work.site.id, ChangeKind.COLUMN, name, before=format_column(before), after=format_column(after)
            )
    if column.name != name:
        rename_metric(work, f"{COLUMN_PREFIX}{name}", f"{COLUMN_PREFIX}{column.name}")
    raise_revision(work.connection)


def check_changed_column(
    site_id: int, name: str, column: ReportColumn, columns: list[ReportColumn]
) -> list[ReportColumn]:
    """Return the columns of a site after its column `name` is replaced by `column`, in the same order.

    Raises:
        NameTaken: another column of the site has the new name, regardless of case.
        InvalidSetting: the site has no column `name`, or the formula uses unknown names or its own column, or is too
            large.
    """
    others = [each for each in columns if each.name != name]
    if len(others) == len(columns):
        raise _missing(site_id, name)
    if any(each.name.casefold() == column.name.casefold() for each in others):
        raise NameTaken(name=column.name)
    if column.formula is not None:
        check_parts(column.formula, METRICS, [each.name for each in others])
    changed = replace_column(columns, name, column)
    list_in_evaluation_sequence(changed)
    return changed


def check_column(column: ReportColumn, columns: list[ReportColumn]) -> None:
    """Check that the formula of a column, if it has one, can be computed with the other `columns` of the site.

    Raises:
        InvalidSetting: the formula uses a metric or column that does not exist, or is too large after the columns in it
            are replaced by their formulas.
    """
    if column.formula is not None:
        check_parts(column.formula, METRICS, [each.name for each in columns])
    list_in_evaluation_sequence([*columns, column])


def remove_column(work: Work, name: str) -> None:
    """Remove a column from a site's reports.

    Raises:
        InvalidSetting: the site has no such column, or a formula uses it.
    """
    lock_registrations(work)
    columns = {column.name: column for column in list_columns(work.connection, work.site.id)}
    naming = list_columns_that_name(name, columns.values())
    if naming:
        raise InvalidSetting(
            key="NAME",
            ru=f"столбец {name} используется в формулах столбцов: {', '.join(naming)}. Сначала удалите эти столбцы",
            en=f"column {name} is used in formulas of other columns: {', '.join(naming)}. Remove those columns first",
        )
    if name not in columns:
        raise _missing(work.site.id, name)
    delete_column(work.connection, work.site.id, name)
    record_change(work, work.site.id, ChangeKind.COLUMN, name, before=format_column(columns[name]))
    raise_revision(work.connection)


def _missing(site_id: int, name: str) -> InvalidSetting:
    return InvalidSetting(
        key="NAME",
        ru=f"у сайта нет столбца {name}. Список: dealtrace column list {site_id}",
        en=f"the site has no column {name}. To list columns: dealtrace column list {site_id}",
    )
