"""`dealtrace person`: export or erase the data of one person."""

from collections.abc import Mapping
from typing import Annotated

import typer

from dealtrace.accounts.site import SiteId
from dealtrace.cli.options import OnlySiteOption
from dealtrace.cli.output import confirm
from dealtrace.cli.site_lookup import sites_to_search
from dealtrace.cli.terminal import changing, console, counted, open_prepared, print_json
from dealtrace.operations.personal_data import PersonReference, erase_person, export_person, find_person, record_erasure
from dealtrace.storage.personal_data import Traces
from dealtrace.storage.reports.mirror.mirror import without_mirror
from dealtrace.storage.visits.erased_contacts import find_visits_with_contacts

ContactArgument = Annotated[
    str, typer.Argument(metavar="[PHONE|EMAIL]", help="The person's phone or e-mail, in any format.")
]
ClientOption = Annotated[
    int | None,
    typer.Option(
        "--client",
        metavar="CLIENT_ID",
        help="The id in the URL of the person's page in the cabinet, for a person without a valid phone or e-mail.",
    ),
]

person_commands = typer.Typer(help="Export or erase the data of a person.", no_args_is_help=True)


@person_commands.command("export")
def export(contact: ContactArgument = "", client: ClientOption = None, site: OnlySiteOption = None) -> None:
    """Print all data of a person as JSON, by site and table."""
    person = _person(contact, client)
    with open_prepared() as database, database.read() as connection:
        exported = export_person(connection, sites_to_search(connection, site), person)
    print_json([{"siteId": site_id, **tables} for site_id, tables in exported.items()])


@person_commands.command("erase")
def erase(
    contact: ContactArgument = "",
    client: ClientOption = None,
    site: OnlySiteOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only print how much would be anonymised.")] = False,
) -> None:
    """Permanently anonymise all data of a person. This cannot be undone."""
    person = _person(contact, client)
    if dry_run or not yes:
        with open_prepared() as database, database.read() as connection:
            found = find_person(connection, sites_to_search(connection, site), person)
        _print_counts(found, "would be anonymised:")
        if dry_run:
            return
        confirm(f"Permanently anonymise all data of {f'client {client}' if client is not None else contact}?")
    with open_prepared() as database:
        with database.read() as connection:
            found = find_person(connection, sites_to_search(connection, site), person)
            visits = {each: find_visits_with_contacts(connection, each, data.contacts) for each, data in found.items()}
        with without_mirror(database), changing(database) as work:
            erased = erase_person(work, sites_to_search(work.connection, site), person, visits)
            for site_id, data in erased.items():
                record_erasure(work, site_id, data)
    _print_counts(erased, "anonymised")
    console.print("Earlier backups still contain this person's data.")


def _person(contact: str, client: int | None) -> PersonReference:
    if bool(contact) == (client is not None):
        raise typer.BadParameter("Give either a phone or e-mail, or --client CLIENT_ID.")
    return client if client is not None else contact


def _print_counts(found: Mapping[SiteId, Traces], verb: str) -> None:
    for site_id, data in found.items():
        counts = [counted(data.leads, "lead"), counted(len(data.deals), "deal"), counted(len(data.visits), "visit")]
        console.print(f"Site {site_id}: {verb} {', '.join(counts)}.")
