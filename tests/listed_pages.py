"""The table of pages as tests ask it: which line a path belongs to, and whom it admits."""

import re
from http import HTTPStatus

from dealtrace.accounts.rights import Role
from dealtrace.cabinet.gate import Page
from dealtrace.cabinet.routes import PAGES

PEOPLE: tuple[Role | None, ...] = (*Role, None)
"""Who uses the cabinet: people with a role at the site and no other rights and, as `None`, owners of the installation.

Each may do everything that those before may do.
"""


def pattern_of(path: str) -> re.Pattern[str]:
    """Return the pattern of the paths of a page of the table."""
    return re.compile("/cabinet" + re.sub(r"\{(\w+)(:int)?\}", lambda part: r"\d+" if part[2] else "[^/]+", path))


PATTERNS = [(page, pattern_of(page.path)) for page in PAGES]


def page_at(method: str, path: str) -> Page | None:
    """Return the page that a path and a method lead to, or `None` if the table has none."""
    return next((page for page, pattern in PATTERNS if page.method == method and pattern.fullmatch(path)), None)


def is_at_least(person: Role | None, role: Role | None) -> bool:
    """Return whether one of `PEOPLE` may do everything that another may do."""
    return PEOPLE.index(person) >= PEOPLE.index(role)


def may_use(person: Role | None, page: Page) -> bool:
    """Return whether one of `PEOPLE` may use a page."""
    return is_at_least(person, None if page.is_of_installation else page.role or Role.READER)


def refusal_of(page: Page) -> int:
    """Return the status that a page answers to people of the site who may not use it."""
    return HTTPStatus.NOT_FOUND if page.is_of_installation else HTTPStatus.FORBIDDEN
