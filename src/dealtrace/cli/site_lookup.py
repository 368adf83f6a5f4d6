"""Find the sites that a command works on."""

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.operations.accounts.require_site import require_site
from dealtrace.storage.accounts.sites import list_sites


def sites_to_search(connection: Connection, only: int | None) -> list[Site]:
    """List the site with the id `only`, or all sites if `only` is `None`.

    Raises:
        SiteNotFound: there is no such site.
    """
    return list_sites(connection) if only is None else [require_site(connection, only)]
