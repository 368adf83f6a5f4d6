"""`dealtrace user`: the users of the cabinet."""

from typing import Annotated

import typer

from dealtrace import clock
from dealtrace.cli.terminal import console, open_prepared
from dealtrace.operations.accounts.create_user import create_user
from dealtrace.storage.id_blocks import transaction

user_commands = typer.Typer(help="Create users of the cabinet.", no_args_is_help=True)


@user_commands.command("create")
def create(
    login: Annotated[str, typer.Argument(help="The login name, case-insensitive.")],
    password: Annotated[
        str,
        typer.Option(
            prompt=True,
            hide_input=True,
            confirmation_prompt=True,
            envvar="DEALTRACE_NEW_PASSWORD",
            help="Prompted for if omitted.",
        ),
    ],
) -> None:
    """Create a user with access to all existing sites."""
    with open_prepared() as database, transaction(database, ids=1) as (connection, ids):
        user = create_user(connection, ids, login, password, clock.now())
    console.print(f"User {user.login} created.", markup=False)


@user_commands.callback()
def group() -> None:
    """Create users of the cabinet."""
