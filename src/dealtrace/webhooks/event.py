"""The events that are sent to webhooks: events of leads, deals and alerts."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from dealtrace.accounts.webhook import EventKind
from dealtrace.deals.deal import DealId
from dealtrace.deals.versions import DealVersion, VersionKind
from dealtrace.leads.annotations import Annotations
from dealtrace.leads.call import IncomingCall
from dealtrace.leads.call_outcome import is_over
from dealtrace.leads.lead import LeadRef
from dealtrace.record import record


class LeadPart(StrEnum):
    """A part of a lead; an event lists the parts that changed."""

    STARTED_AT = "started_at"
    DURATION = "duration"
    PHONE = "phone"
    SIP_ID = "sip_id"
    SUCCESS = "is_successful"
    WAITING = "waiting"
    DIALLED_PHONE = "dialled_phone"
    ANSWERING_PHONE = "answering_phone"
    RECORD = "record_url"
    PBX = "exchange"
    MANAGER = "manager"
    COMMENT = "comment"
    TAGS = "tags"
    CUSTOM_VALUES = "custom_values"
    VISIT = "visit"
    DEAL = "deal"


@record
class LeadEvent:
    """An event of a lead; `changed` lists the parts that changed, and is empty if the lead is new."""

    kind: EventKind
    lead: LeadRef
    changed: tuple[LeadPart, ...] = ()


@record
class DealEvent:
    """An event of a deal, and the number of the deal's version that caused the event."""

    kind: EventKind
    deal_id: DealId
    version: int


@record
class AlertEvent:
    """An event of an alert: an incident, which is a period with an unusual figure, began or ended."""

    kind: EventKind
    incident_id: int


Event = LeadEvent | DealEvent | AlertEvent


def call_event(lead: LeadRef, before: IncomingCall | None, after: IncomingCall) -> LeadEvent:
    """Return the event that a PBX's report of a call causes: connected, disconnected or changed.

    `before` is the call as reported earlier, or `None` for the first report; `after` is the call with this report.
    """
    ended = is_over(after.circumstances, after.duration)
    if before is None:
        return LeadEvent(EventKind.CALL_DISCONNECTED if ended else EventKind.CALL_CONNECTED, lead)
    is_ending = ended and not is_over(before.circumstances, before.duration)
    kind = EventKind.CALL_DISCONNECTED if is_ending else EventKind.LEAD_CHANGED
    return LeadEvent(kind, lead, _changed_parts(before, after))


def _changed_parts(before: IncomingCall, after: IncomingCall) -> tuple[LeadPart, ...]:
    pairs = {
        LeadPart.STARTED_AT: (before.started_at, after.started_at),
        LeadPart.DURATION: (before.duration, after.duration),
        LeadPart.PHONE: (before.phone, after.phone),
        LeadPart.PBX: (before.circumstances.pbx, after.circumstances.pbx),
    }
    circumstances = (
        LeadPart.SIP_ID,
        LeadPart.SUCCESS,
        LeadPart.WAITING,
        LeadPart.DIALLED_PHONE,
        LeadPart.ANSWERING_PHONE,
        LeadPart.RECORD,
    )
    for part in circumstances:
        pairs[part] = (getattr(before.circumstances, part), getattr(after.circumstances, part))
    return tuple(part for part, (was, is_now) in pairs.items() if was != is_now)


def annotations_event(lead: LeadRef, before: Annotations, after: Annotations) -> LeadEvent:
    """Return the event for a change to a lead's annotations from `before` to `after`."""
    parts = (LeadPart.MANAGER, LeadPart.COMMENT, LeadPart.TAGS, LeadPart.CUSTOM_VALUES)
    changed = tuple(part for part in parts if getattr(before, part) != getattr(after, part))
    return LeadEvent(EventKind.LEAD_CHANGED, lead, changed)


_OF_VERSION: Mapping[VersionKind, EventKind] = {
    VersionKind.REGISTERED: EventKind.DEAL_CREATED,
    VersionKind.CHANGED: EventKind.DEAL_CHANGED,
    VersionKind.DELETED: EventKind.DEAL_DELETED,
    VersionKind.RESTORED: EventKind.DEAL_RESTORED,
}


def deal_events(version: DealVersion) -> list[Event]:
    """List the events that a version of a deal causes: for the deal, and for the leads that the deal gained or lost.

    Ours: a deal that is matched at registration causes two events, “created” and “matched”, so that receivers are
    notified of every match by the same event.
    """
    events: list[Event] = []
    if version.kind in _OF_VERSION:
        events.append(DealEvent(_OF_VERSION[version.kind], version.deal_id, version.version))
    was, is_now = version.before.get("lead"), version.after.get("lead")
    if was != is_now:
        events.append(DealEvent(EventKind.DEAL_MATCHED, version.deal_id, version.version))
        leads: Iterable[LeadRef] = (lead for lead in (was, is_now) if lead is not None)
        events += [LeadEvent(EventKind.LEAD_CHANGED, lead, (LeadPart.DEAL,)) for lead in leads]
    return events
