"""`dealtrace field`: add, list and remove the custom fields of a site."""

from typing import Annotated

import typer

from dealtrace.cli.options import JsonOption, SiteIdArgument
from dealtrace.cli.terminal import changing, console, open_prepared, print_json
from dealtrace.operations.accounts.custom_fields import add_custom_field, remove_custom_field
from dealtrace.operations.accounts.require_site import require_site

field_commands = typer.Typer(help="Add, list and remove custom fields.", no_args_is_help=True)


@field_commands.command("add")
def add(
    site_id: SiteIdArgument,
    name: Annotated[str, typer.Argument(help="The field name, as in custom[NAME].")],
) -> None:
    """Add a custom field. Values sent as custom[NAME] are stored from now on."""
    with open_prepared() as database, changing(database) as work:
        add_custom_field(work, site_id, name)
    console.print(f"Field {name} added to site {site_id}: custom[{name}] is stored from now on.")


@field_commands.command("list")
def show(
    site_id: SiteIdArgument,
    as_json: JsonOption = False,
) -> None:
    """List the custom fields of a site."""
    with open_prepared() as database, database.read() as connection:
        names = sorted(require_site(connection, site_id).custom_fields)
    if as_json:
        print_json(names)
    else:
        for name in names:
            console.print(name, soft_wrap=True)


@field_commands.command("remove")
def remove(
    site_id: SiteIdArgument,
    name: Annotated[str, typer.Argument(help="The field name, as in custom[NAME].")],
) -> None:
    """Remove a custom field. Values sent as custom[NAME] are no longer stored; stored values remain."""
    with open_prepared() as database, changing(database) as work:
        remove_custom_field(work, site_id, name)
    console.print(f"Field {name} removed from site {site_id}: custom[{name}] is no longer stored.")
