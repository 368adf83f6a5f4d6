"""The smallest change that would flip a deal: applying it does, and a second less does not."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealtrace.deals.lead_clue import SearchContacts
from dealtrace.leads.contact import StatedContact
from dealtrace.leads.lead import LeadKind, LeadRef, LeadSpan
from dealtrace.matching.lead_search import SEARCH_ORDER
from dealtrace.matching.nearest_lead import find_lead
from dealtrace.matching.rule_changes import RuleChange, list_rule_changes, threshold_needed
from dealtrace.matching.window import LINK_THRESHOLD_MAX
from domain_records import EMAIL, NOON, PHONE, SECOND, call_span, lead_request_span

SECOND_PHONE = "79205550056"
BY_PHONE, BY_EMAIL = StatedContact(PHONE, PHONE, (SECOND_PHONE,)), StatedContact(EMAIL, EMAIL)
CLUE = SearchContacts(BY_PHONE, None, timedelta(seconds=60))
CALL, REQUEST = LeadRef(LeadKind.CALL, 1), LeadRef(LeadKind.LEAD_REQUEST, 2)


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def flips(leads: Sequence[LeadSpan], *, matching: bool = True, clue: SearchContacts = CLUE) -> list[RuleChange]:
    found = find_lead(clue, NOON, leads) if matching else None
    return list_rule_changes(clue, NOON, leads, current=found.ref if found else None, contact_matching=matching)


def test_an_unmatched_deal_needs_the_threshold_that_reaches_its_nearest_lead() -> None:
    leads = [call_span(NOON - seconds(9300), seconds=60), lead_request_span(NOON - seconds(20_000), lead_id=2)]
    assert flips(leads) == [RuleChange(CALL, threshold_at_least=seconds(9240))]


def test_of_leads_that_one_threshold_reaches_the_one_that_matching_takes_is_named() -> None:
    leads = [lead_request_span(NOON - seconds(100), lead_id=2), call_span(NOON - seconds(100))]
    assert flips(leads) == [RuleChange(CALL, threshold_at_least=seconds(100))]


def test_contact_matching_alone_is_named_if_it_is_enough() -> None:
    assert flips([call_span(NOON - seconds(30))], matching=False) == [RuleChange(CALL, contact_matching=True)]


def test_contact_matching_and_a_threshold_are_named_together_if_both_are_needed() -> None:
    assert flips([call_span(NOON - seconds(90))], matching=False) == [
        RuleChange(CALL, contact_matching=True, threshold_at_least=seconds(90))
    ]


def test_a_lead_that_was_kept_flips_if_matching_would_find_another_or_none() -> None:
    kept = LeadRef(LeadKind.CALL, 9)
    found = list_rule_changes(CLUE, NOON, [call_span(NOON)], current=kept, contact_matching=False)
    assert found == [RuleChange(CALL, contact_matching=True)]
    assert list_rule_changes(CLUE, NOON, [], current=kept, contact_matching=False) == [
        RuleChange(None, contact_matching=True)
    ]
    assert list_rule_changes(CLUE, NOON, [call_span(NOON)], current=CALL, contact_matching=False) == []


def test_a_deal_that_was_not_matched_again_since_the_rules_changed_needs_only_that() -> None:
    assert list_rule_changes(CLUE, NOON, [call_span(NOON)], current=None, contact_matching=True) == [RuleChange(CALL)]


def test_a_matched_deal_loses_its_lead_one_second_below_what_it_needs() -> None:
    assert flips([call_span(NOON - seconds(50), seconds=10)]) == [RuleChange(None, threshold_at_most=seconds(39))]


def test_a_shorter_threshold_may_leave_another_lead() -> None:
    leads = [call_span(NOON - seconds(50)), call_span(NOON - seconds(55), lead_id=3, seconds=45)]
    assert flips(leads) == [RuleChange(LeadRef(LeadKind.CALL, 3), threshold_at_most=seconds(49))]


def test_a_deal_during_its_call_keeps_it_under_every_threshold() -> None:
    assert flips([call_span(NOON - seconds(50), seconds=50)]) == []


def test_a_longer_threshold_may_reach_a_lead_that_comes_first() -> None:
    leads = [lead_request_span(NOON - seconds(10), lead_id=2), call_span(NOON - seconds(70))]
    assert flips(leads) == [
        RuleChange(CALL, threshold_at_least=seconds(70)),
        RuleChange(None, threshold_at_most=seconds(9)),
    ]


def test_another_order_gives_the_request_instead_of_the_call() -> None:
    leads = [lead_request_span(NOON, lead_id=2), call_span(NOON)]
    assert flips(leads) == [RuleChange(REQUEST, precedence=(LeadKind.LEAD_REQUEST, LeadKind.CALL))]
    assert flips(leads, clue=replace(CLUE, only_kind=LeadKind.CALL)) == []


def test_a_part_of_a_second_needs_the_whole_one() -> None:
    lead = call_span(NOON - seconds(70.000001))
    assert threshold_needed(lead, NOON) == seconds(71)
    assert flips([lead]) == [RuleChange(CALL, threshold_at_least=seconds(71))]


@pytest.mark.parametrize("lead", [call_span(NOON + SECOND), call_span(NOON - LINK_THRESHOLD_MAX - SECOND)])
def test_no_threshold_reaches_a_lead_after_the_deal_or_beyond_ten_years(lead: LeadSpan) -> None:
    assert flips([lead]) == []


MOMENTS = st.integers(-240, 20).map(lambda count: NOON + seconds(count / 2))
SPANS = st.one_of(
    st.builds(
        lambda at, lead_id, length, contact: call_span(at, lead_id=lead_id, seconds=length, contact=contact),
        MOMENTS, st.integers(1, 4), st.integers(0, 60), st.sampled_from([PHONE, SECOND_PHONE]),
    ),
    st.builds(
        lambda at, lead_id, contact: lead_request_span(at, lead_id=lead_id, contact=contact),
        MOMENTS, st.integers(5, 8), st.sampled_from([PHONE, SECOND_PHONE, EMAIL]),
    ),
)  # fmt: skip
LEADS = st.lists(SPANS, max_size=8, unique_by=lambda span: span.ref)
CLUES = st.builds(
    SearchContacts,
    st.sampled_from([BY_PHONE, None]),
    st.sampled_from([BY_EMAIL, None]),
    st.integers(0, 60).map(seconds),
    st.sampled_from([None, *LeadKind]),
)


def outcome(
    clue: SearchContacts,
    leads: Sequence[LeadSpan],
    link_threshold: timedelta | None = None,
    precedence: Sequence[LeadKind] = SEARCH_ORDER,
) -> LeadRef | None:
    tried = replace(clue, link_threshold=clue.link_threshold if link_threshold is None else link_threshold)
    found = find_lead(tried, NOON, leads, precedence)
    return found.ref if found is not None else None


@given(CLUES, LEADS)
def test_the_named_change_flips_the_outcome_and_a_second_less_does_not(
    clue: SearchContacts, leads: list[LeadSpan]
) -> None:
    before = outcome(clue, leads)
    for flip in flips(leads, clue=clue):
        assert flip.lead != before
        if (least := flip.threshold_at_least) is not None:
            assert outcome(clue, leads, link_threshold=least) == flip.lead
            assert outcome(clue, leads, link_threshold=least - SECOND) == before
        elif (most := flip.threshold_at_most) is not None:
            assert most >= timedelta(0)
            assert outcome(clue, leads, link_threshold=most) == flip.lead
            assert outcome(clue, leads, link_threshold=most + SECOND) == before
        else:
            assert flip.precedence is not None
            assert outcome(clue, leads, precedence=flip.precedence) == flip.lead


@given(CLUES, LEADS, st.integers(0, 240).map(seconds))
def test_what_names_no_threshold_is_flipped_by_none(
    clue: SearchContacts, leads: list[LeadSpan], threshold: timedelta
) -> None:
    named = flips(leads, clue=clue)
    before = outcome(clue, leads)
    if outcome(clue, leads, link_threshold=threshold) != before:
        least = [flip.threshold_at_least for flip in named if flip.threshold_at_least is not None]
        most = [flip.threshold_at_most for flip in named if flip.threshold_at_most is not None]
        assert least[0] <= threshold if threshold > clue.link_threshold else most[0] >= threshold
    if outcome(clue, leads) != outcome(clue, leads, precedence=SEARCH_ORDER[::-1]):
        assert any(flip.precedence is not None for flip in named)


@given(CLUES, LEADS)
def test_without_contact_matching_the_whole_change_gives_an_unmatched_deal_its_lead(
    clue: SearchContacts, leads: list[LeadSpan]
) -> None:
    for flip in flips(leads, clue=clue, matching=False):
        assert flip.contact_matching
        threshold = flip.threshold_at_least or clue.link_threshold
        assert flip.lead is not None
        assert outcome(clue, leads, link_threshold=threshold) == flip.lead
