"""One-time links that an owner passes on; each is shown only once, when it is created."""

from starlette.responses import Response

from dealtrace.accounts.invitation import INVITATION_AGE_MAX, PASSWORD_LINK_AGE_MAX
from dealtrace.accounts.rights import Role
from dealtrace.accounts.site import Site
from dealtrace.accounts.user import User
from dealtrace.cabinet.view import View
from dealtrace.operations.accounts.invite_user import invite_user, make_password_link


async def show_invitation(view: View, role: Role, site: Site | None, back: str) -> Response:
    """Create and show a link that gives a role on a site or, if `site` is `None`, ownership of the installation."""
    key = await view.manage(invite_user, role, site_id=site.id if site is not None else None)
    return view.page(
        "users/link.html",
        link=f"{view.origin}/cabinet/invitation?key={key}",
        whose=None,
        offered_site=site,
        offered_role=role,
        days=INVITATION_AGE_MAX.days,
        back=f"/cabinet{back}",
    )


async def show_password_link(view: View, user: User, back: str) -> Response:
    """Create and show a link with which a user can set a new password."""
    key = await view.manage(make_password_link, user.id)
    return view.page(
        "users/link.html",
        link=f"{view.origin}/cabinet/password?key={key}",
        whose=user,
        days=PASSWORD_LINK_AGE_MAX.days,
        back=f"/cabinet{back}",
    )
