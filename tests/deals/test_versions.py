"""What a registration writes down of itself."""

from dataclasses import fields, replace

import pytest

from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.deals.deal import Deal
from dealtrace.deals.lead_clue import CallIdentity, LeadClue
from dealtrace.deals.versions import (
    FIRST_VERSION,
    DealVersion,
    VersionKind,
    as_of,
    first_version,
    without_person,
)
from dealtrace.leads.lead import LeadKind, LeadRef
from domain_records import NOON, deal

REGISTERED = deal(
    manager="Коля",
    comment="",
    tags=("mytag1",),
    custom_values={"margin": "10"},
    stated_source=TrafficSource("выставка"),
    clue=LeadClue(CallIdentity(1, "a")),
    lead=LeadRef(LeadKind.CALL, 1),
)


@pytest.mark.parametrize("token_id", [None, 5])
def test_it_is_the_first_and_follows_nothing(token_id: int | None) -> None:
    written = first_version(REGISTERED, "1000", token_id)
    assert (written.deal_id, written.version, written.kind) == (REGISTERED.id, 1, VersionKind.REGISTERED)
    assert (written.recorded_at, written.token_id, written.before) == (REGISTERED.recorded_at, token_id, {})
    assert REGISTERED.version == FIRST_VERSION


def test_it_keeps_the_whole_deal_and_the_sum_as_it_was_sent() -> None:
    stamps = {"recorded_at", "touched_at", "changed_at", "status_since", "deleted_at", "pinned_at"}
    of_deals_2 = {"margin_rub", "currency", "details", "matchers", "visit_id"}
    kept_elsewhere = {"id", "version", *stamps, *of_deals_2}
    whole = {field.name: getattr(REGISTERED, field.name) for field in fields(Deal) if field.name not in kept_elsewhere}
    assert first_version(REGISTERED, "1 000", None).after == {**whole, "amount_as_sent": "1 000"}


def test_the_kinds_have_names_that_stay() -> None:
    by_callers = {"registered", "changed", "deleted", "restored"}
    assert {kind.value for kind in VersionKind} == by_callers | {"matched", "pinned", "unpinned"}


def test_without_the_person_only_the_business_is_left() -> None:
    clue = {"identity": {"id": 1, "reference": "a"}, "contact": {"phone": {"as_sent": "8 920", "normal": "7920"}}}
    result = {
        "status": "won",
        "manager": "his brother",
        "comment": "Ivan",
        "custom_values": {"passport": "1"},
        "clue": clue,
    }
    left = {"status": "won", "manager": None, "comment": None, "custom_values": None, "clue": {**clue, "contact": None}}
    assert without_person(result) == left
    assert without_person({"lead": None}) == {"lead": None}


def test_a_deal_is_stated_as_a_version_left_it() -> None:
    first = deal(status="new", tags=("a",), lead=None)
    lead = LeadRef(LeadKind.CALL, 5)
    third = replace(first, status="won", tags=(), lead=lead, version=3)
    versions = [
        DealVersion(first.id, 2, VersionKind.CHANGED, NOON, None, {"status": "new", "tags": ("a",)}, {"status": "won"}),
        DealVersion(first.id, 3, VersionKind.MATCHED, NOON, None, {"lead": None}, {"lead": lead}),
    ]
    assert as_of(third, 1, versions) == first
    assert as_of(third, 2, versions) == replace(third, lead=None, version=2)
    assert as_of(third, 3, versions) is third
