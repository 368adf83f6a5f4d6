"""`dealtrace user`: create, invite, change and delete users of the cabinet, the web interface."""

import os
import sys
from typing import Annotated

import typer

from dealtrace.accounts.rights import Role
from dealtrace.accounts.user import PASSWORD_LENGTH_MAX, PASSWORD_LENGTH_MIN
from dealtrace.cli.output import ask_secret
from dealtrace.cli.terminal import changing, console, explained, fail, open_prepared
from dealtrace.operations.accounts import manage_user
from dealtrace.operations.accounts.create_user import create_user, hash_password
from dealtrace.operations.accounts.invite_user import invite_user
from dealtrace.operations.accounts.require_site import require_site
from dealtrace.operations.accounts.second_factor import reset_second_factor
from dealtrace.operations.work import ids_taken_by
from dealtrace.settings import read_settings
from dealtrace.whole_number import ID_MAX

LoginArgument = Annotated[str, typer.Argument(help="The login name, case-insensitive.")]
AtSiteOption = Annotated[int | None, typer.Option("--site", min=1, max=ID_MAX, help="The site of the role.")]
RoleOption = Annotated[Role | None, typer.Option(help="The role on the site.")]
_QUESTION = f"Password ({PASSWORD_LENGTH_MIN} to {PASSWORD_LENGTH_MAX} characters)"


def _read_password(stated: str) -> str:
    """Return `stated` or, if it is empty, a password typed twice on a terminal or read from standard input."""
    try:
        password = stated or (ask_secret(_QUESTION) if _has_terminal() else _read_input())
        password.encode()
    except UnicodeError:
        fail("The password must be UTF-8.")
    return password


def _read_input() -> str:
    """Return the first line of standard input, which the second line may repeat."""
    lines = [sys.stdin.readline().rstrip("\r\n") for _ in range(2)]
    if not lines[0]:
        fail(
            "No password was given, and there is no terminal to ask for it: set DEALTRACE_NEW_PASSWORD, "
            "or write the password to standard input."
        )
    if lines[1] not in ("", lines[0]):
        fail("The two passwords on standard input differ.")
    return lines[0]


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return sys.stdin.isatty()
    return True


NewPasswordOption = Annotated[
    str,
    typer.Option(
        callback=_read_password,
        envvar="DEALTRACE_NEW_PASSWORD",
        show_default=False,
        help="The password; if omitted, you are asked for it, or it is read from standard input.",
    ),
]


def create(
    login: LoginArgument, password: NewPasswordOption = "", site: AtSiteOption = None, role: RoleOption = None
) -> None:
    """Create a user, either with a role on a site or as an owner of the installation."""
    _check_pair(site, role)
    with explained():
        password_hash = hash_password(password)
    with open_prepared() as database, changing(database, ids=ids_taken_by(create_user)) as work:
        roles = {require_site(work.connection, site).id: role} if site is not None and role is not None else None
        user = create_user(work, login, password_hash, roles=roles)
    console.print(f"User {user.login} created.")


def invite(site: AtSiteOption = None, role: RoleOption = None) -> None:
    """Print a one-time link that gives a person a role on a site, or makes them an owner of the installation."""
    _check_pair(site, role)
    with open_prepared() as database, changing(database) as work:
        key = invite_user(work, role or Role.OWNER, site_id=site)
    console.print(f"{read_settings().url}/cabinet/invitation?key={key}", markup=False, soft_wrap=True)


def change_password(login: LoginArgument, password: NewPasswordOption = "") -> None:
    """Change the password of a user and log them out everywhere."""
    with explained():
        password_hash = hash_password(password)
    with open_prepared() as database, changing(database) as work:
        user = manage_user.change_password(work, login, password_hash)
    console.print(f"The password of {user.login} has been changed.")


def delete(login: LoginArgument) -> None:
    """Delete a user. Sites, tokens and deals remain. The last owner of the installation cannot be deleted."""
    with open_prepared() as database, changing(database) as work:
        user = manage_user.delete_user(work, login)
    console.print(f"User {user.login} deleted.")


def reset_code(login: LoginArgument) -> None:
    """Turn off two-factor authentication for a user who lost their device, and log them out everywhere."""
    with open_prepared() as database, changing(database) as work:
        user = reset_second_factor(work, login)
    console.print(f"Two-factor authentication of {user.login} is off.")


def _check_pair(site: int | None, role: Role | None) -> None:
    if (site is None) != (role is None):
        fail("Use --site and --role together: a role applies to a site. Without both, the user owns the installation.")
