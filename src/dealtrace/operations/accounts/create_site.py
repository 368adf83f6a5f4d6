"""Create sites with their first tokens, including the first site of a new installation."""

import secrets
from dataclasses import replace
from zoneinfo import ZoneInfo

from dealtrace.accounts.audit_entry import AuditedAction
from dealtrace.accounts.counter_code import COUNTER_CODE_ALPHABET, COUNTER_CODE_LENGTH
from dealtrace.accounts.site import TIME_ZONE_DEFAULT, Site, SiteId
from dealtrace.accounts.site_change import ChangeKind
from dealtrace.errors import NameTaken
from dealtrace.operations.accounts.change_site_settings import change_site_settings, checked_name, list_faults
from dealtrace.operations.accounts.issue_token import check_secret, issue_token
from dealtrace.operations.accounts.record_change import record_audit_entry, record_change
from dealtrace.operations.work import AccountWork, ids_taken_by, takes_ids
from dealtrace.record import record
from dealtrace.storage.accounts import sites
from dealtrace.storage.accounts.sites import list_sites

FIRST_LABEL = "first"
FIRST_NAME = "First site"


def create_site(work: AccountWork, site: Site) -> Site:
    """Create a site and return it; an id of 0 stands for the next free id, an empty counter code for a random code.

    If a user creates the site, its creation is recorded as its first change.

    Raises:
        InvalidSetting: the name is empty or too long.
        NameTaken: another site has this id.
    """
    site = replace(site, name=checked_name("name", site.name))
    if not site.id:
        site = replace(site, id=sites.next_site_id(work.connection))
    elif sites.find_site(work.connection, site.id) is not None:
        raise NameTaken(name=f"site {site.id}")
    if not site.counter_code:
        site = replace(site, counter_code=_new_counter_code())
    sites.insert_site(work.connection, site, work.now)
    if work.user_id is not None:
        record_change(work, site.id, ChangeKind.SETTING, "name", after=site.name)
    return site


def _new_counter_code() -> str:
    """Return a random code of eight characters, one of 36^8 possible codes."""
    return "".join(secrets.choice(COUNTER_CODE_ALPHABET) for _ in range(COUNTER_CODE_LENGTH))


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
    record_audit_entry(work, AuditedAction.SITE_CREATED, f"{site.id} {site.name}")
    if new.time_zone != TIME_ZONE_DEFAULT:
        site = change_site_settings(work, site.id, {"timezone": new.time_zone})
    issued = issue_token(work, site.id, FIRST_LABEL, secret=new.token)
    return SiteWithToken(site, issued.secret)


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
