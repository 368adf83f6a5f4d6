"""What answers about a deal contain about its lead: the client, the credited visit, the source."""

from datetime import timedelta

from dealtrace.attribution.origin import LeadVisit, Origin, origin_of_lead
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.leads.client import Client
from dealtrace.leads.lead import LeadRef
from dealtrace.record import record


@record
class LeadStory:
    """A lead with its client; `visit` has its own and the credited visit under the site's model, `None` if it has none.

    `stated_source` applies if there is no visit. `duration` is of a call, `form_name` of a lead request.
    """

    ref: LeadRef
    client: Client
    visit: LeadVisit | None
    duration: timedelta = timedelta(0)
    form_name: str = ""
    stated_source: TrafficSource | None = None

    @property
    def origin(self) -> Origin:
        """Where the lead comes from."""
        return origin_of_lead(self.visit, self.stated_source)
