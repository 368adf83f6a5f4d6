"""The users of the installation, for its owners: roles, invitations, and whether all need two-factor authentication."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection
from starlette.responses import Response

from dealtrace import clock
from dealtrace.accounts.invitation import Invitation
from dealtrace.accounts.rights import Rights, Role
from dealtrace.accounts.site import Site
from dealtrace.accounts.user import UserId
from dealtrace.cabinet.form_pages import done_text
from dealtrace.cabinet.gate import not_found_page
from dealtrace.cabinet.users import new_links
from dealtrace.cabinet.users.account import role_of_form
from dealtrace.cabinet.view import View
from dealtrace.operations.accounts.invite_user import revoke_invitation
from dealtrace.operations.accounts.second_factor import demand_second_factor
from dealtrace.record import record
from dealtrace.storage.accounts.installation import is_factor_demanded
from dealtrace.storage.accounts.invitations import list_role_invitations
from dealtrace.storage.accounts.sites import list_sites
from dealtrace.storage.accounts.users import find_times_of_use, list_rights

OWN_INSTALLATION = "installation"
"""The form value of an invitation to own the installation; other values are the ids of sites."""


@record
class UsersPage:
    """The users and when each was last seen, the sites, the invitations, and whether all users need a second factor."""

    users: list[Rights]
    seen_at: Mapping[UserId, datetime]
    sites: list[Site]
    invitations: list[Invitation]
    is_factor_demanded: bool


async def show(view: View) -> Response:
    """List the users and the open invitations."""
    people = await view.read(_look_up)
    return view.page(
        "users/users.html",
        people=people,
        site_names={site.id: site.name for site in people.sites},
        roles=list(Role),
        done=done_text(view),
        whole=OWN_INSTALLATION,
    )


async def invite(view: View) -> Response:
    """Create and show a link that invites a person to a site, or to become an owner of the installation."""
    at, role = view.form.get("site"), role_of_form(view)
    sites = {str(site.id): site for site in await view.read(list_sites)}
    if at == OWN_INSTALLATION:
        return await new_links.show_invitation(view, Role.OWNER, None, "/users")
    if role is None or at not in sites:
        return not_found_page(view)
    return await new_links.show_invitation(view, role, sites[at], "/users")


async def revoke(view: View) -> Response:
    """Revoke an invitation."""
    is_revoked = await view.manage(revoke_invitation, view.form.get("digest"))
    return view.redirect_to("/users?done=link") if is_revoked else not_found_page(view)


async def demand(view: View) -> Response:
    """Require two-factor authentication for all users, or stop requiring it."""
    await view.manage(demand_second_factor, is_demanded=view.form.has("is_demanded"))
    return view.redirect_to("/users?done=saved")


def _look_up(connection: Connection) -> UsersPage:
    return UsersPage(
        list_rights(connection),
        find_times_of_use(connection),
        list_sites(connection),
        list_role_invitations(connection, clock.now()),
        is_factor_demanded(connection),
    )
