"""What becomes of a hit: it belongs to the visit its visitor is on, or begins another."""

from collections.abc import Mapping
from dataclasses import field, replace
from datetime import datetime, timedelta
from typing import Any

from dealtrace.attribution.classification import classify
from dealtrace.attribution.landing_tags import click_ids_of, utm_of
from dealtrace.attribution.site_hosts import NO_HOSTS, SiteHosts
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.attribution.visit import Visit, VisitId
from dealtrace.record import record

STAY_GAP = timedelta(minutes=30)
"""Ours: how long a visitor may be quiet before the next page begins another stay; the vendor's cookie lives as long."""


@record
class Hit:
    """A page that a visitor opened, and what is known of the visitor; the fields are those of a visit."""

    visitor_id: str
    url: str
    referrer: str = ""
    ip: str = ""
    user_agent: str = ""
    city: str = ""
    device: str = ""
    os: str = ""
    browser: str = ""
    google_client_id: str | None = None
    yandex_client_id: str | None = None
    attrs: Mapping[str, Any] = field(default_factory=dict)


def goes_on(latest: Visit, source: TrafficSource, now: datetime) -> bool:
    """Check whether a hit from `source` belongs to the latest visit of its visitor; after 30 minutes it still does.

    Ours: a visitor who comes by another advertisement begins another visit, however soon, because that advertisement
    earned the click. A page that sends nobody (the site's own, a sign-in, a payment), or the same source again, does
    not.
    """
    quiet = now - (latest.seen_at or latest.started_at)
    return quiet <= STAY_GAP and (source.is_direct or source == latest.traffic_source)


def begin(hit: Hit, visit_id: VisitId, now: datetime, hosts: SiteHosts = NO_HOSTS) -> Visit:
    """Return the visit that a hit begins; `hosts` are those its site knows better than we do."""
    return Visit(
        id=visit_id,
        visitor_id=hit.visitor_id,
        started_at=now,
        traffic_source=classify(hit.url, hit.referrer, hosts),
        landing_url=hit.url,
        referrer=hit.referrer,
        ip=hit.ip,
        user_agent=hit.user_agent,
        city=hit.city,
        utm=utm_of(hit.url),
        google_client_id=hit.google_client_id,
        yandex_client_id=hit.yandex_client_id,
        attrs=hit.attrs or None,
        device=hit.device,
        os=hit.os,
        browser=hit.browser,
        click_ids=click_ids_of(hit.url),
    )


def go_on(visit: Visit, hit: Hit, now: datetime) -> Visit:
    """Return a visit after another hit: unknown client ids are filled in, parameters are added to those there are."""
    return replace(
        visit,
        seen_at=now,
        google_client_id=visit.google_client_id or hit.google_client_id,
        yandex_client_id=visit.yandex_client_id or hit.yandex_client_id,
        attrs={**(visit.attrs or {}), **hit.attrs} or None,
    )
