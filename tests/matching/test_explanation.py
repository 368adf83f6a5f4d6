"""Why a deal got its lead, or none: the explanation agrees with the match."""

import random
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealtrace.deals.lead_clue import SearchContacts
from dealtrace.leads.contact import StatedContact
from dealtrace.leads.lead import LeadKind, LeadSpan
from dealtrace.matching.explanation import Missed, WonBy, explain_search
from dealtrace.matching.lead_search import Search
from dealtrace.matching.nearest_lead import find_lead
from dealtrace.matching.window import Window
from domain_records import EMAIL, NOON, PHONE, SECOND, call_span, lead_request_span

BY_PHONE, BY_EMAIL = StatedContact(PHONE, PHONE), StatedContact(EMAIL, EMAIL)
BOTH = SearchContacts(BY_PHONE, BY_EMAIL, timedelta(seconds=60))
MINUTE = timedelta(minutes=1)


def test_it_states_every_step_that_was_tried_when_nothing_is_found() -> None:
    steps = explain_search(BOTH, NOON, [])
    assert [(step.search, step.candidates, step.winner) for step in steps] == [
        (Search(PHONE, LeadKind.CALL), (), None),
        (Search(PHONE, LeadKind.LEAD_REQUEST), (), None),
        (Search(EMAIL, LeadKind.LEAD_REQUEST), (), None),
    ]


def test_it_states_no_step_for_a_clue_that_names_nothing_usable() -> None:
    assert explain_search(SearchContacts(StatedContact("anonymous", None), None), NOON, [call_span(NOON)]) == []


def test_it_ends_with_the_step_that_has_a_winner() -> None:
    lead_request = lead_request_span(NOON)
    steps = explain_search(BOTH, NOON, [lead_request, lead_request_span(NOON, lead_id=2, contact=EMAIL)])
    assert [step.winner for step in steps] == [None, lead_request.ref]


@pytest.mark.parametrize(
    ("lead", "missed_by"),
    [
        (call_span(NOON), timedelta(0)),
        (call_span(NOON + SECOND), -SECOND),
        (call_span(NOON - MINUTE), timedelta(0)),
        (call_span(NOON - MINUTE - SECOND), SECOND),
        (call_span(NOON - MINUTE - SECOND, seconds=1), timedelta(0)),
    ],
)
def test_it_shows_a_candidate_with_its_window_and_what_it_missed_by(lead: LeadSpan, missed_by: timedelta) -> None:
    step, *_ = explain_search(BOTH, NOON, [lead])
    (candidate,) = step.candidates
    assert candidate.lead == lead.ref
    assert candidate.window == Window(lead.started_at, lead.ended_at + MINUTE)
    assert candidate.missed_by == missed_by
    assert candidate.holds is (step.winner == lead.ref) is (not missed_by)


def test_it_shows_the_nearest_candidate_first_from_either_side() -> None:
    late = call_span(NOON + 2 * SECOND, lead_id=1)
    earlier = call_span(NOON - MINUTE - 3 * SECOND, lead_id=2)
    inside = call_span(NOON - SECOND, lead_id=3)
    further_inside = call_span(NOON - 2 * SECOND, lead_id=4)
    step, *_ = explain_search(BOTH, NOON, [earlier, further_inside, late, inside])
    assert [candidate.lead.id for candidate in step.candidates] == [3, 4, 1, 2]


def test_it_shows_only_leads_of_the_kind_and_contact_looked_for() -> None:
    others = [lead_request_span(NOON), call_span(NOON, lead_id=2, contact="79991112233")]
    call = call_span(NOON, lead_id=3)
    (step,) = explain_search(BOTH, NOON, [*others, call])
    assert [candidate.lead for candidate in step.candidates] == [call.ref]


