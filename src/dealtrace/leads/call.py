"""A call (звонок): its id, time and details, and the reports of a PBX (telephone exchange) about it."""

from dataclasses import fields, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import NewType

from dealtrace.attribution.visit import VisitId
from dealtrace.leads.annotations import NO_ANNOTATIONS, Annotations
from dealtrace.record import record

CallId = NewType("CallId", int)


@record
class Circumstances:
    """The details of a call that its PBX reports; `None` means that a detail was not reported.

    `waiting` is how long the client waited for an answer. `sip_id` is a second id of the call, unique within a site.
    `pbx` and `pbx_model` identify the PBX.
    """

    sip_id: str | None = None
    is_successful: bool | None = None
    waiting: timedelta | None = None
    dialled_phone: str | None = None
    answering_phone: str | None = None
    record_url: str | None = None
    pbx: str | None = None
    pbx_model: str | None = None


NOT_REPORTED = Circumstances()


@record
class IncomingCall:
    """A call that is not stored yet.

    `reference` is its id in the PBX (`callReferenceId`), unique within a site. `id` is the id that the
    call had at Calltouch and keeps here; if it is `None`, the call gets a new id.
    """

    started_at: datetime
    duration: timedelta
    phone: str
    reference: str | None = None
    client_name: str | None = None
    visit_id: VisitId | None = None
    circumstances: Circumstances = NOT_REPORTED
    annotations: Annotations = NO_ANNOTATIONS
    id: CallId | None = None


@record
class Call:
    """A stored call; `duration` is the talk time."""

    id: CallId
    reference: str | None
    started_at: datetime
    duration: timedelta
    visit_id: VisitId | None = None

    @property
    def began_at(self) -> datetime:
        """When the lead began: the start of the call."""
        return self.started_at

    @property
    def ended_at(self) -> datetime:
        """The end of the conversation."""
        return self.started_at + self.duration


@record
class CallReport:
    """One of several reports by a PBX about a call; `None` means that a value was not reported."""

    reference: str
    started_at: datetime
    duration: timedelta | None = None
    phone: str | None = None
    circumstances: Circumstances = NOT_REPORTED


def is_over(circumstances: Circumstances, duration: timedelta) -> bool:
    """Return whether a call has ended.

    Ours: a call is still in progress as long as the PBX has reported only the beginning of the call.
    """
    return circumstances.pbx is None or circumstances.is_successful is not None or duration > timedelta(0)


class CallPhase(Enum):
    """The phase of a call: in progress or ended."""

    ONGOING = "ongoing"
    ENDED = "ended"


def phase_of(circumstances: Circumstances, duration: timedelta) -> CallPhase:
    """Return whether a call is in progress or has ended."""
    return CallPhase.ENDED if is_over(circumstances, duration) else CallPhase.ONGOING


def is_answered(circumstances: Circumstances, duration: timedelta) -> bool:
    """Return whether a call was answered.

    If the PBX has not reported this, a call whose duration is above zero counts as answered.
    """
    reported = circumstances.is_successful
    return reported if reported is not None else duration > timedelta(0)


def is_missed(circumstances: Circumstances, duration: timedelta) -> bool:
    """Return whether a call has ended and was not answered."""
    return is_over(circumstances, duration) and not is_answered(circumstances, duration)


def new_call(report: CallReport) -> IncomingCall:
    """Return a call from its first report; a missing duration becomes zero, a missing phone becomes empty."""
    return IncomingCall(
        started_at=report.started_at,
        duration=report.duration or timedelta(0),
        phone=report.phone or "",
        reference=report.reference,
        circumstances=report.circumstances,
    )


def updated_call(known: IncomingCall, report: CallReport) -> IncomingCall:
    """Return the call `known`, updated with `report`, a later report about it; values not reported are kept."""
    reported = {part.name: getattr(report.circumstances, part.name) for part in fields(Circumstances)}
    return replace(
        known,
        started_at=report.started_at,
        duration=known.duration if report.duration is None else report.duration,
        phone=known.phone if report.phone is None else report.phone,
        circumstances=replace(
            known.circumstances, **{name: value for name, value in reported.items() if value is not None}
        ),
    )
