"""Start a demo in a new site or in an empty site."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from dealtrace.accounts.audit_entry import AuditedAction
from dealtrace.accounts.site import TIME_ZONE_DEFAULT, Site, SiteId
from dealtrace.accounts.site_change import ChangeKind
from dealtrace.demo.company import PAYMENT_FIELD, PRODUCT_FIELD
from dealtrace.demo.refusals import DemoExists, SiteNotEmpty, SiteUnfit
from dealtrace.demo.rhythm import DAY, DAYS
from dealtrace.leads.file_import import FileImport
from dealtrace.operations.accounts.create_site import create_site
from dealtrace.operations.accounts.custom_fields import add_custom_field
from dealtrace.operations.accounts.issue_token import issue_token
from dealtrace.operations.accounts.record_change import record_audit_entry, record_change
from dealtrace.operations.accounts.require_site import require_site
from dealtrace.operations.demo.mark import GIVEN_SITE, OWN_SITE, find_demo, list_demos
from dealtrace.operations.work import AccountWork, ids_taken_by, takes_ids
from dealtrace.quota.points import PaidMethod
from dealtrace.record import record
from dealtrace.storage.accounts.revision import raise_revision
from dealtrace.storage.leads.file_imports import insert_file_import
from dealtrace.storage.site_rows import count_site_rows

NAME = "Demo"
LABEL = "demo"


@record
class BegunDemo:
    """The site of a new demo, the secret of its token, and the time of its beginning, at which its year of data ends.

    `secret` is `None` if the site existed before.
    """

    site: Site
    secret: str | None
    begun_at: datetime


@takes_ids(ids_taken_by(issue_token))
def begin_own_site(work: AccountWork) -> BegunDemo:
    """Create the site of a demo and its token, and return both; the site's creation date is the first day of its data.

    Raises:
        DemoExists: a site already has a demo.
    """
    _wait_for_others(work.connection)
    for demo in list_demos(work.connection):
        raise DemoExists(site_id=demo.site.id)
    new = Site(SiteId(0), NAME, ZoneInfo(TIME_ZONE_DEFAULT), contact_matching=True)
    site = create_site(replace(work, now=work.now - DAYS * DAY), new)
    record_audit_entry(work, AuditedAction.SITE_CREATED, f"{site.id} {site.name}")
    issued = issue_token(work, site.id, LABEL)
    return BegunDemo(_begin(work, site, OWN_SITE), issued.secret, work.now)


def begin_given_site(work: AccountWork, site_id: int) -> BegunDemo:
    """Start a demo in an existing site that has no data.

    Raises:
        SiteNotFound: there is no such site.
        DemoExists: the site already has a demo.
        SiteNotEmpty: the site has data.
        SiteUnfit: matching by contact is off.
    """
    _wait_for_others(work.connection)
    site = require_site(work.connection, site_id)
    if find_demo(work.connection, site) is not None:
        raise DemoExists(site_id=site_id)
    if rows := count_site_rows(work.connection, site_id):
        raise SiteNotEmpty(site_id=site_id, rows=", ".join(f"{name}: {count}" for name, count in rows.items()))
    if not site.contact_matching:
        raise SiteUnfit(site_id=site_id)
    return BegunDemo(_begin(work, site, GIVEN_SITE), None, work.now)


def _wait_for_others(connection: Connection) -> None:
    """Wait until no other transaction is starting a demo, and make later transactions wait for this one.

    All of them update the same row.
    """
    raise_revision(connection)


def _begin(work: AccountWork, site: Site, digest: str) -> Site:
    """Mark the site as a demo, add custom fields, and return the site with the settings to use while it is filled.

    These settings are not stored.

    Ours: as when a file is imported, storing the demo's data spends no points (the API's daily quota) and sends nothing
    to webhooks.
    """
    insert_file_import(work.connection, site.id, FileImport(digest, work.now))
    record_change(work, site.id, ChangeKind.DEMO, LABEL, after=LABEL)
    for name in (PRODUCT_FIELD, PAYMENT_FIELD):
        add_custom_field(work, site.id, name)
    site = require_site(work.connection, site.id)
    return replace(site, point_costs=dict.fromkeys(PaidMethod, 0), points_per_day=0, listeners=())
