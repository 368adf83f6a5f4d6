"""`dealtrace person`: export or erase the data of one person."""

from typing import Annotated

import typer

from dealtrace.cli.options import OnlySiteOption
from dealtrace.cli.site_lookup import sites_to_search
from dealtrace.cli.terminal import changing, console, counted, open_prepared, print_json
from dealtrace.operations.personal_data import erase_person, export_person, record_erasure
from dealtrace.storage.reports.mirror.mirror import without_mirror

Contact = Annotated[str, typer.Argument(metavar="PHONE|EMAIL", help="The person's phone or e-mail, in any format.")]

person_commands = typer.Typer(help="Export or erase the data of a person.", no_args_is_help=True)


@person_commands.command("export")
def export(contact: Contact, site: OnlySiteOption = None) -> None:
    """Print all data of a person as JSON, by site and table."""
    with open_prepared() as database, database.read() as connection:
        exported = export_person(connection, sites_to_search(connection, site), contact)
    print_json([{"siteId": site_id, **tables} for site_id, tables in exported.items()])


@person_commands.command("erase")
def erase(
    contact: Contact,
    site: OnlySiteOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
) -> None:
    """Permanently anonymize all data of a person. This cannot be undone."""
    if not yes:
        typer.confirm(f"Permanently anonymize all data of {contact}?", abort=True)
    with open_prepared() as database, without_mirror(database), changing(database) as work:
        erased = erase_person(work, sites_to_search(work.connection, site), contact)
        for site_id, data in erased.items():
            record_erasure(work, site_id, data)
    for site_id, data in erased.items():
        counts = [counted(data.leads, "lead"), counted(len(data.deals), "deal"), counted(len(data.visits), "visit")]
        console.print(f"Site {site_id}: anonymized {', '.join(counts)}.")
    console.print("Earlier backups still contain this person's data.")
