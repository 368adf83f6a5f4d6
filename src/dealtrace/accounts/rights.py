"""The roles of users on sites, and the rights that they give."""

from collections.abc import Mapping
from enum import StrEnum

from dealtrace.accounts.site import SiteId
from dealtrace.accounts.user import User
from dealtrace.record import record


class Role(StrEnum):
    """A user's role on a site; each role may do everything that the roles before it may do.

    A reader sees reports without contacts. An analyst also sees contacts, and works with deals, leads, statuses,
    columns, alerts, reports by e-mail, costs and rates. An owner may do everything.
    """

    READER = "reader"
    ANALYST = "analyst"
    OWNER = "owner"

    def includes(self, other: "Role") -> bool:
        """Return whether this role may do everything that the role `other` may do."""
        ranks = tuple(Role)
        return ranks.index(self) >= ranks.index(other)


@record
class Rights:
    """A user and their roles by site; an owner of the installation owns every site, including future sites."""

    user: User
    roles: Mapping[SiteId, Role]

    def role_at(self, site_id: int) -> Role | None:
        """Return the role on a site, or `None` if the user has none; they must then not learn that the site exists."""
        return Role.OWNER if self.user.is_owner else self.roles.get(SiteId(site_id))

    def may_open_account_of(self, other: "Rights", site_id: int) -> bool:
        """Return whether this user has the right to make a link to a new password for `other`, and to log `other` out.

        Ours: this user must own the site, and `other` must have no rights on other sites, since a person who uses the
        link gets all rights of `other`.
        """
        if self.user.is_owner:
            return True
        return self.role_at(site_id) is Role.OWNER and not other.user.is_owner and set(other.roles) == {site_id}


def may_see_contacts(person: Rights | None, site_id: int) -> bool:
    """Return whether a person may see contacts of a site; only its analysts and owners may.

    Ours: a person who is not a user, such as an e-mail recipient without a login, sees what a reader sees, as does
    everyone who has a shared link.
    """
    role = person.role_at(site_id) if person is not None else None
    return role is not None and role.includes(Role.ANALYST)
