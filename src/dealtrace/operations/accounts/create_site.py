"""Create sites."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.errors import NameTaken
from dealtrace.operations.accounts.set_site import checked_name
from dealtrace.storage.accounts import sites


def create_site(connection: Connection, site: Site, now: datetime) -> Site:
    """Keep a new site; without an id (0) it gets the next one. A site brought along keeps the vendor's.

    Raises:
        InvalidSetting: no name, or too long a one.
        NameTaken: there is a site of this id.
    """
    site = replace(site, name=checked_name("name", site.name))
    if not site.id:
        site = replace(site, id=sites.next_site_id(connection))
    elif sites.find_site(connection, site.id) is not None:
        raise NameTaken(name=f"site {site.id}")
    sites.insert_site(connection, site, now)
    return site
