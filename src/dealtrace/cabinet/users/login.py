"""Log in and out."""

from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.responses import Response

from dealtrace.accounts.session import SESSION_AGE_MAX
from dealtrace.accounts.user import (
    LOGIN_LENGTH_MAX,
    normal_login,
)
from dealtrace.cabinet.gate import UNSAVED, limit_guessing, session_cookie, then_query
from dealtrace.cabinet.labels import page_text
from dealtrace.cabinet.users.password_hashes import proof_of
from dealtrace.cabinet.view import View
from dealtrace.errors import LoginRefused
from dealtrace.operations.accounts.log_in import Browser, Proof, end_session, open_session
from dealtrace.storage.accounts.users import has_users

NOT_SAVED = "Your session has ended, so nothing you sent was saved. Log in, then fill in the form again."


async def show(view: View) -> Response:
    """Show the login form, or redirect a person who is already logged in."""
    query = view.request.query_params
    if view.person is not None:
        return view.redirect_to("/")
    return view.page(
        "users/login.html",
        then=query.get("then", ""),
        login="",
        fault=view.translate(NOT_SAVED) if query.get(UNSAVED) else "",
        is_new=not await view.read(has_users),
    )


async def log_in(view: View) -> Response:
    """Log a person in, or show the login form again with an error message."""
    login, password, then = view.form.get("login"), view.form.get("password"), view.form.get("then")
    await limit_guessing(view)
    await view.services.rate_limits.check_login(normal_login(login)[:LOGIN_LENGTH_MAX])
    try:
        return await start_session(view, await proof_of(view, login, password), then)
    except LoginRefused as refusal:
        fault = page_text(refusal, view.language)
        return view.page("users/login.html", HTTPStatus.FORBIDDEN, then=then, login=login, fault=fault, is_new=False)


async def start_session(view: View, proof: Proof, then: str) -> Response:
    """Open a session for a user; redirect to the form for the two-factor code, or to the page the person wanted.

    Raises:
        LoginRefused: the password was replaced or the user was deleted after the password was checked.
    """
    browser = Browser(view.ip, view.request.headers.get("user-agent", ""))
    opened = await view.manage(open_session, proof, browser)
    page = view.redirect_to(own_path(then) if opened.is_confirmed else f"/login/code{then_query(then)}")
    page.set_cookie(
        session_cookie(view),
        opened.secret,
        max_age=int(SESSION_AGE_MAX.total_seconds()),
        path="/",
        secure=view.is_secure,
        httponly=True,
        samesite="lax",
    )
    return page


def own_path(then: str) -> str:
    """Return the path below `/cabinet` to open after logging in; `/` if `then` leads out of the cabinet."""
    try:
        parts = urlsplit(then)
    except ValueError:
        return "/"
    is_ours = not parts.scheme and not parts.netloc and parts.path.startswith("/cabinet/") and "\\" not in then
    path = parts.path.removeprefix("/cabinet") if is_ours else "/"
    return f"{path}?{parts.query}" if is_ours and parts.query else path


async def log_out(view: View) -> Response:
    """End the session and redirect to the login page."""
    await view.manage(end_session, view.rights.user.id, view.session_digest)
    page = view.redirect_to("/login")
    page.delete_cookie(session_cookie(view), path="/", secure=view.is_secure, httponly=True)
    return page
