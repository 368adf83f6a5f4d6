"""A report is narrowed to keys: positive filters of the dimension are replaced, so that it never gets wider."""

import pytest

from dealtrace.reports.dimensions import DIMENSIONS
from dealtrace.reports.filters import format_filter, parse_filter
from dealtrace.reports.reading.narrowing import narrowed_filters


def narrowed(filters: list[str], name: str, *keys: str | None) -> list[str] | None:
    parsed = [parse_filter(text, DIMENSIONS.__getitem__) for text in filters]
    found = narrowed_filters(parsed, DIMENSIONS[name], keys)
    return list(map(format_filter, found)) if found is not None else None


def test_a_key_replaces_the_alternatives_of_its_dimension_and_nothing_else() -> None:
    filters = ["source:among:yandex|google", "source:contains:o", "source:not:bing", "medium:is:cpc"]
    assert narrowed(filters, "source", "yandex") == ["source:not:bing", "medium:is:cpc", "source:is:yandex"]
    assert narrowed(["source:filled"], "medium", None) == ["source:filled", "medium:empty"]
    assert narrowed([], "source", "yandex", None) == ["source:among:yandex|"]


def test_of_a_fixed_list_of_keys_those_remain_that_the_filters_keep() -> None:
    def reasons(*filters: str) -> list[str] | None:
        return narrowed(list(filters), "match_reason", "nothing_sent", "no_lead_near")

    both = "match_reason:among:nothing_sent|no_lead_near"
    assert reasons() == reasons("match_reason:filled") == [both]
    assert reasons("match_reason:is:no_lead_near", "match_reason:is:phone") == ["match_reason:is:no_lead_near"]
    assert reasons("match_reason:contains:NOTHING") == ["match_reason:is:nothing_sent"]
    assert reasons("match_reason:is:phone") == ["match_reason:among:"]
    assert reasons("match_reason:empty") == ["match_reason:among:"]


@pytest.mark.parametrize(
    ("clicked", "expected"),
    [("vip", ["tag:is:vip"]), ("moscow", None), (None, None)],
)
def test_tags_are_narrowed_only_to_a_tag_that_the_filters_keep(clicked: str | None, expected: list[str] | None) -> None:
    assert narrowed(["tag:is:vip", "tag:contains:VI"], "tag", clicked) == expected
    assert narrowed([], "tag", "moscow") == ["tag:is:moscow"]
    assert narrowed(["tag:among:|vip"], "tag", None) == ["tag:empty"]
