"""`dealtrace field`: a site's own fields of a deal."""

from typing import Annotated

import typer

from dealtrace import clock
from dealtrace.cli.terminal import ID_MAX, console, open_prepared, print_json
from dealtrace.errors import SiteNotFound
from dealtrace.operations.accounts.add_custom_field import add_custom_field
from dealtrace.storage.accounts.sites import find_site

field_commands = typer.Typer(help="Add and list custom fields.", no_args_is_help=True)


@field_commands.command("add")
def add(
    site_id: Annotated[int, typer.Argument(min=1, max=ID_MAX, help="The siteId.")],
    name: Annotated[str, typer.Argument(help="The name inside custom[…].")],
) -> None:
    """Add a custom field: from now on deals keep what callers send as custom[NAME]."""
    with open_prepared() as database, database.write() as connection:
        add_custom_field(connection, site_id, name, clock.now())
    console.print(f"Site {site_id} keeps custom[{name}] from now on.", markup=False)


@field_commands.command("list")
def show(
    site_id: Annotated[int, typer.Argument(min=1, max=ID_MAX, help="The siteId.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the custom fields of a site."""
    with open_prepared() as database, database.read() as connection:
        site = find_site(connection, site_id)
        if site is None:
            raise SiteNotFound(site_id=site_id)
        names = sorted(site.custom_fields)
    if as_json:
        print_json(names)
    else:
        for name in names:
            console.print(name, markup=False)
