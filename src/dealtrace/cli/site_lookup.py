"""Which sites a command works on."""

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.errors import SiteNotFound
from dealtrace.storage.accounts.accounts import find_site, list_sites


def require_site(connection: Connection, site_id: int) -> Site:
    """Return the site with this id.

    Raises:
        SiteNotFound: there is none.
    """
    site = find_site(connection, site_id)
    if site is None:
        raise SiteNotFound(site_id=site_id)
    return site


def sites_to_search(connection: Connection, only: int | None) -> list[Site]:
    """List the site that `--site` names, or all sites if it is not given.

    Raises:
        SiteNotFound: there is no site `only`.
    """
    return list_sites(connection) if only is None else [require_site(connection, only)]
