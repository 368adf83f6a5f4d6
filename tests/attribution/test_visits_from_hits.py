"""What becomes of a hit: it continues a visit, or starts another."""

from dataclasses import replace
from datetime import timedelta

import pytest

from dealtrace.attribution.traffic_source import DIRECT, TrafficSource
from dealtrace.attribution.visit import Visit, VisitId
from dealtrace.attribution.visits_from_hits import (
    ATTRS_LENGTH_MAX,
    ATTRS_MAX,
    VISIT_TIMEOUT,
    Hit,
    continues,
    extend,
    start,
)
from domain_records import NOON, SECOND

YANDEX, VK = TrafficSource("yandex", "cpc"), TrafficSource("vk", "social")
VISIT = Visit(VisitId(1), "7", NOON, YANDEX)


@pytest.mark.parametrize(
    ("visit", "source", "after", "same"),
    [
        (VISIT, DIRECT, timedelta(0), True),
        (VISIT, DIRECT, VISIT_TIMEOUT, True),
        (VISIT, DIRECT, VISIT_TIMEOUT + SECOND, False),
        (VISIT, YANDEX, VISIT_TIMEOUT, True),
        (VISIT, VK, SECOND, False),
        (replace(VISIT, traffic_source=DIRECT), VK, SECOND, False),
        (replace(VISIT, seen_at=NOON + VISIT_TIMEOUT), DIRECT, 2 * VISIT_TIMEOUT, True),
        (replace(VISIT, seen_at=NOON + VISIT_TIMEOUT), DIRECT, 2 * VISIT_TIMEOUT + SECOND, False),
    ],
)
def test_it_continues_for_half_an_hour_unless_another_source_sent_it(
    visit: Visit, source: TrafficSource, after: timedelta, same: bool
) -> None:
    assert continues(visit, source, NOON + after) is same


def test_a_visit_starts_with_all_that_the_hit_states() -> None:
    url = "https://shop.ru/a?utm_source=yandex&utm_medium=cpc&utm_campaign=x&yclid=5&gclid=6&b=1"
    hit = Hit(
        "7", url, "https://ya.ru/", "192.0.2.1", "UA", "vladimir", "desktop", "Linux", "Chrome 1", "g", "y", {"a": 1}
    )
    source = TrafficSource("yandex", "cpc", "x")
    assert start(hit, VisitId(3), NOON) == Visit(
        VisitId(3), "7", NOON, source, url, "https://ya.ru/", "192.0.2.1", "UA", "vladimir", source, "g", "y", {"a": 1},
        "desktop", "Linux", "Chrome 1", {"yclid": "5", "gclid": "6"},
    )  # fmt: skip


def test_a_later_hit_states_what_was_unknown_and_changes_nothing_else() -> None:
    hit = Hit("7", "https://shop.ru/b", google_client_id="g", yandex_client_id="y", attrs={"b": 2})
    known = replace(VISIT, google_client_id="first", attrs={"a": 1, "b": 1})
    later = extend(known, hit, NOON + SECOND)
    assert later == replace(known, seen_at=NOON + SECOND, yandex_client_id="y", attrs={"a": 1, "b": 2})
    assert extend(VISIT, Hit("7", "x"), NOON).attrs is None


def test_the_attributes_of_many_hits_stay_within_the_limits_of_one() -> None:
    visit = VISIT
    for number in range(3 * ATTRS_MAX):
        visit = extend(visit, Hit("7", "x", attrs={f"name{number}": "value" * 10}), NOON)
    assert visit.attrs is not None
    assert len(visit.attrs) <= ATTRS_MAX
    assert sum(len(f"{name}{value}") for name, value in visit.attrs.items()) <= ATTRS_LENGTH_MAX
    assert "name0" in visit.attrs
    changed = extend(visit, Hit("7", "x", attrs={"name0": "new"}), NOON)
    assert changed.attrs is not None
    assert changed.attrs["name0"] == "new"


def test_an_attribute_that_grows_past_the_limit_pushes_out_later_ones_and_never_the_bound() -> None:
    full = replace(VISIT, attrs={"a": "x", "b": "y" * (ATTRS_LENGTH_MAX - 4)})
    after = extend(full, Hit("7", "x", attrs={"a": "x" * 10}), NOON)
    assert after.attrs == {"a": "x" * 10}
