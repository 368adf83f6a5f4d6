"""What moves between sources: worked moves, and what every move keeps."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealtrace.attribution.credit import WHOLE
from dealtrace.attribution.traffic_source import NOWHERE, TrafficSource
from dealtrace.reports.kopecks import split_kopecks
from dealtrace.reports.what_if import Moved, Shares, SourceKey, moves_of, single_source, source_key

YANDEX, GOOGLE, MAIL = (
    TrafficSource("Yandex", "cpc"),
    TrafficSource("google", "organic"),
    TrafficSource("mail", "email"),
)
HALF = WHOLE // 2


@pytest.mark.parametrize(
    ("source", "key"),
    [
        (NOWHERE, SourceKey(None, None)),
        (TrafficSource(" Yandex ", "CPC"), SourceKey("yandex", "cpc")),
        (TrafficSource("(not set)", "(none)"), SourceKey(None, "(none)")),
        (TrafficSource("‹не заполнено›", "<Не заполнено>"), SourceKey(None, None)),
        (TrafficSource("(direct)", "(none)", "spring"), SourceKey("(direct)", "(none)")),
    ],
)
def test_sources_are_grouped_by_trimmed_and_folded_source_and_medium(source: TrafficSource, key: SourceKey) -> None:
    assert source_key(source) == key


def test_a_deal_that_moves_whole_takes_its_money_along() -> None:
    moves = moves_of(single_source(YANDEX), single_source(GOOGLE), 100_000)
    assert moves == {(source_key(YANDEX), source_key(GOOGLE)): Moved(WHOLE, 100_000)}


def test_nothing_moves_between_spellings_and_campaigns_of_one_source() -> None:
    other = TrafficSource("yandex", "CPC", "spring")
    assert moves_of(single_source(YANDEX), single_source(other), 100_000) == {}


def test_only_the_share_moves_that_changes() -> None:
    before = [(YANDEX, HALF), (GOOGLE, HALF)]
    after = [(YANDEX, HALF), (GOOGLE, HALF // 2), (MAIL, HALF // 2)]
    assert moves_of(before, after, 100_001) == {
        (source_key(GOOGLE), source_key(MAIL)): Moved(HALF // 2, 25_000),
    }


def test_a_deal_without_a_sum_moves_and_a_negative_one_moves_backwards() -> None:
    pair = (source_key(YANDEX), source_key(GOOGLE))
    assert moves_of(single_source(YANDEX), single_source(GOOGLE), 0) == {pair: Moved(WHOLE, 0)}
    assert moves_of(single_source(YANDEX), single_source(GOOGLE), -500) == {pair: Moved(WHOLE, -500)}


SOURCES = [YANDEX, GOOGLE, MAIL, NOWHERE, TrafficSource("YANDEX", "cpc", "a")]
CUTS = st.lists(st.integers(0, WHOLE), max_size=5).map(lambda cuts: [0, *sorted(cuts), WHOLE])


@st.composite
def shares(draw: st.DrawFn) -> Shares:
    cuts = draw(CUTS)
    return [(draw(st.sampled_from(SOURCES)), end - start) for start, end in pairwise(cuts)]


def summed(parts: Shares) -> dict[SourceKey, int]:
    sums: dict[SourceKey, int] = {}
    for source, part in parts:
        sums[source_key(source)] = sums.get(source_key(source), 0) + part
    return sums


def in_kopecks(parts: Shares, kopecks: int) -> Shares:
    split = split_kopecks(kopecks, [share for _, share in parts])
    return [(source, part) for (source, _), part in zip(parts, split, strict=True)]


@given(shares(), shares(), st.integers(-(10**9), 10**9))
def test_what_a_source_had_and_what_moved_is_what_it_has(before: Shares, after: Shares, kopecks: int) -> None:
    deals, money = summed(before), summed(in_kopecks(before, kopecks))
    for (source, target), moved in moves_of(before, after, kopecks).items():
        assert source != target
        assert moved.deals >= 0
        assert moved.kopecks * kopecks >= 0
        for sums, part in ((deals, moved.deals), (money, moved.kopecks)):
            sums[source] = sums.get(source, 0) - part
            sums[target] = sums.get(target, 0) + part
    assert {key: part for key, part in deals.items() if part} == {k: v for k, v in summed(after).items() if v}
    expected = summed(in_kopecks(after, kopecks))
    assert {key: part for key, part in money.items() if part} == {k: v for k, v in expected.items() if v}
