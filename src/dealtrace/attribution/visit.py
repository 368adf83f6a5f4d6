"""A visit: one stay of a visitor on the site, and what is known of how it began."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NewType

from dealtrace.attribution.traffic_source import NOWHERE, TrafficSource

VisitId = NewType("VisitId", int)


@dataclass(frozen=True, slots=True)
class Visit:
    """One stay of a visitor; `id` is what the wire calls `sessionId`.

    `utm` holds the landing page's utm tags as they were, `traffic_source` what they and the referrer amount to.
    `attrs` are third-party parameters a page attached; `None` when there were none.
    """

    id: VisitId
    visitor_id: str
    started_at: datetime
    traffic_source: TrafficSource
    landing_url: str = ""
    referrer: str = ""
    ip: str = ""
    user_agent: str = ""
    city: str = ""
    utm: TrafficSource = NOWHERE
    google_client_id: str | None = None
    yandex_client_id: str | None = None
    attrs: Mapping[str, Any] | None = field(default=None)
