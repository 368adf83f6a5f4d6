"""The progress of classifying a site's past visits again."""

import hashlib
from dataclasses import replace
from datetime import datetime

from dealtrace.attribution.site_hosts import SiteHosts
from dealtrace.record import record


@record
class Reclassification:
    """The progress of classifying visits again by the hosts in the site's settings.

    `hosts_digest` identifies these hosts. `after_visitor` is the last visitor whose visits are done, empty at the
    start. `leads_moved` counts the leads whose credited visit or source has changed.
    """

    hosts_digest: str
    started_at: datetime
    visits: int = 0
    visits_changed: int = 0
    leads_moved: int = 0
    after_visitor: str = ""

    def after(self, visitor_id: str, *, visits: int, changed: int, moved: int) -> "Reclassification":
        """Return the progress once the visits of further visitors were reclassified, up to those of `visitor_id`."""
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
