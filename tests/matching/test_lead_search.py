"""Which lead a deal grew out of; a second, plainer statement of the rule checks the first on made-up days."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dealtrace.deals.lead_clue import LINK_THRESHOLD_DEFAULT, SearchContacts
from dealtrace.leads.contact import StatedContact
from dealtrace.leads.lead import LeadKind, LeadSpan
from dealtrace.matching.lead_search import Search, searches_for
from dealtrace.matching.nearest_lead import find_lead
from dealtrace.matching.window import nearest
from domain_records import EMAIL, NOON, PHONE, SECOND, call_span, lead_request_span
from examples import examples

CALL, LEAD_REQUEST = LeadKind.CALL, LeadKind.LEAD_REQUEST
OTHER_PHONE = "79991112233"
BY_PHONE = StatedContact("8 (920) 555-00-55", PHONE)
BY_EMAIL = StatedContact("Ivan@Example.org", EMAIL)
UNUSABLE = StatedContact("anonymous", None)
EARLIER = NOON - timedelta(minutes=10)
FIVE_O_CLOCK = datetime(2018, 3, 26, 17, tzinfo=ZoneInfo("Europe/Moscow")).astimezone(UTC)


def clue(
    phone: StatedContact | None = BY_PHONE,
    email: StatedContact | None = None,
    *,
    seconds: int = 7200,
    only: LeadKind | None = None,
) -> SearchContacts:
    return SearchContacts(phone, email, timedelta(seconds=seconds), only)


@pytest.mark.parametrize(
    ("asked", "searches"),
    [
        (clue(), [(PHONE, CALL), (PHONE, LEAD_REQUEST)]),
        (clue(only=CALL), [(PHONE, CALL)]),
        (clue(only=LEAD_REQUEST), [(PHONE, LEAD_REQUEST)]),
        (clue(None, BY_EMAIL), [(EMAIL, LEAD_REQUEST)]),
        (clue(None, BY_EMAIL, only=LEAD_REQUEST), [(EMAIL, LEAD_REQUEST)]),
        (clue(None, BY_EMAIL, only=CALL), []),
        (clue(BY_PHONE, BY_EMAIL), [(PHONE, CALL), (PHONE, LEAD_REQUEST), (EMAIL, LEAD_REQUEST)]),
        (clue(BY_PHONE, BY_EMAIL, only=CALL), [(PHONE, CALL)]),
        (clue(BY_PHONE, BY_EMAIL, only=LEAD_REQUEST), [(PHONE, LEAD_REQUEST), (EMAIL, LEAD_REQUEST)]),
        (clue(UNUSABLE, BY_EMAIL), [(EMAIL, LEAD_REQUEST)]),
        (clue(BY_PHONE, UNUSABLE), [(PHONE, CALL), (PHONE, LEAD_REQUEST)]),
        (clue(UNUSABLE, UNUSABLE), []),
        (clue(None, None), []),
    ],
)
def test_it_tries_the_phone_before_the_email_and_calls_before_lead_requests(
    asked: SearchContacts, searches: list[tuple[str, LeadKind]]
) -> None:
    assert list(searches_for(asked)) == [Search(*search) for search in searches]


@pytest.mark.parametrize(
    ("make", "seconds", "matched"),
    [
        (lambda: call_span(FIVE_O_CLOCK, seconds=300), 600, True),
        (lambda: call_span(FIVE_O_CLOCK, seconds=300), 300, True),
        (lambda: call_span(FIVE_O_CLOCK, seconds=300), 299, False),
        (lambda: lead_request_span(FIVE_O_CLOCK), 600, True),
        (lambda: lead_request_span(FIVE_O_CLOCK), 599, False),
    ],
)
def test_it_keeps_the_worked_example(make: Callable[[], LeadSpan], seconds: int, matched: bool) -> None:
    """A call of five minutes, or a request, at 17:00:00, and a deal made in the CRM at 17:10:00."""
    lead = make()
    ten_past = FIVE_O_CLOCK + timedelta(minutes=10)
    assert find_lead(clue(seconds=seconds), ten_past, [lead]) == (lead if matched else None)


@pytest.mark.parametrize("make", [call_span, lead_request_span])
def test_a_lead_one_second_after_the_deal_never_matches(make: Callable[..., LeadSpan]) -> None:
    sent = clue(seconds=10**9)
    assert find_lead(sent, NOON, [make(NOON + SECOND)]) is None
    assert find_lead(sent, NOON, [make(NOON)]) == make(NOON)


def test_two_hours_are_the_threshold_of_a_clue_that_names_none() -> None:
    sent = SearchContacts(BY_PHONE, None)
    assert find_lead(sent, NOON, [lead_request_span(NOON - LINK_THRESHOLD_DEFAULT)])
    assert not find_lead(sent, NOON, [lead_request_span(NOON - LINK_THRESHOLD_DEFAULT - SECOND)])


@pytest.mark.parametrize(
    ("asked", "leads"),
    [
        (clue(), []),
        (clue(UNUSABLE, UNUSABLE), [call_span(EARLIER), lead_request_span(EARLIER, contact=EMAIL)]),
        (clue(), [call_span(EARLIER, contact=OTHER_PHONE)]),
        (clue(None, BY_EMAIL), [call_span(EARLIER, contact=EMAIL)]),
        (clue(only=CALL), [lead_request_span(EARLIER)]),
        (clue(only=LEAD_REQUEST), [call_span(EARLIER)]),
        (clue(None, BY_EMAIL, only=CALL), [lead_request_span(EARLIER, contact=EMAIL)]),
    ],
)
def test_it_finds_none(asked: SearchContacts, leads: list[LeadSpan]) -> None:
    assert find_lead(asked, NOON, leads) is None


def test_a_call_wins_over_a_nearer_lead_request() -> None:
    call, lead_request = call_span(EARLIER), lead_request_span(NOON)
    assert find_lead(clue(), NOON, [lead_request, call]) == call
    assert find_lead(clue(only=LEAD_REQUEST), NOON, [lead_request, call]) == lead_request


def test_a_lead_request_wins_over_a_call_that_is_out_of_reach() -> None:
    lead_request = lead_request_span(NOON)
    assert find_lead(clue(seconds=60), NOON, [call_span(EARLIER), lead_request]) == lead_request


def test_the_phone_wins_over_a_nearer_lead_request_of_the_email() -> None:
    by_phone, by_email = lead_request_span(EARLIER), lead_request_span(NOON, lead_id=2, contact=EMAIL)
    assert find_lead(clue(BY_PHONE, BY_EMAIL), NOON, [by_email, by_phone]) == by_phone
    assert find_lead(clue(BY_PHONE, BY_EMAIL, seconds=60), NOON, [by_email, by_phone]) == by_email


@pytest.mark.parametrize(
    ("winner", "loser"),
    [
        ({"at": EARLIER + SECOND}, {"seconds": 3600, "reference": "z", "lead_id": 9}),
        ({"seconds": 61}, {"seconds": 60, "reference": "z", "lead_id": 9}),
        ({"reference": "b"}, {"reference": "a", "lead_id": 9}),
        ({"reference": "a"}, {"reference": "", "lead_id": 9}),
        ({"lead_id": 9}, {"lead_id": 8}),
        ({"lead_id": 10}, {"lead_id": 9}),
    ],
    ids=["latest start", "latest end", "greater reference", "any reference", "higher id", "ids are numbers"],
)
def test_a_tie_goes_by_start_end_reference_and_id(winner: dict[str, Any], loser: dict[str, Any]) -> None:
    won, lost = (call_span(item.pop("at", EARLIER), **item) for item in (dict(winner), dict(loser)))
    assert nearest([won, lost]) == nearest([lost, won]) == won
    assert find_lead(clue(), NOON, [won, lost]) == find_lead(clue(), NOON, [lost, won]) == won


def test_the_nearest_of_none_is_none() -> None:
    assert nearest([]) is None


# The oracle speaks of whole seconds since midnight and shares nothing with the rule it checks. The made-up leads are
# crowded into a few seconds and few contacts, so that most of them compete and many tie.

MIDNIGHT = datetime(2018, 3, 26, tzinfo=UTC)
DEAL_SECONDS = st.integers(0, 9)
CLUES = st.builds(
    clue,
    st.sampled_from([BY_PHONE, BY_PHONE, UNUSABLE, None]),
    st.sampled_from([BY_EMAIL, BY_EMAIL, UNUSABLE, None]),
    seconds=st.integers(0, 5),
    only=st.sampled_from([None, CALL, LEAD_REQUEST]),
)
LEADS = st.builds(
    lambda kind, start, seconds, contact, reference: (
        call_span(MIDNIGHT + start * SECOND, seconds=seconds, contact=contact, reference=reference)
        if kind is CALL
        else lead_request_span(MIDNIGHT + start * SECOND, contact=contact, reference=reference)
    ),
    st.sampled_from(LeadKind),
    st.integers(0, 4),
    st.integers(0, 2),
    st.sampled_from([PHONE, PHONE, EMAIL, OTHER_PHONE]),
    st.sampled_from(["", "2", "10"]),
)
LEAD_LISTS = st.lists(LEADS, min_size=2, max_size=10).flatmap(
    lambda leads: st.permutations(range(1, len(leads) + 1)).map(
        lambda ids: [replace(lead, ref=replace(lead.ref, id=item)) for lead, item in zip(leads, ids, strict=True)]
    )
)


def second_of(moment: datetime) -> int:
    return round((moment - MIDNIGHT).total_seconds())


def found_by_oracle(asked: SearchContacts, deal_second: int, leads: Sequence[LeadSpan]) -> LeadSpan | None:
    """Rank every lead that may be meant, and let each be beaten by any better one."""
    threshold = round(asked.link_threshold.total_seconds())

    def rank(lead: LeadSpan) -> int | None:
        if asked.only_kind not in (None, lead.ref.kind):
            return None
        if asked.phone and asked.phone.normal == lead.contact:
            return 0 if lead.ref.kind is CALL else 1
        if asked.email and asked.email.normal == lead.contact and lead.ref.kind is LEAD_REQUEST:
            return 2
        return None

    def reaches(lead: LeadSpan) -> bool:
        talked_until = range(second_of(lead.started_at), second_of(lead.ended_at) + threshold + 1)
        return deal_second in talked_until

    def beats(first: LeadSpan, second: LeadSpan) -> bool:
        if rank(first) != rank(second):
            return (rank(first) or 0) < (rank(second) or 0)
        for mine, theirs in (
            (first.started_at, second.started_at),
            (first.ended_at, second.ended_at),
            (first.reference, second.reference),
            (first.ref.id, second.ref.id),
        ):
            if mine != theirs:
                return mine > theirs
        return False

    running = [lead for lead in leads if rank(lead) is not None and reaches(lead)]
    unbeaten = [lead for lead in running if not any(beats(second, lead) for second in running)]
    assert len(unbeaten) == bool(running)
    return unbeaten[0] if unbeaten else None


@settings(max_examples=examples(400))
@given(CLUES, DEAL_SECONDS, LEAD_LISTS)
def test_it_finds_the_lead_that_the_oracle_states(
    asked: SearchContacts, deal_second: int, leads: list[LeadSpan]
) -> None:
    found = find_lead(asked, MIDNIGHT + deal_second * SECOND, leads)
    assert found == found_by_oracle(asked, deal_second, leads)


@settings(max_examples=examples(200))
@given(CLUES, DEAL_SECONDS, LEAD_LISTS, st.randoms(use_true_random=False))
def test_the_order_of_arrival_never_matters(
    asked: SearchContacts, deal_second: int, leads: list[LeadSpan], shuffler: random.Random
) -> None:
    happened_at = MIDNIGHT + deal_second * SECOND
    arrived_otherwise = shuffler.sample(leads, len(leads))
    assert find_lead(asked, happened_at, arrived_otherwise) == find_lead(asked, happened_at, leads)


@given(CLUES, DEAL_SECONDS, LEAD_LISTS)
def test_a_lead_that_was_not_chosen_may_as_well_be_absent(
    asked: SearchContacts, deal_second: int, leads: list[LeadSpan]
) -> None:
    happened_at = MIDNIGHT + deal_second * SECOND
    found = find_lead(asked, happened_at, leads)
    for lead in leads:
        if lead != found:
            assert find_lead(asked, happened_at, [item for item in leads if item != lead]) == found
