"""An origin: where a lead or a deal comes from, resolved once for every edge."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from dealtrace.attribution.traffic_source import NOWHERE, TrafficSource
from dealtrace.attribution.visit import Visit, VisitId
from dealtrace.record import record


@record
class Origin:
    """Where a lead or a deal comes from: its credited visit, a stated source, or nowhere known.

    Every attribute can be read in all three cases: a text that is unknown is empty, an id or an instant is `None`.
    `source` is the traffic source. `utm` holds the utm tags of the visit's landing page; without a visit it holds the
    stated campaign, content and term, and no source or medium. `is_known` is whether there is a visit or a stated
    source at all, even one whose every part is empty.
    """

    visit: Visit | None = None
    source: TrafficSource = NOWHERE
    utm: TrafficSource = NOWHERE
    is_known: bool = False

    @property
    def visit_id(self) -> VisitId | None:
        """The id of the visit."""
        return self.visit.id if self.visit is not None else None

    @property
    def visited_at(self) -> datetime | None:
        """When the visit began."""
        return self.visit.started_at if self.visit is not None else None

    @property
    def visitor_id(self) -> str:
        """The name of the visitor."""
        return self.visit.visitor_id if self.visit is not None else ""

    @property
    def landing_url(self) -> str:
        """The page the visit began on."""
        return self.visit.landing_url if self.visit is not None else ""

    @property
    def landing_host(self) -> str:
        """The host of the landing page, in lower case and without a port; empty if the URL has none."""
        try:
            return urlsplit(self.landing_url).hostname or ""
        except ValueError:
            return ""

    @property
    def referrer(self) -> str:
        """The page the visitor came from."""
        return self.visit.referrer if self.visit is not None else ""

    @property
    def city(self) -> str:
        """The visitor's city."""
        return self.visit.city if self.visit is not None else ""

    @property
    def ip(self) -> str:
        """The visitor's IP address."""
        return self.visit.ip if self.visit is not None else ""

    @property
    def user_agent(self) -> str:
        """The `User-Agent` header of the visitor's browser."""
        return self.visit.user_agent if self.visit is not None else ""

    @property
    def device(self) -> str:
        """The kind of device: `desktop`, `mobile` or `tablet`."""
        return self.visit.device if self.visit is not None else ""

    @property
    def os(self) -> str:
        """The operating system."""
        return self.visit.os if self.visit is not None else ""

    @property
    def browser(self) -> str:
        """The browser and its major version."""
        return self.visit.browser if self.visit is not None else ""

    @property
    def google_client_id(self) -> str | None:
        """The visitor's client id in Google Analytics."""
        return self.visit.google_client_id if self.visit is not None else None

    @property
    def yandex_client_id(self) -> str | None:
        """The visitor's client id in Yandex Metrica."""
        return self.visit.yandex_client_id if self.visit is not None else None

    @property
    def attrs(self) -> Mapping[str, Any] | None:
        """The third-party parameters the page attached; JSON of any shape."""
        return self.visit.attrs if self.visit is not None else None


UNKNOWN_ORIGIN = Origin()


def origin_of_lead(visit: Visit | None, stated: TrafficSource | None) -> Origin:
    """Return the origin of a lead: its credited visit, else the source its sender stated."""
    if visit is not None:
        return Origin(visit, visit.traffic_source, visit.utm, is_known=True)
    return _stated_origin(stated)


def origin_of_deal(lead: Origin | None, stated: TrafficSource | None) -> Origin:
    """Return the origin of a deal: that of its lead, and only without a lead the source stated for the deal.

    `lead` is the origin of the deal's lead, `None` if the deal has no lead.
    Seed: «Если по переданным ID не удалось найти звонок или заявку, то источник созданной сделки может быть
    определен по переданным параметрам».
    """
    return lead if lead is not None else _stated_origin(stated)


def _stated_origin(stated: TrafficSource | None) -> Origin:
    if stated is None:
        return UNKNOWN_ORIGIN
    utm = TrafficSource(campaign=stated.campaign, content=stated.content, term=stated.term)
    return Origin(None, stated, utm, is_known=True)
