"""What people keep on the page of reports: saved reports and segments, own ones and those of the site."""

from collections.abc import Awaitable, Callable

from starlette.responses import Response

from dealtrace.accounts.role import Role
from dealtrace.cabinet.gate import FORBIDDEN, not_found
from dealtrace.cabinet.settings.page import Faults, fault_text, lead_back
from dealtrace.cabinet.view import View
from dealtrace.errors import InvalidSetting, NameTaken
from dealtrace.record import record

OWN, SITES = "own", "site"
"""Whose something kept is, as forms state it."""


@record
class Draft:
    """A form that was refused: whose the thing is to be, its name, and the question as an address holds it."""

    whose: str = OWN
    name: str = ""
    query: str = ""


NO_DRAFT = Draft()


def draft_of(view: View, query: str) -> Draft:
    """Return what a form states; `query` is its question, already parsed once and written again."""
    return Draft(view.form.get("whose"), view.form.get("name"), query)


def whose_of(user_id: int | None) -> str:
    """Return whose something is, as forms state it; `None` is the site's."""
    return SITES if user_id is None else OWN


def owner_of(view: View, whose: str) -> int | None:
    """Return the user that something belongs to, `None` if it is the site's."""
    return None if whose == SITES else view.who.user.id


def may_change(view: View, whose: str) -> bool:
    """Return whether the person may keep, rename and delete: their own always, the site's from analyst up."""
    return whose != SITES or (view.role is not None and view.role.includes(Role.ANALYST))


def forbidden(view: View) -> Response:
    """Return the page for those who may not change what is the site's."""
    return view.page("forbidden.html", FORBIDDEN, needed=Role.ANALYST)


async def change_kept(
    view: View,
    place: str,
    *,
    rename: Callable[[int | None, str, str], Awaitable[bool]],
    delete: Callable[[int | None, str], Awaitable[bool]],
    show_faults: Callable[[Faults], Awaitable[Response]],
    taken: str,
) -> Response:
    """Rename or delete what a form names; `taken` is the fault of a new name that another one has.

    `rename` gets the owner, the name and the new name, `delete` the owner and the name; both return `False` if there
    is nothing of the name.
    """
    whose, name = view.form.get("whose"), view.form.get("name")
    if not may_change(view, whose):
        return forbidden(view)
    user_id = owner_of(view, whose)
    try:
        if view.form.get("act") == "delete":
            done = "removed" if await delete(user_id, name) else ""
        else:
            done = "saved" if await rename(user_id, name, view.form.get("new_name")) else ""
    except NameTaken:
        return await show_faults({"": taken})
    except InvalidSetting as refusal:
        return await show_faults({"": fault_text(refusal, view.language)})
    return lead_back(view, place, done) if done else not_found(view)
