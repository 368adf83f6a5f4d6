"""The one-time link that creates the first user."""

from http import HTTPStatus

from starlette.responses import Response

from dealtrace import clock
from dealtrace.accounts.invitation import Purpose
from dealtrace.cabinet.gate import limit_guessing
from dealtrace.cabinet.labels import labelled_text
from dealtrace.cabinet.users.login import start_session
from dealtrace.cabinet.users.password_hashes import LIMITS, hash_of
from dealtrace.cabinet.view import View
from dealtrace.errors import InvitationSpent, Refusal
from dealtrace.operations.accounts.invite_user import accept_first_invitation, require_invitation
from dealtrace.operations.accounts.log_in import Proof


async def show(view: View) -> Response:
    """Show the form to create the first user, if the link is valid."""
    key = view.request.query_params.get("key", "")
    await limit_guessing(view)
    await _check_key(view, key)
    return _form(view, HTTPStatus.OK, key)


async def accept(view: View) -> Response:
    """Create the first user and log them in, or show the form again with an error message."""
    key, login = view.form.get("key"), view.form.get("login")
    await limit_guessing(view)
    await _check_key(view, key)
    try:
        password = await hash_of(view, view.form.get("password"))
        user = await view.manage(accept_first_invitation, key, login, password)
    except InvitationSpent:
        raise
    except Refusal as refusal:
        return _form(view, HTTPStatus.BAD_REQUEST, key, labelled_text(refusal, view.language), login)
    return await start_session(view, Proof(user, password), "")


def _form(view: View, status: int, key: str, fault: str = "", login: str = "") -> Response:
    return view.page("users/welcome.html", status, key=key, fault=fault, login=login, limits=LIMITS)


async def _check_key(view: View, key: str) -> None:
    """Check that the link's key is valid; this writes nothing, so a wrong key uses up no ids meant for new records."""
    await view.read(require_invitation, key, Purpose.FIRST, clock.now())
