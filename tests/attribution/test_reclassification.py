"""What classifying past visits again changes."""

from dataclasses import replace

from dealtrace.attribution.classification import REFERRAL
from dealtrace.attribution.known_hosts import HostKind
from dealtrace.attribution.reclassification import reclassified
from dealtrace.attribution.site_hosts import hosts_of
from dealtrace.attribution.traffic_source import DIRECT, TrafficSource
from dealtrace.attribution.visit import Visit, VisitId
from domain_records import NOON

SHOP = "https://shop.example.com/sale"
HOSTS = hosts_of([(HostKind.PAYMENT, "pay.smallbank.ru", "")])
REFERRED = TrafficSource("pay.smallbank.ru", REFERRAL)


def test_a_visit_is_classified_again_by_the_hosts_of_the_site() -> None:
    visit = Visit(
        VisitId(1), "7", NOON, REFERRED, f"{SHOP}?utm_campaign=x&YSCLID=1", "https://pay.smallbank.ru/"
    )  # fmt: skip
    seen = reclassified(visit, HOSTS)
    assert seen.traffic_source == TrafficSource("yandex", "organic", "x")
    assert (seen.utm, seen.click_ids) == (TrafficSource(campaign="x"), {"ysclid": "1"})
    assert reclassified(replace(visit, landing_url=SHOP), HOSTS).traffic_source == DIRECT
    assert reclassified(replace(visit, landing_url=SHOP)).traffic_source == REFERRED
    assert reclassified(seen, HOSTS) == seen


def test_a_visit_whose_urls_are_gone_stays_as_it_is() -> None:
    visit = Visit(VisitId(1), "", NOON, TrafficSource("yandex", "cpc"))
    assert reclassified(visit, HOSTS) is visit
