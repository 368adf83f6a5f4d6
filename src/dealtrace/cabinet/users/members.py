"""The users with a role on a site, for its owners."""

from http import HTTPStatus

from sqlalchemy import Connection
from starlette.responses import Response

from dealtrace import clock
from dealtrace.accounts.invitation import Invitation
from dealtrace.accounts.rights import Rights, Role
from dealtrace.cabinet.form_pages import done_text, redirect_with_message
from dealtrace.cabinet.gate import not_found_page
from dealtrace.cabinet.users import new_links, outside_mailings
from dealtrace.cabinet.users.account import role_of_form, store_role
from dealtrace.cabinet.view import View
from dealtrace.operations.accounts.invite_user import revoke_invitation
from dealtrace.operations.accounts.log_in import end_all_sessions
from dealtrace.record import record
from dealtrace.storage.accounts.invitations import list_role_invitations
from dealtrace.storage.accounts.users import list_rights

PLACE = "settings/users"


@record
class MembersPage:
    """The users with a role on a site, and the open invitations to it."""

    people: list[Rights]
    invitations: list[Invitation]


async def show(view: View) -> Response:
    """List the users and the open invitations."""
    members = await view.read(_look_up, view.current_site.id)
    return view.page(
        "users/members.html",
        outside=await view.read(outside_mailings.list_outside_lines, view.current_site, view.language),
        stop_addresses=outside_mailings.STOP_ADDRESSES,
        people=[
            (
                whose.user,
                whose.roles[view.current_site.id],
                view.rights.may_open_account_of(whose, view.current_site.id),
            )
            for whose in members.people
        ],
        invitations=members.invitations,
        site_names={view.current_site.id: view.current_site.name},
        roles=list(Role),
        done=done_text(view),
        is_listed=any(whose.user.id == view.rights.user.id for whose in members.people),
    )


async def change_role(view: View) -> Response:
    """Change a member's role on the site, or revoke it."""
    member = await _member(view)
    if member is None:
        return not_found_page(view)
    await store_role(view, member.user.id, view.current_site.id)
    return (
        redirect_with_message(view, PLACE, "saved") if member.user.id != view.rights.user.id else view.redirect_to("/")
    )


async def invite(view: View) -> Response:
    """Create and show a link that invites a person to the site."""
    role = role_of_form(view)
    if role is None:
        return not_found_page(view)
    return await new_links.show_invitation(view, role, view.current_site, f"/{view.current_site.id}/settings/users")


async def revoke(view: View) -> Response:
    """Revoke an invitation to the site."""
    site_id = view.current_site.id
    is_revoked = await view.manage(revoke_invitation, view.form.get("digest"), site_id=site_id)
    return redirect_with_message(view, PLACE, "link") if is_revoked else not_found_page(view)


async def make_password_link(view: View) -> Response:
    """Show a link with which a member sets a new password."""
    member = await _member(view)
    if member is None:
        return not_found_page(view)
    if not view.rights.may_open_account_of(member, view.current_site.id):
        return view.page("forbidden.html", HTTPStatus.FORBIDDEN, needed=Role.OWNER)
    return await new_links.show_password_link(view, member.user, f"/{view.current_site.id}/settings/users")


async def log_out(view: View) -> Response:
    """End all sessions of a member."""
    member = await _member(view)
    if member is None:
        return not_found_page(view)
    if not view.rights.may_open_account_of(member, view.current_site.id):
        return view.page("forbidden.html", HTTPStatus.FORBIDDEN, needed=Role.OWNER)
    await view.manage(end_all_sessions, member.user.id)
    return redirect_with_message(view, PLACE, "ended")


async def _member(view: View) -> Rights | None:
    """Return the member named in the form, or `None` if they have no role on the site."""
    members = await view.read(_look_up, view.current_site.id)
    return next((whose for whose in members.people if str(whose.user.id) == view.form.get("user")), None)


def _look_up(connection: Connection, site_id: int) -> MembersPage:
    return MembersPage(list_rights(connection, site_id), list_role_invitations(connection, clock.now(), site_id))
