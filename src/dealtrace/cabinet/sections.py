"""The sections of a site in the header, and the roles that may open them."""

from dealtrace.accounts.role import Role
from dealtrace.accounts.site import Site
from dealtrace.record import record


@record
class Section:
    """A section: its path below the site, its title in English, and the least role that may open it."""

    place: str
    title: str
    role: Role


@record
class Link:
    """A link to a section of a site."""

    path: str
    title: str


SECTIONS = (
    Section("reports", "Reports", Role.READER),
    Section("deals", "Deals", Role.ANALYST),
    Section("leads", "Leads", Role.ANALYST),
    Section("requests", "Requests", Role.OWNER),
    Section("settings", "Settings", Role.ANALYST),
)


def sections_of(site: Site, role: Role) -> list[Link]:
    """List the sections of a site that a role may open."""
    return [
        Link(f"/cabinet/{site.id}/{section.place}", section.title)
        for section in SECTIONS
        if role.includes(section.role)
    ]
