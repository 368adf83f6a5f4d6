"""Find the sites that a command works on."""

import typer
from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.cli.terminal import fail
from dealtrace.operations.accounts.require_site import require_site
from dealtrace.storage.accounts.sites import list_sites

SITES_NAMED_MAX = 20
"""How many sites a message names at most; an installation may have thousands."""


def sites_to_search(connection: Connection, only: int | None) -> list[Site]:
    """List the site with the id `only`, or all sites if `only` is `None`.

    Raises:
        SiteNotFound: there is no such site.
    """
    return list_sites(connection) if only is None else [require_site(connection, only)]


def site_to_list(connection: Connection, only: int | None) -> Site:
    """Return the site with the id `only`, or the only site if `only` is `None`.

    If `only` is `None` and there is no site, the command ends with an error message.

    Raises:
        BadParameter: `only` is `None` and there are several sites.
        SiteNotFound: there is no such site.
    """
    sites = sites_to_search(connection, only)
    if not sites:
        fail("No site exists. To create one: dealtrace site create NAME")
    if len(sites) > 1:
        named = ", ".join(str(site.id) for site in sites[:SITES_NAMED_MAX])
        more = f" and {len(sites) - SITES_NAMED_MAX} more" if len(sites) > SITES_NAMED_MAX else ""
        raise typer.BadParameter(f"Several sites exist. Add --site for one of them: {named}{more}")
    return sites[0]
