"""`dealtrace source`: classify hosts for a site (own, payment, sign-in, search, social), and reclassify past visits."""

from typing import Annotated

import typer
from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn
from rich.table import Table

from dealtrace import clock
from dealtrace.accounts.site import Site
from dealtrace.attribution.reclassification import Reclassification
from dealtrace.cli.answers import HostAnswer, ReclassificationAnswer
from dealtrace.cli.options import JsonOption, SiteIdArgument
from dealtrace.cli.terminal import changing, console, counted, end_stopped, error_console, open_prepared, print_json
from dealtrace.operations.accounts.name_hosts import add_host, remove_host
from dealtrace.operations.accounts.require_site import require_site
from dealtrace.operations.visits.reclassify import run_reclassification
from dealtrace.storage.accounts.site_hosts import list_hosts
from dealtrace.storage.database.engine import Database

KindArgument = Annotated[
    str, typer.Argument(metavar="KIND", help="The kind of host: own, payment, signin, search or social.")
]
HostArgument = Annotated[str, typer.Argument(metavar="HOST", help="The host, or any URL on it.")]

source_commands = typer.Typer(
    help="Classify hosts as own, payment, search and so on, and reclassify past visits.", no_args_is_help=True
)
host_commands = typer.Typer(help="Add, list and remove the hosts that a site defines.", no_args_is_help=True)
source_commands.add_typer(host_commands, name="host")


@host_commands.command("add")
def add(
    site_id: SiteIdArgument,
    kind: KindArgument,
    host: HostArgument,
    name: Annotated[str, typer.Option(help="The name of the source, for search and social hosts.")] = "",
) -> None:
    """Classify a host for a site. A running server applies this within two seconds.

    The site's own hosts, payment hosts and sign-in hosts are never sources of visits.
    """
    with open_prepared() as database, changing(database) as work:
        added = add_host(work, site_id, kind, host, name)
    console.print(
        f"Site {site_id}: host {added.host} classified as {added.kind.value}{_named(added.name)}.", markup=False
    )
    console.print(f"To apply it to past visits: dealtrace source reclassify {site_id}", markup=False)


@host_commands.command("remove")
def remove(site_id: SiteIdArgument, kind: KindArgument, host: HostArgument) -> None:
    """Remove a host that the site defines. A running server applies this within two seconds."""
    with open_prepared() as database, changing(database) as work:
        removed = remove_host(work, site_id, kind, host)
    console.print(f"Site {site_id}: host {removed.host} removed.", markup=False)


@host_commands.command("list")
def show(site_id: SiteIdArgument, as_json: JsonOption = False) -> None:
    """List the hosts that a site defines."""
    with open_prepared() as database, database.read() as connection:
        require_site(connection, site_id)
        hosts = list_hosts(connection, site_id)
    if as_json:
        rows: list[HostAnswer] = [{"kind": each.kind.value, "host": each.host, "name": each.name} for each in hosts]
        print_json(rows)
        return
    table = Table("kind", "host", "name")
    for each in hosts:
        table.add_row(each.kind.value, each.host, each.name)
    console.print(table)


@source_commands.command("reclassify")
def reclassify(
    site_id: SiteIdArgument,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only count what would change; nothing is stored.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Classify all past visits by the current rules and hosts of the site, and credit their leads accordingly.

    If it is stopped, run it again to continue.
    """
    with open_prepared() as database:
        with database.read() as connection:
            site = require_site(connection, site_id)
        state = _reclassify(database, site, dry_run=dry_run)
    if as_json:
        answer: ReclassificationAnswer = {
            "siteId": site_id,
            "dryRun": dry_run,
            "visits": state.visits,
            "visitsChanged": state.visits_changed,
            "leadsMoved": state.leads_moved,
        }
        print_json(answer)
        return
    would = "would change" if dry_run else "changed"
    console.print(
        f"{counted(state.visits, 'visit')} read: {state.visits_changed} {would}; "
        f"{counted(state.leads_moved, 'lead')} {'would get' if dry_run else 'got'} a different source.",
        markup=False,
    )


def _reclassify(database: Database, site: Site, *, dry_run: bool) -> Reclassification:
    """Reclassify the visits of all visitors, with a progress bar, and return how many visits and leads changed."""
    state = Reclassification("", clock.now())
    columns = (*Progress.get_default_columns()[:-1], MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=error_console, transient=True, disable=not error_console.is_terminal) as progress:
        bar = progress.add_task("Visits", total=None)
        try:
            for state, total in run_reclassification(database, site, clock.now, dry_run=dry_run):
                progress.update(bar, total=total, completed=state.visits)
        except KeyboardInterrupt as stop:
            progress.stop()
            end_stopped(stop, f"Stopped after {counted(state.visits, 'visit')}. Run the same command to continue.")
    return state


def _named(name: str) -> str:
    return f" ({name})" if name else ""
