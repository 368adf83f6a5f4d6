"""What other rules would do to many deals together."""

from decimal import Decimal
from typing import Any

import pytest

from dealtrace.attribution.credit import WHOLE
from dealtrace.attribution.traffic_source import NOWHERE, TrafficSource
from dealtrace.deals.amount import kopecks_of
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.reports import what_if
from dealtrace.reports.what_if import DealAttribution, MatchCount, Moved, Tally, TriedDeal, single_source, source_key
from domain_records import NOON, deal

CALL = LeadRef(LeadKind.CALL, 1)
YANDEX, GOOGLE = TrafficSource("Yandex", "cpc"), TrafficSource("google", "organic")
NOTHING = DealAttribution(None, single_source(NOWHERE))
BY_CALL = DealAttribution(CALL, single_source(YANDEX))


def tally_of(*outcomes: TriedDeal) -> Tally:
    tally = Tally()
    for outcome in outcomes:
        tally.add(outcome)
    return tally


def outcome(before: DealAttribution, after: DealAttribution, **fields: Any) -> TriedDeal:
    kopecks: int | None = fields.pop("kopecks", ...)
    found = deal(**fields)
    own = kopecks_of(found.amount_rub) if found.amount_rub is not None else None
    return TriedDeal(found, before, after, own if kopecks is ... else kopecks)


def test_it_counts_leads_stated_sources_flips_and_moves() -> None:
    tally = tally_of(
        outcome(NOTHING, BY_CALL),
        outcome(NOTHING, NOTHING, stated_source=GOOGLE),
        outcome(BY_CALL, BY_CALL, pinned_at=NOON),
        outcome(BY_CALL, DealAttribution(CALL, single_source(GOOGLE)), amount_rub=None),
        TriedDeal(deal(), BY_CALL, BY_CALL, 100_000, is_kept=True),
    )
    assert (tally.deals, tally.flipped, tally.moved, tally.changed, tally.pinned, tally.kept) == (5, 1, 2, 2, 1, 1)
    assert tally.before == MatchCount(with_lead=3, attributed=4)
    assert tally.after == MatchCount(with_lead=4, attributed=5)
    assert tally.moves_in_order() == [
        ((source_key(NOWHERE), source_key(YANDEX)), Moved(WHOLE, 100_000)),
        ((source_key(YANDEX), source_key(GOOGLE)), Moved(WHOLE, 0)),
    ]


def test_a_visit_that_a_matcher_found_counts_as_a_source() -> None:
    """The metric `match_rate` of reports counts such deals too."""
    tally = tally_of(outcome(NOTHING, NOTHING, visit_id=7), outcome(NOTHING, NOTHING))
    assert tally.before == tally.after == MatchCount(with_lead=0, attributed=1)


def test_another_lead_of_the_same_source_flips_and_moves_nothing() -> None:
    tally = tally_of(outcome(BY_CALL, DealAttribution(LeadRef(LeadKind.CALL, 2), single_source(YANDEX))))
    assert (tally.flipped, tally.moved, tally.changed, tally.moves) == (1, 0, 1, {})


def test_sources_are_shown_in_their_commonest_spelling() -> None:
    lower = DealAttribution(CALL, single_source(TrafficSource("yandex", "cpc")))
    tally = tally_of(outcome(NOTHING, lower), outcome(NOTHING, BY_CALL), outcome(NOTHING, BY_CALL))
    assert tally.spelling_of(source_key(YANDEX)) == ("Yandex", "cpc")
    assert tally.spelling_of(source_key(NOWHERE)) == (None, None)


def test_moves_beyond_the_limit_are_one_sum(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(what_if, "MOVES_MAX", 1)
    to_google = DealAttribution(CALL, single_source(GOOGLE))
    tally = tally_of(
        outcome(NOTHING, BY_CALL, amount_rub=Decimal("0.005")),
        outcome(NOTHING, to_google, amount_rub=Decimal(2)),
        outcome(NOTHING, BY_CALL, amount_rub=Decimal(3)),
    )
    assert tally.moves == {(source_key(NOWHERE), source_key(YANDEX)): Moved(2 * WHOLE, 301)}
    assert tally.further == Moved(WHOLE, 200)


def test_moves_of_unknown_money_only_are_unknown() -> None:
    tally = tally_of(outcome(NOTHING, BY_CALL, amount_rub=Decimal(10), currency="eur", kopecks=None))
    (moved,) = tally.moves.values()
    assert (moved.deals, moved.known_kopecks) == (WHOLE, None)
    tally = tally_of(outcome(NOTHING, BY_CALL, amount_rub=None, currency="eur"))
    assert [moved.known_kopecks for moved in tally.moves.values()] == [0]


def test_money_moves_in_rubles_and_deals_without_a_rate_move_without_it() -> None:
    tally = tally_of(
        outcome(NOTHING, BY_CALL, amount_rub=Decimal(10), currency="usd", kopecks=90_000),
        outcome(NOTHING, BY_CALL, amount_rub=Decimal(10), currency="eur", kopecks=None),
        outcome(NOTHING, BY_CALL, amount_rub=None, currency="eur"),
        outcome(NOTHING, NOTHING, amount_rub=Decimal(10), currency="eur", kopecks=None),
    )
    assert tally.moves == {(source_key(NOWHERE), source_key(YANDEX)): Moved(3 * WHOLE, 90_000, has_unknown=True)}
    assert (tally.moved, tally.without_rate) == (3, 1)
