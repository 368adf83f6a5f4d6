"""A visit: the pages that a visitor opens in one session, and where the visitor came from."""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from typing import NewType

from dealtrace.attribution.traffic_source import NOWHERE, TrafficSource
from dealtrace.record import record

IP_LENGTH_MAX = 45
USER_AGENT_LENGTH_MAX = 1024
CLIENT_ID_LENGTH_MAX = 100
"""The maximum length of a visitor's id in Google Analytics or Yandex Metrica."""
VisitId = NewType("VisitId", int)


@record
class Visit:
    """A visit; `id` is the `sessionId` of the API.

    `utm` holds the UTM tags of the landing page as sent, and `traffic_source` the source found from the landing page
    and the referrer. `click_ids` are keyed by the URL parameter in which an advertising system sent them. `attrs` is
    the JSON that the page attached. `device` is `desktop`, `mobile`, `tablet` or empty. `seen_at` is when the visitor
    last opened another page, `None` if the visit has only one page. `has_stated_source` is true if the visit was
    imported from a file that stated the visit's source or UTM tags, and `None` if the visit is older than this field.
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
    attrs: Mapping[str, object] | None = None
    device: str = ""
    os: str = ""
    browser: str = ""
    click_ids: Mapping[str, str] = field(default_factory=dict)
    seen_at: datetime | None = None
    has_stated_source: bool | None = False
