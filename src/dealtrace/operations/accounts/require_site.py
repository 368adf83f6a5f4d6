"""Find a site that must exist."""

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.errors import SiteNotFound
from dealtrace.storage.accounts import accounts


def require_site(connection: Connection, site_id: int) -> Site:
    """Find a site by its id.

    Raises:
        SiteNotFound: there is no such site.
    """
    site = accounts.find_site(connection, site_id)
    if site is None:
        raise SiteNotFound(site_id=site_id)
    return site
