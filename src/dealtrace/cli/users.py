"""`dealtrace user`: the users of the cabinet."""

from typing import Annotated

import typer

from dealtrace import clock
from dealtrace.accounts.user import User
from dealtrace.cli.answers import UserAnswer
from dealtrace.cli.options import JsonOption
from dealtrace.cli.terminal import console, open_prepared, print_json
from dealtrace.operations.accounts import manage_user
from dealtrace.operations.accounts.create_user import create_user
from dealtrace.storage.accounts.users import has_users, list_users
from dealtrace.storage.id_blocks import transaction

user_commands = typer.Typer(help="Create, list and delete users of the cabinet.", no_args_is_help=True)

LoginArgument = Annotated[str, typer.Argument(help="The login name, case-insensitive.")]
NewPasswordOption = Annotated[
    str,
    typer.Option(
        prompt=True,
        hide_input=True,
        confirmation_prompt=True,
        envvar="DEALTRACE_NEW_PASSWORD",
        help="Prompted for if omitted.",
    ),
]


@user_commands.command("create")
def create(login: LoginArgument, password: NewPasswordOption) -> None:
    """Create a user with access to all existing sites."""
    with open_prepared() as database, transaction(database, ids=1) as (connection, ids):
        user = create_user(connection, ids, login, password, clock.now())
    console.print(f"User {user.login} created.")


@user_commands.command("list")
def show(as_json: JsonOption = False) -> None:
    """List the users."""
    with open_prepared() as database, database.read() as connection:
        users = list_users(connection)
    if as_json:
        print_json([_serialize_user(user) for user in users])
        return
    for user in users:
        console.print(f"{user.login}  created {user.created_at:%Y-%m-%d %H:%M} UTC")


@user_commands.command("password")
def change_password(login: LoginArgument, password: NewPasswordOption) -> None:
    """Change the password of a user."""
    with open_prepared() as database, database.write() as connection:
        user = manage_user.change_password(connection, login, password)
    console.print(f"The password of {user.login} is changed.")


@user_commands.command("delete")
def delete(login: LoginArgument) -> None:
    """Delete a user. Sites, tokens and deals stay."""
    with open_prepared() as database, database.write() as connection:
        user = manage_user.delete_user(connection, login)
        is_last = not has_users(connection)
    console.print(f"User {user.login} deleted.")
    if is_last:
        console.print("No users are left. To create one: dealtrace user create LOGIN")


def _serialize_user(user: User) -> UserAnswer:
    return {"userId": user.id, "login": user.login, "createdAt": user.created_at}
