"""Create the first site of a new installation, so that deals can be sent without further preparation."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from dealtrace.accounts.site import Site, SiteId
from dealtrace.operations.accounts.create_site import create_site
from dealtrace.operations.accounts.issue_token import issue_token
from dealtrace.record import record
from dealtrace.storage.accounts.sites import list_sites
from dealtrace.storage.id_blocks import IdBlocks

FIRST_NAME = "First site"
FIRST_LABEL = "first"


@record
class FirstSite:
    """The first site, and the secret of its token, which is shown only once."""

    site_id: SiteId
    secret: str


def open_first_site(
    connection: Connection, ids: IdBlocks, time_zone: str, points_per_day: int, now: datetime
) -> FirstSite | None:
    """Create the first site and its token, and return both; return `None` if a site exists already."""
    if list_sites(connection):
        return None
    first = Site(SiteId(0), FIRST_NAME, ZoneInfo(time_zone), points_per_day=points_per_day)
    site = create_site(connection, first, now)
    return FirstSite(site.id, issue_token(connection, ids, site.id, FIRST_LABEL, now).secret)
