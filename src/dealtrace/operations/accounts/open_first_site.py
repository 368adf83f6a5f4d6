"""Create the first site of a new installation, so that deals can be sent without further preparation."""

from datetime import datetime

from sqlalchemy import Connection

from dealtrace.accounts.site import SiteId
from dealtrace.operations.accounts.open_site import NewSite, open_site
from dealtrace.operations.work import ids_of, takes_ids
from dealtrace.record import record
from dealtrace.storage.accounts.sites import list_sites
from dealtrace.storage.id_blocks import IdBlocks

FIRST_NAME = "First site"


@record
class FirstSite:
    """The first site, and its token's secret, which is shown only once."""

    site_id: SiteId
    secret: str


@takes_ids(ids_of(open_site))
def open_first_site(
    connection: Connection, ids: IdBlocks, time_zone: str, points_per_day: int, now: datetime
) -> FirstSite | None:
    """Create the first site and its token, and return both; return `None` if a site exists already."""
    if list_sites(connection):
        return None
    opened = open_site(connection, ids, NewSite(FIRST_NAME, time_zone, points_per_day), now)
    return FirstSite(opened.site.id, opened.secret)
