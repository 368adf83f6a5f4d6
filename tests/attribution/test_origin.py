"""Where a lead or a deal comes from."""

from dataclasses import fields, replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealtrace.attribution.origin import UNKNOWN_ORIGIN, LeadVisit, Origin, origin_of_deal, origin_of_lead
from dealtrace.attribution.traffic_source import NOWHERE, TrafficSource
from dealtrace.attribution.visit import Visit, VisitId

NOON = datetime(2018, 3, 26, 12, tzinfo=UTC)
VK = TrafficSource("vk", "social", "весна", "баннер", "диван")
AVITO = TrafficSource("avito", "cpa")
VISIT = Visit(
    VisitId(7), "visitor", NOON, TrafficSource("yandex", "cpc"), "https://Shop.example:8080/cars", "https://ya.ru/",
    "192.0.2.1", "Mozilla", "moscow", TrafficSource("ya", "banner", "701"), "g-1", "y-1", {"a": "b"}, "mobile",
    "iOS 17", "Safari 17",
)  # fmt: skip

sources = st.none() | st.builds(TrafficSource, *[st.sampled_from(["", "a", "b"])] * len(fields(TrafficSource)))
visits = st.builds(Visit, st.just(VisitId(1)), st.just("v"), st.just(NOON), sources.filter(bool))
lead_visits = st.none() | st.builds(LeadVisit, visits, visits)


def test_the_credited_visit_outranks_what_the_sender_stated() -> None:
    origin = origin_of_lead(LeadVisit(VISIT, VISIT), VK)
    assert (origin.source, origin.utm, origin.visit_id) == (VISIT.traffic_source, VISIT.utm, VISIT.id)
    assert (origin.details.landing_url, origin.landing_host, origin.details.referrer) == (
        VISIT.landing_url,
        "shop.example",
        "https://ya.ru/",
    )
    assert (origin.visited_at, origin.details.city, origin.details.attrs) == (NOON, "moscow", {"a": "b"})
    assert (origin.details.device, origin.details.os, origin.details.browser) == ("mobile", "iOS 17", "Safari 17")


def test_pages_place_and_browser_are_the_own_visits_and_the_source_is_the_credited_ones() -> None:
    earlier = replace(
        VISIT,
        id=VisitId(3),
        traffic_source=VK,
        utm=AVITO,
        ip="192.0.2.9",
        city="perm",
        landing_url="https://b.example/",
    )
    origin = origin_of_lead(LeadVisit(VISIT, earlier), None)
    assert (origin.visit, origin.visit_id, origin.details, origin.credited) == (VISIT, VISIT.id, VISIT, earlier)
    assert (origin.source, origin.utm, origin.landing_host) == (VK, AVITO, "shop.example")


def test_without_a_visit_a_lead_comes_from_the_stated_source_which_fills_the_utm_tags_too() -> None:
    origin = origin_of_lead(None, VK)
    assert origin.is_known
    assert origin.source == VK
    assert origin.utm == VK
    assert (origin.visit_id, origin.visited_at, origin.details.google_client_id) == (None, None, None)


def test_a_stated_source_whose_every_part_is_empty_is_known() -> None:
    assert origin_of_lead(None, NOWHERE).is_known
    assert not origin_of_lead(None, None).is_known


@pytest.mark.parametrize(
    "lead", [origin_of_lead(LeadVisit(VISIT, VISIT), None), origin_of_lead(None, VK), UNKNOWN_ORIGIN]
)
def test_what_a_deal_states_never_counts_beside_a_lead_even_one_without_a_source(lead: Origin) -> None:
    assert origin_of_deal(lead, AVITO) == lead


def test_what_a_deal_states_counts_without_a_lead() -> None:
    assert origin_of_deal(None, AVITO).source == AVITO
    assert origin_of_deal(None, None) == UNKNOWN_ORIGIN


@pytest.mark.parametrize(
    ("url", "host"),
    [("https://www.Shop.example:8080/a?b", "www.shop.example"), ("", ""), ("/cars", ""), ("http://[", ""), ("x", "")],
)
def test_the_host_of_a_landing_page_is_empty_where_the_url_has_none(url: str, host: str) -> None:
    visit = Visit(VisitId(1), "v", NOON, NOWHERE, landing_url=url)
    assert origin_of_lead(LeadVisit(visit, visit), None).landing_host == host


PIECES = st.sampled_from(
    ["http", "https", ":", "/", "//", "?", "#", "@", "[", "]", "shop.example", "8080", " ", "\n", "я"]
)


@given(st.lists(PIECES, max_size=12).map("".join))
def test_the_host_of_a_landing_page_is_that_of_the_whole_url(url: str) -> None:
    visit = Visit(VisitId(1), "v", NOON, NOWHERE, landing_url=url)
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        host = ""
    assert origin_of_lead(LeadVisit(visit, visit), None).landing_host == host


@given(lead_visits, sources, st.booleans())
def test_every_attribute_of_every_origin_can_be_read(
    visit: LeadVisit | None, stated: TrafficSource | None, is_lead: bool
) -> None:
    lead = origin_of_lead(visit, stated)
    origin = lead if is_lead else origin_of_deal(None, stated)
    texts = [name for name in dir(Origin) if not name.startswith("_") and isinstance(getattr(Origin, name), property)]
    assert all(
        getattr(origin, name) is not None
        for name in texts
        if not name.endswith(("_id", "_at", "attrs")) or name == "visitor_id"
    )
    assert origin.is_known == (origin.visit is not None or stated is not None)
    assert origin.is_known or origin.source == NOWHERE
