"""The data about a deal's lead that responses contain: its client, its visits and its source."""

from datetime import timedelta

from dealtrace.attribution.origin import LeadVisit, Origin, origin_of_lead
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.leads.client import Client
from dealtrace.leads.lead import LeadRef
from dealtrace.record import record


@record
class LeadSummary:
    """A deal's lead with its client, visits and source.

    `visit` has the lead's own visit and the visit that the site's attribution model credits; it is `None` if the lead
    has no visit, and then `stated_source` applies.
    """

    ref: LeadRef
    client: Client
    visit: LeadVisit | None
    duration: timedelta = timedelta(0)
    form_name: str = ""
    stated_source: TrafficSource | None = None

    @property
    def origin(self) -> Origin:
        """The origin of the lead: its visits, or its stated source."""
        return origin_of_lead(self.visit, self.stated_source)
