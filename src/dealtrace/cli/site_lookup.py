"""Which sites a command works on."""

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.operations.accounts.require_site import require_site
from dealtrace.storage.accounts.sites import list_sites


def sites_to_search(connection: Connection, only: int | None) -> list[Site]:
    """List the site that `--site` names, or all sites if it is not given.

    Raises:
        SiteNotFound: there is no site `only`.
    """
    return list_sites(connection) if only is None else [require_site(connection, only)]
