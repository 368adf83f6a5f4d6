"""What happened, and what it means to whom."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from dealtrace.accounts.webhook import EventKind
from dealtrace.deals.deal import DealId
from dealtrace.deals.versions import DealVersion, VersionKind
from dealtrace.leads.annotations import NO_ANNOTATIONS, Annotations
from dealtrace.leads.call import NOT_REPORTED, Circumstances, IncomingCall
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.webhooks.event import DealEvent, LeadEvent, LeadPart, annotations_event, call_event, deal_events
from domain_records import NOON, PHONE

CALL, OTHER = LeadRef(LeadKind.CALL, 1), LeadRef(LeadKind.LEAD_REQUEST, 2)
RINGING = IncomingCall(NOON, timedelta(0), PHONE, circumstances=Circumstances(pbx="asterisk"))
TALKED = replace(RINGING, duration=timedelta(seconds=40))
MISSED = replace(RINGING, circumstances=replace(RINGING.circumstances, is_successful=False))


def test_a_call_that_an_exchange_reports_as_it_begins_is_connected() -> None:
    assert call_event(CALL, None, RINGING) == LeadEvent(EventKind.CALL_CONNECTED, CALL)


@pytest.mark.parametrize("report", [TALKED, MISSED, replace(RINGING, circumstances=NOT_REPORTED)])
def test_a_call_first_reported_when_it_was_over_is_disconnected(report: IncomingCall) -> None:
    assert call_event(CALL, None, report) == LeadEvent(EventKind.CALL_DISCONNECTED, CALL)


@pytest.mark.parametrize(
    ("after", "changed"), [(TALKED, (LeadPart.DURATION,)), (MISSED, (LeadPart.SUCCESS,))], ids=["talked", "missed"]
)
def test_a_call_that_ends_is_disconnected_with_what_is_new(after: IncomingCall, changed: tuple[LeadPart, ...]) -> None:
    assert call_event(CALL, RINGING, after) == LeadEvent(EventKind.CALL_DISCONNECTED, CALL, changed)


@pytest.mark.parametrize(
    ("part", "change"),
    [
        (LeadPart.STARTED_AT, {"started_at": NOON + timedelta(seconds=1)}),
        (LeadPart.PHONE, {"phone": "79990001122"}),
        (LeadPart.DURATION, {"duration": timedelta(seconds=41)}),
    ],
)
def test_a_call_reported_otherwise_is_changed(part: LeadPart, change: dict[str, Any]) -> None:
    assert call_event(CALL, TALKED, replace(TALKED, **change)) == LeadEvent(EventKind.LEAD_CHANGED, CALL, (part,))


@pytest.mark.parametrize(
    ("part", "change"),
    [
        (LeadPart.SIP_ID, {"sip_id": "sip"}),
        (LeadPart.WAITING, {"waiting": timedelta(seconds=3)}),
        (LeadPart.DIALLED_PHONE, {"dialled_phone": "74950000000"}),
        (LeadPart.ANSWERING_PHONE, {"answering_phone": "101"}),
        (LeadPart.RECORD, {"record_url": "https://pbx.example/1.mp3"}),
        (LeadPart.PBX, {"pbx": "mango"}),
    ],
)
def test_a_call_that_goes_on_is_changed_by_each_circumstance(part: LeadPart, change: dict[str, Any]) -> None:
    result = replace(RINGING, circumstances=replace(RINGING.circumstances, **change))
    assert call_event(CALL, RINGING, result) == LeadEvent(EventKind.LEAD_CHANGED, CALL, (part,))


def test_what_is_said_of_a_lead_changes_by_its_parts() -> None:
    after = Annotations(manager="Коля", comment="x", tags=("a",), custom_values={"f": "1"})
    parts = (LeadPart.MANAGER, LeadPart.COMMENT, LeadPart.TAGS, LeadPart.CUSTOM_VALUES)
    assert annotations_event(CALL, NO_ANNOTATIONS, after) == LeadEvent(EventKind.LEAD_CHANGED, CALL, parts)
    assert annotations_event(CALL, after, replace(after, tags=())).changed == (LeadPart.TAGS,)


def version(kind: VersionKind, before: dict[str, Any], after: dict[str, Any]) -> DealVersion:
    return DealVersion(DealId(7), 3, kind, NOON, None, before, after)


@pytest.mark.parametrize(
    ("kind", "event"),
    [
        (VersionKind.REGISTERED, EventKind.DEAL_CREATED),
        (VersionKind.CHANGED, EventKind.DEAL_CHANGED),
        (VersionKind.DELETED, EventKind.DEAL_DELETED),
        (VersionKind.RESTORED, EventKind.DEAL_RESTORED),
    ],
)
def test_a_version_is_stated_by_its_kind(kind: VersionKind, event: EventKind) -> None:
    assert deal_events(version(kind, {}, {"status": "won"})) == [DealEvent(event, DealId(7), 3)]


def test_a_deal_matched_as_it_is_registered_is_created_then_matched() -> None:
    assert deal_events(version(VersionKind.REGISTERED, {}, {"lead": CALL})) == [
        DealEvent(EventKind.DEAL_CREATED, DealId(7), 3),
        DealEvent(EventKind.DEAL_MATCHED, DealId(7), 3),
        LeadEvent(EventKind.LEAD_CHANGED, CALL, (LeadPart.DEAL,)),
    ]


def test_a_deal_registered_without_a_lead_is_not_matched() -> None:
    (event,) = deal_events(version(VersionKind.REGISTERED, {}, {"lead": None}))
    assert event.kind is EventKind.DEAL_CREATED


def test_both_leads_hear_of_a_deal_that_goes_from_one_to_the_other() -> None:
    assert deal_events(version(VersionKind.MATCHED, {"lead": CALL}, {"lead": OTHER})) == [
        DealEvent(EventKind.DEAL_MATCHED, DealId(7), 3),
        LeadEvent(EventKind.LEAD_CHANGED, CALL, (LeadPart.DEAL,)),
        LeadEvent(EventKind.LEAD_CHANGED, OTHER, (LeadPart.DEAL,)),
    ]


@pytest.mark.parametrize("kind", [VersionKind.PINNED, VersionKind.UNPINNED])
def test_a_pin_that_leaves_the_lead_is_told_to_nobody(kind: VersionKind) -> None:
    assert deal_events(version(kind, {"lead": CALL}, {"lead": CALL})) == []
    assert len(deal_events(version(kind, {"lead": CALL}, {"lead": None}))) == 2
