"""Which lead a program means that names one by contact."""

from datetime import timedelta

import pytest

from dealtrace.deals.matchers import Preference
from dealtrace.leads.lead import LeadKind, LeadRef, LeadSpan
from dealtrace.matching.lead_search import Prospect, SearchByContact, TagFilter, choose
from domain_records import EMAIL, NOON, PHONE, SECOND, call_span, lead_request_span

BOTH = frozenset(LeadKind)
HOUR = timedelta(hours=1)


def prospect(span: LeadSpan, *tags: str, unique: bool = True, unique_lead: bool = True) -> Prospect:
    return Prospect(span, tags, is_unique=unique, is_unique_lead=unique_lead)


def found(search: SearchByContact, *prospects: Prospect) -> LeadRef | None:
    forwards, backwards = choose(search, prospects), choose(search, prospects[::-1])
    assert forwards == backwards
    return forwards


NEAR = prospect(call_span(NOON - SECOND, lead_id=1), "a", unique=False, unique_lead=False)
FAR = prospect(call_span(NOON - HOUR, lead_id=2), "a", "b", unique_lead=False)
FURTHER = prospect(lead_request_span(NOON - 2 * HOUR, lead_id=3), "c")
LATER = prospect(call_span(NOON + SECOND, lead_id=4), "a")
STRANGER = prospect(call_span(NOON, lead_id=5, contact="79990001122"))
ALL = (NEAR, FAR, FURTHER, LATER, STRANGER)


@pytest.mark.parametrize(
    ("search", "lead_id"),
    [
        (SearchByContact(BOTH, (PHONE,), NOON), 1),
        (SearchByContact(BOTH, (PHONE,), NOON, preference=Preference.NEAREST_UNIQUE), 2),
        (SearchByContact(BOTH, (PHONE,), NOON, preference=Preference.NEAREST_UNIQUE_LEAD), 3),
        (SearchByContact(frozenset({LeadKind.LEAD_REQUEST}), (PHONE,), NOON), 3),
        (SearchByContact(BOTH, (PHONE,), NOON - SECOND), 1),
        (SearchByContact(BOTH, (PHONE,), NOON - 2 * SECOND), 2),
        (SearchByContact(BOTH, (PHONE,), NOON + SECOND), 4),
        (SearchByContact(BOTH, (EMAIL, PHONE), NOON), 1),
        (SearchByContact(BOTH, (PHONE,), NOON, depth=SECOND), 1),
        (SearchByContact(BOTH, (PHONE,), NOON, depth=timedelta(0)), None),
        (SearchByContact(BOTH, (PHONE,), NOON, HOUR, Preference.NEAREST_UNIQUE_LEAD), None),
        (SearchByContact(BOTH, (PHONE,), NOON, tags=TagFilter(frozenset({"a", "b"}))), 2),
        (SearchByContact(BOTH, (PHONE,), NOON, tags=TagFilter(frozenset({"b", "c"}), any_will_do=True)), 2),
        (SearchByContact(BOTH, (PHONE,), NOON, tags=TagFilter(frozenset({"d"}))), None),
        (SearchByContact(BOTH, (EMAIL,), NOON), None),
        (SearchByContact(BOTH, (), NOON), None),
    ],
)
def test_the_nearest_that_is_all_that_is_asked_for(search: SearchByContact, lead_id: int | None) -> None:
    ref = found(search, *ALL)
    assert (ref.id if ref is not None else None) == lead_id


@pytest.mark.parametrize("any_will_do", [True, False])
def test_a_filter_without_tags_asks_for_nothing(any_will_do: bool) -> None:
    assert TagFilter(any_will_do=any_will_do).admits(())
