"""The sections of a site in the header, by the role that opens them."""

from dealtrace.accounts.role import Role
from dealtrace.accounts.site import Site
from dealtrace.record import record


@record
class Section:
    """A section: its place below the site, its title in English, and the least role that opens it."""

    place: str
    title: str
    role: Role


@record
class Link:
    """A section of one site."""

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
    """List the sections of a site that a role opens."""
    return [
        Link(f"/cabinet/{site.id}/{section.place}", section.title)
        for section in SECTIONS
        if role.includes(section.role)
    ]
