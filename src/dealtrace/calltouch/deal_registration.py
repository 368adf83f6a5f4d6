"""The registration of a deal from the parameters of the deals API 1.0, with its lead or together with a new lead."""

from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.calltouch.answers.clocks import utc_of_wall_clock
from dealtrace.calltouch.parameters import CLIENT_API_ID
from dealtrace.deals.lead_clue import LeadClue
from dealtrace.deals.registration import Registration
from dealtrace.http.caller import Caller
from dealtrace.http.parameters import Sent


def registration_of(
    caller: Caller,
    sent: Sent,
    clue: LeadClue,
    *,
    tags: tuple[str, ...] = (),
    stated_source: TrafficSource | None = None,
) -> Registration:
    """Build a registration from the parameters; the date sent is in the site's time zone."""
    return Registration(
        number=sent.get("orderNumber"),
        status=sent["orderStatus"],
        amount_rub=sent["orderSum"],
        amount_as_sent=sent.texts["orderSum"],
        happened_at=utc_of_wall_clock(sent["orderDate"], caller.site.time_zone),
        service=sent["service"],
        manager=sent.get("manager"),
        comment=sent.get("orderComment"),
        tags=tags,
        custom_values=sent.custom,
        stated_source=stated_source,
        clue=clue,
        fingerprint=sent.fingerprint(without=CLIENT_API_ID.name),
    )
