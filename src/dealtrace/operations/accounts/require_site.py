"""Find a site that must exist."""

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.errors import SiteNotFound
from dealtrace.storage.accounts import sites


def require_site(connection: Connection, site_id: int) -> Site:
    """Find a site by its id.

    Raises:
        SiteNotFound: there is no such site.
    """
    site = sites.find_site(connection, site_id)
    if site is None:
        raise SiteNotFound(site_id=site_id)
    return site
