"""What is told of a lead to whoever asks about its deal: the client, the credited visit, the circumstances."""

from datetime import timedelta

from dealtrace.attribution.origin import Origin, origin_of_lead
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.attribution.visit import Visit
from dealtrace.leads.client import Client
from dealtrace.leads.lead import LeadRef
from dealtrace.record import record


@record
class LeadStory:
    """A lead with its client and the visit that its site's attribution model credits (`None`: there is none).

    `stated_source` is what the lead's sender says of its source; it counts while there is no visit. `duration` is
    a call's, `form_name` a lead request's.
    """

    ref: LeadRef
    client: Client
    visit: Visit | None
    duration: timedelta = timedelta(0)
    form_name: str = ""
    stated_source: TrafficSource | None = None

    @property
    def origin(self) -> Origin:
        """Where the lead comes from."""
        return origin_of_lead(self.visit, self.stated_source)