@pytest.mark.parametrize(
    ("winner", "loser"),
    [
        (call_span(NOON - MINUTE, seconds=2), call_span(NOON - MINUTE, seconds=1, lead_id=9)),
        (call_span(NOON, reference="b"), call_span(NOON, reference="a", lead_id=9)),
        (call_span(NOON, lead_id=9), call_span(NOON, lead_id=8)),
    ],
    ids=["latest end", "greater reference", "higher id"],
)
def test_the_winner_of_a_tie_is_shown_first_whatever_the_order_of_arrival(winner: LeadSpan, loser: LeadSpan) -> None:
    for leads in ([winner, loser], [loser, winner]):
        (step,) = explain_search(BOTH, NOON, leads)
        assert step.winner == winner.ref
        assert [candidate.lead for candidate in step.candidates] == [winner.ref, loser.ref]


@st.composite
def lead_lists(draw: st.DrawFn) -> list[LeadSpan]:
    made: list[LeadSpan] = []
    for lead_id in draw(st.lists(st.integers(1, 20), unique=True, max_size=6)):
        started_at = NOON + timedelta(seconds=draw(st.integers(-63, 1)))
        contact = draw(st.sampled_from([PHONE, EMAIL]))
        if draw(st.booleans()):
            made.append(call_span(started_at, lead_id=lead_id, seconds=draw(st.integers(0, 2)), contact=contact))
        else:
            made.append(lead_request_span(started_at, lead_id=lead_id, contact=contact))
    return made


@given(lead_lists(), st.sampled_from([None, *LeadKind]))
def test_it_agrees_with_the_match(leads: list[LeadSpan], only: LeadKind | None) -> None:
    clue = SearchContacts(BY_PHONE, BY_EMAIL, MINUTE, only)
    found = find_lead(clue, NOON, leads)
    steps = explain_search(clue, NOON, leads)
    assert steps[-1].winner == (found.ref if found is not None else None)
    assert all(step.winner is None for step in steps[:-1])
    for step in steps:
        holding = [candidate.lead for candidate in step.candidates if candidate.holds]
        assert (step.winner in holding) if holding else step.winner is None


@given(lead_lists(), st.randoms(use_true_random=False))
def test_it_states_the_same_whatever_the_order_of_arrival(leads: list[LeadSpan], shuffler: random.Random) -> None:
    arrived_otherwise = shuffler.sample(leads, len(leads))
    assert explain_search(BOTH, NOON, arrived_otherwise) == explain_search(BOTH, NOON, leads)


@pytest.mark.parametrize(
    ("winner", "loser", "reason"),
    [
        (call_span(NOON, lead_id=1), None, WonBy.ALONE),
        (call_span(NOON, lead_id=1), call_span(NOON - SECOND, lead_id=2), WonBy.START),
        (call_span(NOON - MINUTE, seconds=2), call_span(NOON - MINUTE, seconds=1, lead_id=9), WonBy.END),
        (call_span(NOON, reference="b"), call_span(NOON, reference="a", lead_id=9), WonBy.REFERENCE),
        (call_span(NOON, lead_id=9), call_span(NOON, lead_id=8), WonBy.ID),
        (call_span(NOON, lead_id=1), call_span(NOON + SECOND, lead_id=2), WonBy.ALONE),
    ],
)
def test_it_tells_what_set_the_winner_apart(winner: LeadSpan, loser: LeadSpan | None, reason: WonBy) -> None:
    (step,) = explain_search(BOTH, NOON, [winner, *([loser] if loser is not None else [])])
    assert (step.winner, step.won_by) == (winner.ref, reason)


@pytest.mark.parametrize(
    ("lead", "distance", "end"),
    [
        (call_span(NOON - MINUTE), MINUTE, None),
        (call_span(NOON + SECOND), -SECOND, Missed.OPENING),
        (call_span(NOON - 3 * MINUTE), 3 * MINUTE, Missed.CLOSING),
    ],
)
def test_it_states_the_distance_and_the_end_that_was_missed(
    lead: LeadSpan, distance: timedelta, end: Missed | None
) -> None:
    ((candidate,), *_) = [step.candidates for step in explain_search(BOTH, NOON, [lead])]
    assert (candidate.distance, candidate.missed_end) == (distance, end)
