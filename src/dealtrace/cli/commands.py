"""The `dealtrace` program: all of its commands."""

import typer

from dealtrace.cli.backup import backup, restore
from dealtrace.cli.database import database_commands
from dealtrace.cli.deals import deal_commands, explain
from dealtrace.cli.doctor import doctor
from dealtrace.cli.export import export_commands
from dealtrace.cli.fields import field_commands
from dealtrace.cli.import_files import import_commands
from dealtrace.cli.leads import lead_commands
from dealtrace.cli.match import match
from dealtrace.cli.people import person_commands
from dealtrace.cli.serve import serve
from dealtrace.cli.sites import site_commands
from dealtrace.cli.sources import source_commands
from dealtrace.cli.tokens import token_commands
from dealtrace.cli.users import user_commands
from dealtrace.cli.webhooks import webhook_commands

main = typer.Typer(
    name="dealtrace",
    help="Register the deals of a CRM and find the advertising behind each.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)
main.command()(serve)
main.add_typer(site_commands, name="site")
main.add_typer(token_commands, name="token")
main.add_typer(user_commands, name="user")
main.add_typer(field_commands, name="field")
main.add_typer(source_commands, name="source")
main.add_typer(deal_commands, name="deal")
main.add_typer(lead_commands, name="lead")
main.command()(explain)
main.command()(match)
main.add_typer(import_commands, name="import")
main.add_typer(export_commands, name="export")
main.add_typer(webhook_commands, name="webhook")
main.add_typer(person_commands, name="person")
main.command()(doctor)
main.add_typer(database_commands, name="db")
main.command()(backup)
main.command()(restore)
