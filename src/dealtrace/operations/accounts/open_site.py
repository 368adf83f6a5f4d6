"""Create a site with its first API token."""

from zoneinfo import ZoneInfo

from dealtrace.accounts.account_act import ActKind
from dealtrace.accounts.site import TIME_ZONE_DEFAULT, Site, SiteId
from dealtrace.operations.accounts.change_site_settings import change_site_settings, checked_name, list_faults
from dealtrace.operations.accounts.create_site import create_site
from dealtrace.operations.accounts.issue_token import check_secret, issue_token
from dealtrace.operations.accounts.record_act import record_act
from dealtrace.operations.work import AccountWork, ids_taken_by, takes_ids
from dealtrace.record import record

FIRST_LABEL = "first"


@record
class NewSite:
    """A site to create; an id of 0 stands for the next free id, and without a token a random token is issued."""

    name: str
    time_zone: str
    points_per_day: int
    site_id: int = 0
    token: str | None = None


@record
class SiteWithToken:
    """A new site, and its token's secret, which is shown only once."""

    site: Site
    secret: str


def check_new_site(new: NewSite) -> None:
    """Raise `InvalidSetting` if the name, the time zone or the token is not valid; no database is needed."""
    checked_name("name", new.name)
    for fault in list_faults({"timezone": new.time_zone}):
        raise fault
    if new.token is not None:
        check_secret(new.token)


@takes_ids(ids_taken_by(issue_token))
def open_site(work: AccountWork, new: NewSite) -> SiteWithToken:
    """Create a site and its first token, and return both.

    Raises:
        InvalidSetting: the name, the time zone or the token is not valid.
        NameTaken: another site has the id `new.site_id`, or the token is or was in use.
    """
    draft = Site(SiteId(new.site_id), new.name, ZoneInfo(TIME_ZONE_DEFAULT), points_per_day=new.points_per_day)
    site = create_site(work, draft)
    record_act(work, ActKind.SITE_CREATED, f"{site.id} {site.name}")
    if new.time_zone != TIME_ZONE_DEFAULT:
        site = change_site_settings(work, site.id, {"timezone": new.time_zone})
    issued = issue_token(work, site.id, FIRST_LABEL, secret=new.token)
    return SiteWithToken(site, issued.secret)
