"""The one-time link that creates the first user."""

from sqlalchemy import Connection
from starlette.responses import Response

from dealtrace import clock
from dealtrace.accounts.token import token_digest
from dealtrace.accounts.user import LOGIN_LENGTH_MAX, PASSWORD_LENGTH_MAX, PASSWORD_LENGTH_MIN, User
from dealtrace.cabinet.gate import limit_guessing
from dealtrace.cabinet.people.login import start_session
from dealtrace.cabinet.view import View
from dealtrace.errors import InvitationSpent, Refusal
from dealtrace.operations.accounts.create_user import accept_invitation
from dealtrace.storage.accounts.users import has_users, is_invited
from dealtrace.storage.id_blocks import IdBlocks

BAD_REQUEST = 400


async def show(view: View) -> Response:
    """Show the form behind a one-time link, as long as the link is valid."""
    key = view.request.query_params.get("key", "")
    await limit_guessing(view)
    await _check_key(view, key)
    return _form(view, 200, key)


async def accept(view: View) -> Response:
    """Create the first user and log them in, or show the form again with what is wrong."""
    key, login = view.form.get("key"), view.form.get("login")
    await limit_guessing(view)
    await _check_key(view, key)
    try:
        user = await view.manage(_accept, key, login, view.form.get("password"))
    except InvitationSpent:
        raise
    except Refusal as refusal:
        return _form(view, BAD_REQUEST, key, refusal.text(view.language), login)
    return await start_session(view, user, "")


def _form(view: View, status: int, key: str, fault: str = "", login: str = "") -> Response:
    limits = {"login": LOGIN_LENGTH_MAX, "password_min": PASSWORD_LENGTH_MIN, "password": PASSWORD_LENGTH_MAX}
    return view.page("welcome.html", status, key=key, fault=fault, login=login, limits=limits)


async def _check_key(view: View, key: str) -> None:
    """Check a key by reading alone: guesses take no ids and no writing transaction.

    Raises:
        InvitationSpent: the key opens nothing.
    """
    if not await view.read(_is_valid, key):
        raise InvitationSpent


def _is_valid(connection: Connection, key: str) -> bool:
    return not has_users(connection) and is_invited(connection, token_digest(key))


def _accept(connection: Connection, ids: IdBlocks, key: str, login: str, password: str) -> User:
    return accept_invitation(connection, ids, key, login, password, clock.now())
