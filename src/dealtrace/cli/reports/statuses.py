"""`dealtrace status`: set and list which statuses of a site's deals mean won, lost or open."""

from collections.abc import Collection
from typing import Annotated

import typer
from rich.table import Table

from dealtrace.cli.answers import ListedStatus
from dealtrace.cli.options import JsonOption, SiteIdArgument
from dealtrace.cli.terminal import console, error_console, open_prepared, print_json, work_in
from dealtrace.nearest_name import nearest_name, suggestion
from dealtrace.operations.accounts.require_site import require_site
from dealtrace.operations.reports.set_status import prepare_status, store_status
from dealtrace.reports.statuses import group_statuses
from dealtrace.storage.reports.statuses import find_deals_by_status, list_left_out, list_statuses

status_commands = typer.Typer(help="Set and list which statuses mean won or lost.", no_args_is_help=True)


@status_commands.command("set")
def set_meaning(
    site_id: SiteIdArgument,
    name: Annotated[str, typer.Argument(help="The status; upper or lower case does not matter.")],
    meaning: Annotated[str, typer.Argument(metavar="MEANING", help="won, lost or open.")],
) -> None:
    """Set whether a status means won, lost or open. A running server applies this within two seconds."""
    left_out: Collection[str] = ()
    with open_prepared() as database:
        with database.write() as connection:
            site = require_site(connection, site_id)
            others = [status.spelling.strip() for status in list_statuses(connection, site_id)]
            prepared = prepare_status(work_in(database, connection, site), name, meaning)
        if prepared.is_full:  # this reads all deals, so it must not hold the lock for writing
            with database.read() as connection:
                left_out = list_left_out(connection, site_id, name)
        with database.write() as connection:
            store_status(work_in(database, connection, site), prepared, left_out)
    console.print(f"Site {site_id}: status “{name.strip()}” now means {meaning}.", markup=False)
    if not prepared.is_seen and not left_out:
        nearest = nearest_name(name.strip(), others)
        _, meant = suggestion(nearest)
        error_console.print(f"No deal of site {site_id} has had this status yet.{meant}", markup=False)


@status_commands.command("list")
def show(site_id: SiteIdArgument, as_json: JsonOption = False) -> None:
    """List the statuses of a site's deals, each with its meaning and how many deals have it, most frequent first."""
    with open_prepared() as database, database.read() as connection:
        require_site(connection, site_id)
        groups = group_statuses(list_statuses(connection, site_id), find_deals_by_status(connection, site_id))
    if as_json:
        rows: list[ListedStatus] = [
            {"name": each.name, "meaning": each.meaning, "deals": each.deals, "spellings": each.spellings}
            for each in groups
        ]
        print_json(rows)
        return
    table = Table("status", "meaning", "deals")
    for each in groups:
        table.add_row(each.name, each.meaning, str(each.deals))
    console.print(table)
