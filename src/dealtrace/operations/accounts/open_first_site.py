"""Create the first site of a new installation, so that deals can be sent without further preparation."""

from dealtrace.accounts.site import SiteId
from dealtrace.operations.accounts.open_site import NewSite, open_site
from dealtrace.operations.work import AccountWork, ids_taken_by, takes_ids
from dealtrace.record import record
from dealtrace.storage.accounts.sites import list_sites

FIRST_NAME = "First site"


@record
class FirstSite:
    """The first site, and its token's secret, which is shown only once."""

    site_id: SiteId
    secret: str


@takes_ids(ids_taken_by(open_site))
def open_first_site(work: AccountWork, time_zone: str, points_per_day: int) -> FirstSite | None:
    """Create the first site and its token, and return both; return `None` if a site exists already."""
    if list_sites(work.connection):
        return None
    opened = open_site(work, NewSite(FIRST_NAME, time_zone, points_per_day))
    return FirstSite(opened.site.id, opened.secret)
