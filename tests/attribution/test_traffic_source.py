"""The five words that name where somebody came from."""

import pytest

from dealtrace.attribution.traffic_source import DIRECT, NOWHERE, SOURCE_PARTS, TrafficSource


def test_its_parts_stand_in_the_order_of_the_wire() -> None:
    assert SOURCE_PARTS == ("source", "medium", "campaign", "content", "term")


@pytest.mark.parametrize(
    ("source", "direct"),
    [
        (DIRECT, True),
        (TrafficSource("(direct)", "(none)", campaign="spring"), True),
        (TrafficSource("yandex", "cpc"), False),
        (TrafficSource(medium="(none)"), False),
        (NOWHERE, False),
    ],
)
def test_it_is_direct_by_its_source_alone(source: TrafficSource, direct: bool) -> None:
    assert source.is_direct is direct


@pytest.mark.parametrize("part", SOURCE_PARTS)
def test_one_known_part_is_enough_not_to_be_empty(part: str) -> None:
    assert not TrafficSource(**{part: "оффлайн"}).is_empty
    assert TrafficSource(**{part: ""}).is_empty


def test_sources_of_the_same_words_are_the_same() -> None:
    assert TrafficSource("google", "cpc") == TrafficSource("google", "cpc")
    assert len({TrafficSource("google", "cpc"), TrafficSource("google", "cpc"), TrafficSource("google", "CPC")}) == 2
