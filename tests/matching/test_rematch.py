"""What a lead that comes in later makes of a deal."""

from dataclasses import replace
from datetime import timedelta

import pytest

from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.matching.rematch_effect import UNMATCHED, Match, rematched, with_match
from domain_records import NOON, deal

CALL = LeadRef(LeadKind.CALL, 1)
NEARER = LeadRef(LeadKind.CALL, 2)
LATER = NOON + timedelta(days=1)


@pytest.mark.parametrize(
    ("before", "found", "is_on", "after"),
    [
        (None, CALL, True, CALL),
        (None, CALL, False, CALL),
        (CALL, NEARER, True, NEARER),
        (CALL, NEARER, False, NEARER),
        (CALL, None, True, None),
        (CALL, None, False, CALL),
        (CALL, CALL, True, CALL),
        (None, None, True, None),
    ],
)
def test_it_takes_what_is_found_and_keeps_what_a_switched_off_site_has(
    before: LeadRef | None, found: LeadRef | None, after: LeadRef | None, *, is_on: bool
) -> None:
    assert rematched(deal(lead=before), Match(found), contact_matching=is_on, now=LATER).lead == after


def test_a_person_stands_above_the_rules() -> None:
    pinned = deal(lead=CALL, pinned_at=NOON)
    assert rematched(pinned, Match(NEARER), contact_matching=True, now=LATER) is pinned


def test_nothing_different_is_the_same_deal() -> None:
    same = deal(lead=CALL)
    assert rematched(same, Match(CALL), contact_matching=True, now=LATER) is same


def test_another_lead_is_the_next_version_and_no_change_of_a_caller() -> None:
    before = deal(lead=CALL, version=3)
    assert with_match(before, UNMATCHED, LATER) == replace(before, lead=None, touched_at=LATER, version=4)


def test_a_visit_takes_the_place_of_a_lead_and_a_lead_that_of_a_visit() -> None:
    visited = rematched(deal(lead=CALL), Match(visit_id=7), contact_matching=True, now=LATER)
    assert (visited.lead, visited.visit_id) == (None, 7)
    assert rematched(visited, Match(visit_id=7), contact_matching=True, now=LATER) is visited
    found = rematched(visited, Match(NEARER), contact_matching=True, now=LATER)
    assert (found.lead, found.visit_id) == (NEARER, None)
