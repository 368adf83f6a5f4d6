"""The sections of a site in the header, and the roles that may open them."""

from dealtrace.accounts.rights import Role
from dealtrace.accounts.site import Site
from dealtrace.record import record


@record
class Section:
    """A section: its path below the site, its title in English, and the lowest role that may open it.

    `key` is pressed after `g` to open it, see `keyboard_shortcuts.py`. If `has_period` is true, the section shows a
    period, and links to it keep the period.
    """

    place: str
    title: str
    role: Role
    key: str
    has_period: bool = False


@record
class Link:
    """A link to a section of a site."""

    path: str
    title: str
    key: str
    has_period: bool


SECTIONS = (
    Section("reports", "Reports", Role.READER, "r", has_period=True),
    Section("deals", "Deals", Role.ANALYST, "d", has_period=True),
    Section("leads", "Leads", Role.ANALYST, "l", has_period=True),
    Section("requests", "Requests", Role.OWNER, "q"),
    Section("settings", "Settings", Role.ANALYST, "s"),
)


def sections_of(site: Site, role: Role) -> list[Link]:
    """List the sections of a site that a role may open."""
    return [
        Link(f"/cabinet/{site.id}/{section.place}", section.title, section.key, section.has_period)
        for section in SECTIONS
        if role.includes(section.role)
    ]
