"""Hits, which are page views: a hit extends the current visit of its visitor or starts a new visit."""

from collections.abc import Mapping
from dataclasses import field, replace
from datetime import datetime, timedelta

from dealtrace.attribution.classification import classify
from dealtrace.attribution.landing_tags import click_ids_of, utm_of
from dealtrace.attribution.site_hosts import NO_HOSTS, SiteHosts
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.attribution.visit import Visit, VisitId
from dealtrace.record import record

VISIT_TIMEOUT = timedelta(minutes=30)
"""Ours: the longest time between two pages of one visit; the vendor's cookie has the same lifetime."""
VISIT_LENGTH_MAX = timedelta(days=1)
"""Ours: the maximum length of a visit; a later hit starts a new one, because visits are searched for by their start."""
VISITS_A_DAY_MAX = 100
"""Ours: how many visits a visitor can start within a day (`VISIT_LENGTH_MAX`); further hits extend the latest visit.

Only bots start more visits.
"""
ATTRS_MAX = 100
ATTRS_LENGTH_MAX = 4096
"""The maximum total length of the names and values of a visit's attributes; `ATTRS_MAX` limits their number."""


@record
class Hit:
    """A page that a visitor opened, and what is known about the visitor; the fields are as in `Visit`."""

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
    attrs: Mapping[str, object] = field(default_factory=dict)


def joins(latest: Visit, visits_a_day: int, source: TrafficSource, now: datetime) -> bool:
    """Return whether a hit from `source` belongs to the latest visit of its visitor instead of starting a new visit.

    `visits_a_day` is the number of visits that the visitor started within the last `VISIT_LENGTH_MAX`.
    """
    return visits_a_day >= VISITS_A_DAY_MAX or continues(latest, source, now)


def continues(latest: Visit, source: TrafficSource, now: datetime) -> bool:
    """Return whether a hit from `source` continues the latest visit of its visitor.

    It does not continue the visit if more than `VISIT_TIMEOUT` has passed since the latest page of the visit. Ours: a
    hit from a different source starts a new visit, because the visitor came from that source. A hit continues the visit
    if its source is the same or counts as direct, such as the site itself, or a sign-in or payment page.
    """
    quiet = now - (latest.seen_at or latest.started_at)
    return quiet <= VISIT_TIMEOUT and (source.is_direct or source == latest.traffic_source)


def start(hit: Hit, visit_id: VisitId, now: datetime, hosts: SiteHosts = NO_HOSTS) -> Visit:
    """Return the new visit that a hit starts; `hosts` are the hosts in the site's settings."""
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
        attrs=bounded_attrs(hit.attrs) or None,
        device=hit.device,
        os=hit.os,
        browser=hit.browser,
        click_ids=click_ids_of(hit.url),
    )


def extend(visit: Visit, hit: Hit, now: datetime) -> Visit:
    """Return the visit with another hit added.

    Client ids that the visit lacks are taken from the hit. The hit's attributes are added to the visit's, but
    attributes that would exceed the limits of a visit are left out.
    """
    return replace(
        visit,
        seen_at=now,
        google_client_id=visit.google_client_id or hit.google_client_id,
        yandex_client_id=visit.yandex_client_id or hit.yandex_client_id,
        attrs=bounded_attrs({**(visit.attrs or {}), **hit.attrs}) or None,
    )


def bounded_attrs(attrs: Mapping[str, object]) -> dict[str, object]:
    """Return the attributes that fit the limits of a visit, in input order; attributes that do not fit are left out."""
    kept: dict[str, object] = {}
    length = 0
    for name, value in attrs.items():
        length_after = length + len(f"{name}{value}")
        if length_after <= ATTRS_LENGTH_MAX and len(kept) < ATTRS_MAX:
            kept[name] = value
            length = length_after
    return kept
