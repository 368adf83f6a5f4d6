"""`dealtrace user list`: show all users of the cabinet with their roles."""

from dealtrace.accounts.rights import Rights
from dealtrace.cli.answers import UserAnswer
from dealtrace.cli.options import JsonOption
from dealtrace.cli.terminal import console, open_prepared, print_json
from dealtrace.storage.accounts.users import list_rights


def show_users(as_json: JsonOption = False) -> None:
    """List all users with their roles."""
    with open_prepared() as database, database.read() as connection:
        people = list_rights(connection)
    if as_json:
        print_json([_serialize_user(rights) for rights in people])
        return
    for rights in people:
        user = rights.user
        factor = "two-factor authentication on" if user.has_second_factor else "no two-factor authentication"
        created = f"created {user.created_at:%Y-%m-%d %H:%M} UTC"
        console.print(f"{user.login}  {created}  {_format_roles(rights)}  {factor}")


def _format_roles(rights: Rights) -> str:
    if rights.user.is_owner:
        return "owner of the installation"
    return ", ".join(f"{role} of site {site_id}" for site_id, role in rights.roles.items()) or "no role"


def _serialize_user(rights: Rights) -> UserAnswer:
    user = rights.user
    return {
        "userId": user.id,
        "login": user.login,
        "createdAt": user.created_at,
        "owner": user.is_owner,
        "roles": {str(site_id): role.value for site_id, role in rights.roles.items()},
        "secondFactor": user.has_second_factor,
    }
