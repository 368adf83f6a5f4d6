"""What answers read from visits: visitors and the ids of advertisements."""

from datetime import UTC, datetime
from typing import Any

import pytest

from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.attribution.visit import Visit, VisitId
from dealtrace.calltouch.answers.sources import google_ads, visitor_number, yandex_direct

NOON = datetime(2018, 3, 26, 12, tzinfo=UTC)
PAID = TrafficSource("yandex", "cpc")


def visit(visitor: str = "v", source: TrafficSource = PAID, **more: Any) -> Visit:
    return Visit(VisitId(1), visitor, NOON, source, **more)


@pytest.mark.parametrize(
    ("visitor", "number"),
    [("1", 1), (str(2**53 - 1), 2**53 - 1), (str(2**53), None), ("1" * 19, None), ("", None), ("v1", None),
     ("٣", None), ("-1", None)],
)  # fmt: skip
def test_it_states_a_visitor_as_a_number_if_javascript_can_hold_it(visitor: str, number: int | None) -> None:
    assert visitor_number(visitor) == number


@pytest.mark.parametrize(
    ("source", "utm", "expected"),
    [
        (PAID, TrafficSource("", "", "701", "802", "903"), (701, 802, 903)),
        (PAID, TrafficSource("", "", "701", "banner", ""), (701, None, None)),
        (PAID, TrafficSource("", "", "spring", "802", "903"), None),
        (PAID, TrafficSource("", "", "7" * 17), None),
        (TrafficSource("yandex", "organic"), TrafficSource("", "", "701"), None),
        (TrafficSource("google", "cpc"), TrafficSource("", "", "701"), None),
    ],
)
def test_it_reads_the_ids_of_yandex_out_of_numbers_in_utm_tags(
    source: TrafficSource, utm: TrafficSource, expected: tuple[int | None, ...] | None
) -> None:
    names = ("campaignId", "adId", "criteriaId")
    found = yandex_direct(visit(source=source, utm=utm))
    assert (found and tuple(found[name] for name in names)) == expected
    assert found is None or found["adGroupId"] is None


def test_google_names_the_advertisement_otherwise() -> None:
    result = google_ads(visit(source=TrafficSource("google", "cpc"), utm=TrafficSource("", "", "701", "802")))
    assert result == {"campaignId": 701, "adGroupId": None, "creativeId": 802, "criteriaId": None}
    assert google_ads(None) is None
    assert yandex_direct(None) is None
