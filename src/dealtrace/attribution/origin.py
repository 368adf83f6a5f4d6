"""The origin of a lead or a deal: the visit or stated source that it comes from, the same for every HTTP edge."""

from datetime import UTC, datetime
from urllib.parse import urlsplit

from dealtrace.attribution.traffic_source import NOWHERE, TrafficSource
from dealtrace.attribution.visit import Visit, VisitId
from dealtrace.record import record

NO_VISIT = Visit(VisitId(0), "", datetime.min.replace(tzinfo=UTC), NOWHERE)
"""The placeholder in the `details` of an origin without a visit; all its texts are empty."""


@record
class LeadVisit:
    """The visit that a lead names, and the visit that a model credits most for it; often both are the same."""

    own: Visit
    credited: Visit


@record
class Origin:
    """The origin of a lead or a deal: a visit, a stated source, or unknown.

    `visit` is the visit that the lead names, `credited` the visit that the model credits most. `details` is `visit`, or
    `NO_VISIT` without one. `source` is the traffic source of the credited visit, and `utm` holds the utm tags of its
    landing page; without a visit, both are the stated source. `is_known` is whether there is a visit or a stated
    source, even one whose parts are all empty.
    """

    visit: Visit | None = None
    details: Visit = NO_VISIT
    credited: Visit | None = None
    source: TrafficSource = NOWHERE
    utm: TrafficSource = NOWHERE
    is_known: bool = False

    @property
    def visit_id(self) -> VisitId | None:
        """The id of the visit that the lead names.

        Seed: «идентификатор сессии Calltouch, который Вы отправили в запросе ранее».
        """
        return self.visit.id if self.visit is not None else None

    @property
    def visited_at(self) -> datetime | None:
        """The start of the visit that the lead names, or `None` without a visit."""
        return self.visit.started_at if self.visit is not None else None

    @property
    def landing_host(self) -> str:
        """The host of the landing page, in lower case and without a port, or an empty text if the URL has none."""
        try:
            return urlsplit("/".join(self.details.landing_url.split("/", 3)[:3])).hostname or ""
        except ValueError:
            return ""


UNKNOWN_ORIGIN = Origin()


def origin_of_lead(visit: LeadVisit | None, stated: TrafficSource | None) -> Origin:
    """Return the origin of a lead: its visit with the source that a model credits, else the source stated with it."""
    if visit is not None:
        own, credited = visit.own, visit.credited
        return Origin(own, own, credited, credited.traffic_source, credited.utm, True)  # noqa: FBT003 - it is quicker
    return _stated_origin(stated)


def origin_of_deal(lead: Origin | None, stated: TrafficSource | None, visit: LeadVisit | None = None) -> Origin:
    """Return the origin of a deal: that of its lead, or without a lead, that of its own visit or stated source.

    `lead` is the origin of the deal's lead, `None` if the deal has no lead. `visit` is the visit of a deal without a
    lead.
    Seed: «Если по переданным ID не удалось найти звонок или заявку, то источник созданной сделки может быть определен
    по переданным параметрам».
    """
    return lead if lead is not None else origin_of_lead(visit, stated)


def _stated_origin(stated: TrafficSource | None) -> Origin:
    if stated is None:
        return UNKNOWN_ORIGIN
    return Origin(source=stated, utm=stated, is_known=True)
