"""The account of another user, for owners of the installation."""

from http import HTTPStatus

from starlette.responses import Response

from dealtrace.accounts.rights import Rights, Role
from dealtrace.accounts.user import UserId
from dealtrace.cabinet.form_pages import done_text, fault_text
from dealtrace.cabinet.gate import not_found_page
from dealtrace.cabinet.users import new_links, outside_mailings
from dealtrace.cabinet.view import View
from dealtrace.errors import InvalidSetting
from dealtrace.operations.accounts.log_in import end_all_sessions
from dealtrace.operations.accounts.manage_user import delete_user, give_role, set_owner, take_role
from dealtrace.operations.accounts.second_factor import reset_second_factor
from dealtrace.storage.accounts.sites import list_sites
from dealtrace.storage.accounts.users import find_rights
from dealtrace.whole_number import ID_MAX


async def show(view: View) -> Response:
    """Show a user's roles, and the forms that change the account."""
    whose = await _whose(view)
    return await _page(view, HTTPStatus.OK, whose) if whose is not None else not_found_page(view)


async def change_role(view: View) -> Response:
    """Give the user a role on a site, or revoke it."""
    whose, site_id = await _whose(view), view.form.get("site")
    sites = {str(site.id): site for site in await view.read(list_sites)}
    if whose is None or site_id not in sites:
        return not_found_page(view)
    await store_role(view, whose.user.id, sites[site_id].id)
    return _back(view, whose)


async def change_ownership(view: View) -> Response:
    """Make a user an owner of the installation or a normal user, or show why this is refused."""
    whose = await _whose(view)
    if whose is None:
        return not_found_page(view)
    try:
        await view.manage(set_owner, whose.user.id, is_owner=view.form.has("is_owner"))
    except InvalidSetting as refusal:
        return await _page(view, HTTPStatus.BAD_REQUEST, whose, fault_text(refusal, view.language))
    return _back(view, whose) if view.rights.user.id != whose.user.id else view.redirect_to("/")


async def make_password_link(view: View) -> Response:
    """Show a link with which the user sets a new password."""
    whose = await _whose(view)
    if whose is None:
        return not_found_page(view)
    return await new_links.show_password_link(view, whose.user, f"/users/{whose.user.id}")


async def log_out(view: View) -> Response:
    """End all sessions of a user, such as those of a lost or stolen device."""
    whose = await _whose(view)
    if whose is None:
        return not_found_page(view)
    await view.manage(end_all_sessions, whose.user.id)
    return _back(view, whose, "ended")


async def reset_factor(view: View) -> Response:
    """Turn off two-factor authentication for a user who lost their device."""
    whose = await _whose(view)
    if whose is None:
        return not_found_page(view)
    await view.manage(reset_second_factor, whose.user.login)
    return _back(view, whose)


async def delete(view: View) -> Response:
    """Delete a user, or show why this is refused."""
    whose = await _whose(view)
    if whose is None:
        return not_found_page(view)
    if not view.form.has("is_sure"):
        fault = view.translate("Tick the box to confirm the deletion")
        return await _page(view, HTTPStatus.BAD_REQUEST, whose, fault)
    try:
        await view.manage(delete_user, whose.user.login)
    except InvalidSetting as refusal:
        return await _page(view, HTTPStatus.BAD_REQUEST, whose, fault_text(refusal, view.language))
    return view.redirect_to("/users?done=deleted")


def role_of_form(view: View) -> Role | None:
    """Return the role in a form, or `None` if it has no valid role."""
    named = view.form.get("role")
    return Role(named) if named in tuple(Role) else None


async def store_role(view: View, user_id: UserId, site_id: int) -> None:
    """Change a user's role on a site to the role chosen in the form, or remove it if no valid role is chosen."""
    role = role_of_form(view)
    if role is None:
        await view.manage(take_role, user_id, site_id)
    else:
        await view.manage(give_role, user_id, site_id, role)


async def _whose(view: View) -> Rights | None:
    user_id = view.request.path_params["user"]
    return await view.read(find_rights, user_id) if user_id <= ID_MAX else None


async def _page(view: View, status: int, whose: Rights, fault: str = "") -> Response:
    sites = await view.read(list_sites)
    return view.page(
        "users/account.html",
        status,
        fault=fault,
        done=done_text(view) if not fault else "",
        whose=whose.user,
        at_sites=[(site, whose.roles.get(site.id)) for site in sites],
        roles=list(Role),
        outside=await view.read(outside_mailings.lines_by_site, sites, whose, view.language),
    )


def _back(view: View, whose: Rights, done: str = "saved") -> Response:
    return view.redirect_to(f"/users/{whose.user.id}?done={done}")
