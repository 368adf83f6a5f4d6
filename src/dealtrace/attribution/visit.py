"""A visit: one stay of a visitor on the site, and what is known of how it began."""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from typing import Any, NewType

from dealtrace.attribution.traffic_source import NOWHERE, TrafficSource
from dealtrace.record import record

VisitId = NewType("VisitId", int)


@record
class Visit:
    """One stay of a visitor; `id` is what the wire calls `sessionId`.

    `utm` holds the landing page's utm tags as they were, `traffic_source` what they and the referrer amount to.
    `click_ids` are those of advertisements that led there, by parameter. `attrs` are third-party parameters a page
    attached; `None` when there were none. `device` is `desktop`, `mobile` or `tablet`; like `os` and `browser` it is
    empty when nobody can tell. `seen_at` is when the visitor last came to another page; `None` until they do.
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
    attrs: Mapping[str, Any] | None = None
    device: str = ""
    os: str = ""
    browser: str = ""
    click_ids: Mapping[str, str] = field(default_factory=dict)
    seen_at: datetime | None = None
