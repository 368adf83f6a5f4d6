"""`dealtrace person`: tell everything kept of a person, or make it anonymous."""

from typing import Annotated

import typer
from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.cli.terminal import ID_MAX, console, open_prepared, print_json
from dealtrace.errors import SiteNotFound
from dealtrace.operations.people import erase_person, export_person
from dealtrace.storage.accounts.sites import list_sites

Contact = Annotated[str, typer.Argument(metavar="PHONE|EMAIL", help="The person's phone or e-mail, in any form.")]
OnlySite = Annotated[int | None, typer.Option("--site", min=1, max=ID_MAX, help="Only in this site.")]

person_commands = typer.Typer(help="Tell or erase what is kept of a person.", no_args_is_help=True)


@person_commands.command("export")
def export(contact: Contact, site: OnlySite = None) -> None:
    """Print everything kept of a person as JSON: site by site, table by table."""
    with open_prepared() as database, database.read() as connection:
        told = export_person(connection, _sites(connection, site), contact)
    print_json([{"siteId": site_id, **tables} for site_id, tables in told.items()])


@person_commands.command("erase")
def erase(
    contact: Contact,
    site: OnlySite = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Make everything anonymous that is kept of a person; it cannot be undone."""
    if not yes:
        typer.confirm(f"Erase everything kept of {contact} for good?", abort=True)
    with open_prepared() as database, database.write() as connection:
        erased = erase_person(connection, _sites(connection, site), contact)
    for site_id, gone in erased.items():
        counted = f"{gone.leads} leads, {len(gone.deals)} deals, {len(gone.visits)} visits"
        console.print(f"Site {site_id}: {counted} are anonymous now.", markup=False)
    console.print("Backups made before still hold the person.", markup=False)


def _sites(connection: Connection, only: int | None) -> list[Site]:
    sites = [site for site in list_sites(connection) if only in (None, site.id)]
    if only is not None and not sites:
        raise SiteNotFound(site_id=only)
    return sites
