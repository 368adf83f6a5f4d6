"""Find a site that must exist."""

from collections.abc import Callable
from typing import TypeAlias

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.errors import SiteNotFound
from dealtrace.storage.accounts import sites

ReadSite: TypeAlias = Callable[[Connection], Site]
"""A function that reads a site again in each transaction of a long run; an exception that it raises ends the run."""


def require_site(connection: Connection, site_id: int) -> Site:
    """Find a site by its id.

    Raises:
        SiteNotFound: there is no such site.
    """
    site = sites.find_site(connection, site_id)
    if site is None:
        raise SiteNotFound(site_id=site_id)
    return site
