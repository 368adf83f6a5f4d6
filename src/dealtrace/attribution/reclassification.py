"""Reclassify past visits, except those whose source was stated, and describe the progress for a site."""

import hashlib
from dataclasses import replace
from datetime import datetime

from dealtrace.attribution.classification import classify
from dealtrace.attribution.landing_tags import click_ids_of, utm_of
from dealtrace.attribution.site_hosts import NO_HOSTS, SiteHosts
from dealtrace.attribution.visit import Visit
from dealtrace.record import record


@record
class Reclassification:
    """The progress of classifying visits again by the hosts in the site's settings.

    `hosts_digest` identifies these hosts. `after_visitor` is the last visitor whose visits have been classified,
    empty at the start. `leads_moved` counts the leads whose credited visit or source has changed.
    """

    hosts_digest: str
    started_at: datetime
    visits: int = 0
    visits_changed: int = 0
    leads_moved: int = 0
    after_visitor: str = ""

    def after(self, visitor_id: str, *, visits: int, changed: int, moved: int) -> "Reclassification":
        """Return the progress after reclassifying the visits of more visitors, the last of which is `visitor_id`."""
        return replace(
            self,
            visits=self.visits + visits,
            visits_changed=self.visits_changed + changed,
            leads_moved=self.leads_moved + moved,
            after_visitor=visitor_id,
        )


def digest_of_hosts(hosts: SiteHosts) -> str:
    """Return a digest of the hosts in a site's settings; if it changes, the visits must be classified again."""
    listed = "\n".join(f"{host} {known.kind} {known.name}" for host, known in sorted(hosts.known.items()))
    return hashlib.sha256(listed.encode()).hexdigest()


def reclassified(visit: Visit, hosts: SiteHosts = NO_HOSTS) -> Visit:
    """Return a visit classified again by `hosts` and the rules of this release.

    If the file that the visit was imported from stated its source, only the click ids change. A visit with neither a
    landing URL nor a referrer is returned unchanged.
    """
    if not visit.landing_url and not visit.referrer:
        return visit
    if _is_stated(visit):
        return replace(visit, click_ids=click_ids_of(visit.landing_url))
    return replace(
        visit,
        traffic_source=classify(visit.landing_url, visit.referrer, hosts),
        utm=utm_of(visit.landing_url),
        click_ids=click_ids_of(visit.landing_url),
    )


def _is_stated(visit: Visit) -> bool:
    """Return whether the source of a visit was stated by the file that the visit was imported from.

    Ours: for visits stored without this fact, the source counts as stated if the URLs of the landing page and the
    referring page give another source. If in doubt, the source is kept, because a replaced source is lost for good.
    """
    if visit.has_stated_source is not None:
        return visit.has_stated_source
    return visit.traffic_source != classify(visit.landing_url, visit.referrer)
