"""A person's own account: password, two-factor authentication, and the browsers in which they are logged in."""

from http import HTTPStatus

from sqlalchemy import Connection
from starlette.responses import Response

from dealtrace.accounts.session import Session
from dealtrace.accounts.user import UserId
from dealtrace.cabinet.form_pages import done_text
from dealtrace.cabinet.gate import not_found_page
from dealtrace.cabinet.users.browsers import browser_name
from dealtrace.cabinet.users.password_hashes import LIMITS
from dealtrace.cabinet.view import View
from dealtrace.operations.accounts.log_in import end_other_sessions, end_session
from dealtrace.operations.accounts.manage_user import set_keys
from dealtrace.record import record
from dealtrace.storage.accounts.second_factors import count_recovery_codes
from dealtrace.storage.accounts.sessions import list_sessions

WRONG = "The current password is wrong"
OTHERS = "others"
"""The form value for all sessions except the current one; any other value is the digest of a session."""


@record
class Profile:
    """The sessions of a person, and the number of recovery codes left."""

    sessions: list[Session]
    recovery_codes: int


async def show(view: View) -> Response:
    """Show the profile."""
    return await page(view, HTTPStatus.OK)


async def page(view: View, status: int, fault: str = "") -> Response:
    """Return the profile page, with an error message if there is one."""
    stored = await view.read(_look_up, view.rights.user.id)
    return view.page(
        "users/profile.html",
        status,
        fault=fault,
        done=done_text(view) if not fault else "",
        limits=LIMITS,
        sessions=[(session, browser_name(session.browser)) for session in stored.sessions],
        has_others=len(stored.sessions) > 1,
        own_digest=view.session_digest,
        recovery_codes=stored.recovery_codes,
    )


async def wrong_password(view: View) -> Response:
    """Return the profile page with the message that the current password is wrong."""
    return await page(view, HTTPStatus.BAD_REQUEST, view.translate(WRONG))


async def choose_keys(view: View) -> Response:
    """Turn keyboard shortcuts of a single character on or off for the person."""
    await view.manage(set_keys, view.rights.user.id, has_keys=view.form.has("has_keys"))
    return view.redirect_to("/profile?done=saved")


async def end(view: View) -> Response:
    """End a session, or all sessions except the current one."""
    digest = view.form.get("session")
    if digest == OTHERS:
        await view.manage(end_other_sessions, view.rights.user.id, kept_digest=view.session_digest)
    elif not await view.manage(end_session, view.rights.user.id, digest):
        return not_found_page(view)
    return view.redirect_to("/profile?done=ended")


def _look_up(connection: Connection, user_id: UserId) -> Profile:
    confirmed = [session for session in list_sessions(connection, user_id) if session.is_confirmed]
    return Profile(confirmed, count_recovery_codes(connection, user_id))
