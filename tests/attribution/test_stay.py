"""What becomes of a hit: it goes on with a visit, or begins another."""

from dataclasses import replace
from datetime import timedelta

import pytest

from dealtrace.attribution.stay import STAY_GAP, Hit, begin, go_on, goes_on
from dealtrace.attribution.traffic_source import DIRECT, TrafficSource
from dealtrace.attribution.visit import Visit, VisitId
from domain_records import NOON, SECOND

YANDEX, VK = TrafficSource("yandex", "cpc"), TrafficSource("vk", "social")
VISIT = Visit(VisitId(1), "7", NOON, YANDEX)


@pytest.mark.parametrize(
    ("visit", "source", "after", "same"),
    [
        (VISIT, DIRECT, timedelta(0), True),
        (VISIT, DIRECT, STAY_GAP, True),
        (VISIT, DIRECT, STAY_GAP + SECOND, False),
        (VISIT, YANDEX, STAY_GAP, True),
        (VISIT, VK, SECOND, False),
        (replace(VISIT, traffic_source=DIRECT), VK, SECOND, False),
        (replace(VISIT, seen_at=NOON + STAY_GAP), DIRECT, 2 * STAY_GAP, True),
        (replace(VISIT, seen_at=NOON + STAY_GAP), DIRECT, 2 * STAY_GAP + SECOND, False),
    ],
)
def test_it_goes_on_for_half_an_hour_unless_another_source_sent_it(
    visit: Visit, source: TrafficSource, after: timedelta, same: bool
) -> None:
    assert goes_on(visit, source, NOON + after) is same


def test_a_visit_begins_with_all_that_the_hit_tells() -> None:
    url = "https://shop.ru/a?utm_source=yandex&utm_medium=cpc&utm_campaign=x&yclid=5&gclid=6&b=1"
    hit = Hit(
        "7", url, "https://ya.ru/", "192.0.2.1", "UA", "vladimir", "desktop", "Linux", "Chrome 1", "g", "y", {"a": 1}
    )
    source = TrafficSource("yandex", "cpc", "x")
    assert begin(hit, VisitId(3), NOON) == Visit(
        VisitId(3), "7", NOON, source, url, "https://ya.ru/", "192.0.2.1", "UA", "vladimir", source, "g", "y", {"a": 1},
        "desktop", "Linux", "Chrome 1", {"yclid": "5", "gclid": "6"},
    )  # fmt: skip


def test_a_later_hit_tells_what_was_unknown_and_changes_nothing_else() -> None:
    hit = Hit("7", "https://shop.ru/b", google_client_id="g", yandex_client_id="y", attrs={"b": 2})
    known = replace(VISIT, google_client_id="first", attrs={"a": 1, "b": 1})
    later = go_on(known, hit, NOON + SECOND)
    assert later == replace(known, seen_at=NOON + SECOND, yandex_client_id="y", attrs={"a": 1, "b": 2})
    assert go_on(VISIT, Hit("7", "x"), NOON).attrs is None
