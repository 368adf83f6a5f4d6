"""A person's own two-factor authentication: turn it on and off, and renew the recovery codes."""

from http import HTTPStatus

import segno
from starlette.responses import Response

from dealtrace.accounts.second_factor import SECRET
from dealtrace.cabinet.users import profile
from dealtrace.cabinet.users.password_hashes import is_own_password
from dealtrace.cabinet.view import View
from dealtrace.operations.accounts.second_factor import (
    authenticator_url,
    make_secret,
    renew_recovery_codes,
    turn_off,
    turn_on,
)

QR_SCALE = 5


async def show(view: View) -> Response:
    """Show a new secret for an authenticator app; redirect to the profile if two-factor authentication is on."""
    if view.rights.user.has_second_factor:
        return view.redirect_to("/profile")
    return _form(view, HTTPStatus.OK, make_secret())


async def set_up(view: View) -> Response:
    """Turn on two-factor authentication and show the recovery codes, or show the form again with an error message.

    Ours: the current password is asked for, so that nobody who finds a browser logged in can lock its owner out.
    """
    secret, code = view.form.get("secret"), view.form.get("code")
    if not await is_own_password(view, view.form.get("password")):
        return _refused(view, secret, profile.WRONG)
    codes = await view.manage(turn_on, view.rights.user, secret, code, kept_digest=view.session_digest)
    if codes is None:
        return _refused(view, secret, "The code is wrong. Check that your phone’s clock is right.")
    return view.page("users/recovery_codes.html", codes=codes)


async def show_new_codes(view: View) -> Response:
    """Create and show new recovery codes, which replace the old ones."""
    if not view.rights.user.has_second_factor:
        return view.redirect_to("/profile")
    if not await is_own_password(view, view.form.get("password")):
        return await profile.wrong_password(view)
    return view.page("users/recovery_codes.html", codes=await view.manage(renew_recovery_codes, view.rights.user))


async def remove(view: View) -> Response:
    """Turn off two-factor authentication, or show the profile again with an error message."""
    if not await is_own_password(view, view.form.get("password")):
        return await profile.wrong_password(view)
    await view.manage(turn_off, view.rights.user)
    return view.redirect_to("/profile?done=saved")


def _refused(view: View, secret: str, fault: str) -> Response:
    """Return the form with an error message, given in English, and with the same secret unless it is malformed."""
    secret = secret if SECRET.fullmatch(secret) else make_secret()
    return _form(view, HTTPStatus.BAD_REQUEST, secret, view.translate(fault))


def _form(view: View, status: int, secret: str, fault: str = "") -> Response:
    url = authenticator_url(view.rights.user, secret)
    picture = segno.make_qr(url).svg_data_uri(scale=QR_SCALE, light="white", dark="black")
    return view.page(
        "users/second_factor.html",
        status,
        secret=secret,
        picture=picture,
        fault=fault,
        is_demanded=view.lacks_factor,
    )
