"""The one-time link that gives a role to a new user, or to the user who is logged in."""

from http import HTTPStatus

from sqlalchemy import Connection
from starlette.responses import Response

from dealtrace import clock
from dealtrace.accounts.invitation import Invitation, Purpose
from dealtrace.accounts.site import Site
from dealtrace.cabinet.gate import limit_guessing, refusal_page, then_query
from dealtrace.cabinet.labels import labelled_text
from dealtrace.cabinet.rendering import translations_of
from dealtrace.cabinet.users.login import start_session
from dealtrace.cabinet.users.password_hashes import LIMITS, hash_of
from dealtrace.cabinet.view import View
from dealtrace.errors import InvitationSpent, Refusal
from dealtrace.operations.accounts.invite_user import LoginTaken, accept_role, join, require_invitation
from dealtrace.operations.accounts.log_in import Proof
from dealtrace.record import record
from dealtrace.storage.accounts.sites import find_site


@record
class InvitationWithSite:
    """An invitation and the site of its role; `site` is `None` if the role is owner of the installation."""

    invitation: Invitation
    site: Site | None


async def show(view: View) -> Response:
    """Show the offered role and a form to accept it, if the link is valid."""
    key = view.request.query_params.get("key", "")
    return _form(view, HTTPStatus.OK, await _invited(view, key), key)


async def accept(view: View) -> Response:
    """Give the role to the person who is logged in, or create a user with the role and log them in."""
    key = view.form.get("key")
    invited = await _invited(view, key)
    if view.person is not None:
        taken = await view.manage(accept_role, key, view.person.user.id)
        return view.redirect_to(f"/{taken.site_id}/" if taken.site_id is not None else "/")
    try:
        password = await hash_of(view, view.form.get("password"))
        joined = await view.manage(join, key, view.form.get("login"), password)
    except InvitationSpent:
        raise
    except Refusal as refusal:
        return _form(view, HTTPStatus.BAD_REQUEST, invited, key, labelled_text(refusal, view.language))
    if isinstance(joined, LoginTaken):
        if not joined.tries_left:
            return refusal_page(view, InvitationSpent())
        return _form(view, HTTPStatus.BAD_REQUEST, invited, key, _taken_text(view, joined.tries_left))
    return await start_session(view, Proof(joined, password), "")


def _form(view: View, status: int, invited: InvitationWithSite, key: str, fault: str = "") -> Response:
    return view.page(
        "users/invitation.html",
        status,
        key=key,
        fault=fault,
        login=view.form.get("login"),
        limits=LIMITS,
        offered_site=invited.site,
        offered_role=invited.invitation.role,
        log_in=f"/cabinet/login{then_query(f'/cabinet/invitation?key={key}')}",
    )


def _taken_text(view: View, tries_left: int) -> str:
    template = translations_of(view.language).ngettext(
        "This login is taken. If it is yours, log in; otherwise choose another one. %(num)s try is left.",
        "This login is taken. If it is yours, log in; otherwise choose another one. %(num)s tries are left.",
        tries_left,
    )
    return template % {"num": tries_left}


async def _invited(view: View, key: str) -> InvitationWithSite:
    await limit_guessing(view)
    return await view.read(_look_up, key)


def _look_up(connection: Connection, key: str) -> InvitationWithSite:
    found = require_invitation(connection, key, Purpose.ROLE, clock.now())
    return InvitationWithSite(found, find_site(connection, found.site_id) if found.site_id is not None else None)
