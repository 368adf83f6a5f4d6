"""A person's own password, which they change in their profile or set with a link that an owner created."""

from http import HTTPStatus

from starlette.responses import Response

from dealtrace import clock
from dealtrace.accounts.invitation import Purpose
from dealtrace.cabinet.gate import limit_guessing
from dealtrace.cabinet.labels import labelled_text
from dealtrace.cabinet.users import profile
from dealtrace.cabinet.users.login import start_session
from dealtrace.cabinet.users.password_hashes import LIMITS, hash_of, is_own_password
from dealtrace.cabinet.view import View
from dealtrace.errors import InvalidSetting
from dealtrace.operations.accounts.invite_user import accept_password, require_invitation
from dealtrace.operations.accounts.log_in import Proof
from dealtrace.operations.accounts.manage_user import replace_password

NEW_PASSWORD = {"password": "New password"}
"""The label of a profile's field for the new password, which refusals call `password`."""


async def change(view: View) -> Response:
    """Change the password and end all other sessions, or show the profile again with an error message."""
    if not await is_own_password(view, view.form.get("password")):
        return await profile.wrong_password(view)
    try:
        password = await hash_of(view, view.form.get("new_password"))
        await view.manage(replace_password, view.rights.user.id, password, kept_digest=view.session_digest)
    except InvalidSetting as refusal:
        return await profile.page(view, HTTPStatus.BAD_REQUEST, labelled_text(refusal, view.language, NEW_PASSWORD))
    return view.redirect_to("/profile?done=saved")


async def show(view: View) -> Response:
    """Show the form to set a password, if the link is valid."""
    key = view.request.query_params.get("key", "")
    await _check_key(view, key)
    return _form(view, HTTPStatus.OK, key)


async def accept(view: View) -> Response:
    """Set the password and log in, or show the form again with an error message."""
    key = view.form.get("key")
    await _check_key(view, key)
    try:
        password = await hash_of(view, view.form.get("password"))
        user = await view.manage(accept_password, key, password)
    except InvalidSetting as refusal:
        return _form(view, HTTPStatus.BAD_REQUEST, key, labelled_text(refusal, view.language))
    return await start_session(view, Proof(user, password), "")


def _form(view: View, status: int, key: str, fault: str = "") -> Response:
    return view.page("users/password.html", status, key=key, fault=fault, limits=LIMITS)


async def _check_key(view: View, key: str) -> None:
    await limit_guessing(view)
    await view.read(require_invitation, key, Purpose.PASSWORD, clock.now())
