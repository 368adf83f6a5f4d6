"""The origin of a lead or a deal: the visit or the stated source that it comes from."""

from datetime import UTC, datetime
from urllib.parse import urlsplit

from dealtrace.attribution.traffic_source import NOWHERE, TrafficSource
from dealtrace.attribution.visit import Visit, VisitId
from dealtrace.record import record

NO_VISIT = Visit(VisitId(0), "", datetime.min.replace(tzinfo=UTC), NOWHERE)
"""The placeholder in origins that have no visit; all its strings are empty."""


@record
class LeadVisit:
    """A lead's own visit, and the visit that an attribution model credits most for it; often both are the same.

    The own visit is the visit in which the lead was made.
    """

    own: Visit
    credited: Visit


@record
class Origin:
    """The origin of a lead or a deal: a visit, a source that a request stated, or unknown.

    `visit` is the visit in which the lead was made, or to which a deal without a lead was matched; `credited` is the
    visit that the attribution model credits most. `details` is `visit`, or `NO_VISIT` if there is none. `source` is the
    traffic source of the credited visit, and `utm` holds the UTM tags of its landing page; without a visit, `source`
    and `utm` are both the source that a request stated. `is_known` is true if there is a visit or a stated source, even
    if all parts of the stated source are empty.
    """

    visit: Visit | None = None
    details: Visit = NO_VISIT
    credited: Visit | None = None
    source: TrafficSource = NOWHERE
    utm: TrafficSource = NOWHERE
    is_known: bool = False

    @property
    def visit_id(self) -> VisitId | None:
        """The id of the origin's visit, from which a lead or deal comes, or `None` if the origin has no visit.

        Vendor: «идентификатор сессии Calltouch, который Вы отправили в запросе ранее».
        """
        return self.visit.id if self.visit is not None else None

    @property
    def visited_at(self) -> datetime | None:
        """The start of the visit that the lead or deal comes from, or `None` without a visit."""
        return self.visit.started_at if self.visit is not None else None

    @property
    def landing_host(self) -> str:
        """The host of the landing page, in lower case and without a port, or an empty string if its URL has no host."""
        try:
            return urlsplit("/".join(self.details.landing_url.split("/", 3)[:3])).hostname or ""
        except ValueError:
            return ""


UNKNOWN_ORIGIN = Origin()


def origin_of_lead(visit: LeadVisit | None, stated: TrafficSource | None) -> Origin:
    """Return the origin of a lead; its source is that of the credited visit or, without a visit, `stated`."""
    if visit is not None:
        own, credited = visit.own, visit.credited
        return Origin(own, own, credited, credited.traffic_source, credited.utm, True)  # noqa: FBT003 - it is quicker
    return _stated_origin(stated)


def origin_of_deal(lead: Origin | None, stated: TrafficSource | None, visit: LeadVisit | None = None) -> Origin:
    """Return the origin of a deal: that of its lead, else that of its visit, else the stated source.

    `lead` is the origin of the deal's lead, `None` if the deal has no lead. `visit` is the visit to which a deal
    without a lead was matched, and `stated` the source that was sent with the deal.
    Vendor: «Если по переданным ID не удалось найти звонок или заявку, то источник созданной сделки может быть определен
    по переданным параметрам».
    """
    return lead if lead is not None else origin_of_lead(visit, stated)


def _stated_origin(stated: TrafficSource | None) -> Origin:
    if stated is None:
        return UNKNOWN_ORIGIN
    return Origin(source=stated, utm=stated, is_known=True)
