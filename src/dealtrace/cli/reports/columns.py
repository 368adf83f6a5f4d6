"""`dealtrace column`: add, list and remove the columns that a site defines for its reports."""

from typing import Annotated

import typer
from rich.table import Table
from sqlalchemy import Connection

from dealtrace import clock
from dealtrace.cli.answers import ColumnAnswer
from dealtrace.cli.options import JsonOption, SiteIdArgument
from dealtrace.cli.reports.facts import facts_of
from dealtrace.cli.terminal import console, error_console, open_prepared, print_json, work_in
from dealtrace.errors import InvalidSetting
from dealtrace.operations.accounts.require_site import require_site
from dealtrace.operations.reports.column_metrics import try_new_column
from dealtrace.operations.reports.manage_columns import add_column, check_new_column, remove_column
from dealtrace.reports.column_definitions import ColumnKind, ReportColumn, parse_column_name, parse_statuses
from dealtrace.reports.column_formulas import format_formula, parse_formula
from dealtrace.reports.formats import format_value
from dealtrace.reports.statuses import status_key
from dealtrace.storage.reports.column_definitions import list_columns
from dealtrace.storage.reports.statuses import list_statuses

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The name of the column.")]

column_commands = typer.Typer(help="Add, list and remove columns of reports.", no_args_is_help=True)


@column_commands.command("add")
def add(
    site_id: SiteIdArgument,
    name: NameArgument,
    statuses: Annotated[
        str | None, typer.Option(help="Statuses of the deals to count or add up, comma-separated; case is ignored.")
    ] = None,
    is_count: Annotated[bool, typer.Option("--count", help="Show the number of deals with these statuses.")] = False,
    is_sum: Annotated[bool, typer.Option("--sum", help="Show the total amount of these deals.")] = False,
    formula: Annotated[
        str | None, typer.Option(help="A formula of metrics and columns, such as (won - column:NAME) / leads.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show the total of the column for the last month; nothing is stored.")
    ] = False,
) -> None:
    """Add a column: the number or the total amount of deals with certain statuses, or a formula."""
    with open_prepared() as database:
        with database.read() as connection:
            site = require_site(connection, site_id)
            column = _read_column(name, statuses, formula, is_count=is_count, is_sum=is_sum)
            columns = list_columns(connection, site_id)
            check_new_column(column, columns)
            unseen = _list_unseen(connection, site_id, column)
        with facts_of(database, site) as facts:
            metric, total = try_new_column(facts, site, column.name, [*columns, column], clock.now())
        if not dry_run:
            with database.write() as connection:
                add_column(work_in(database, connection, require_site(connection, site_id)), column)
    console.print(f"Site {site_id}: column {column.name} {'would be added' if dry_run else 'added'}.", markup=False)
    last_month = format_value(metric.unit, total)
    console.print(f"Total for the last month: {'–' if last_month is None else last_month}", markup=False)
    if unseen:
        error_console.print(f"No deal of site {site_id} has had these statuses yet: {', '.join(unseen)}", markup=False)


@column_commands.command("list")
def show(site_id: SiteIdArgument, as_json: JsonOption = False) -> None:
    """List the columns of a site."""
    with open_prepared() as database, database.read() as connection:
        require_site(connection, site_id)
        rows = [_answer(column) for column in list_columns(connection, site_id)]
    if as_json:
        print_json(rows)
        return
    table = Table("column", "kind", "of")
    for row in rows:
        table.add_row(row["name"], row["kind"], row["formula"] or ", ".join(row["statuses"]))
    console.print(table)


@column_commands.command("remove")
def remove(site_id: SiteIdArgument, name: NameArgument) -> None:
    """Remove a column. This is refused while a formula uses it."""
    with open_prepared() as database, database.write() as connection:
        remove_column(work_in(database, connection, require_site(connection, site_id)), name.strip())
    console.print(f"Site {site_id}: column {name.strip()} removed.", markup=False)


def _read_column(name: str, statuses: str | None, formula: str | None, *, is_count: bool, is_sum: bool) -> ReportColumn:
    """Build the column that the options describe.

    Raises:
        InvalidSetting: an option is invalid, or the options cannot be combined.
    """
    column = parse_column_name(name)
    if formula is not None and statuses is None and not is_count and not is_sum:
        return ReportColumn(column, ColumnKind.FORMULA, formula=parse_formula(formula))
    if formula is None and statuses is not None and is_count != is_sum:
        return ReportColumn(column, ColumnKind.COUNT if is_count else ColumnKind.SUM, parse_statuses(statuses))
    raise InvalidSetting(
        key=column,
        ru="нужны --statuses и либо --count, либо --sum; или только --formula",
        en="give --statuses with either --count or --sum, or give --formula alone",
    )


def _list_unseen(connection: Connection, site_id: int, column: ReportColumn) -> list[str]:
    """List those statuses of a column that no deal of the site has ever had."""
    if not column.statuses:
        return []
    seen = {status_key(status.spelling) for status in list_statuses(connection, site_id)}
    return [status for status in column.statuses if status_key(status) not in seen]


def _answer(column: ReportColumn) -> ColumnAnswer:
    return {
        "name": column.name,
        "kind": column.kind,
        "statuses": column.statuses,
        "formula": format_formula(column.formula) if column.formula is not None else None,
    }
