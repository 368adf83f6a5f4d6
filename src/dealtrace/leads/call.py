"""A call (звонок): its id, time and details, and the reports of a PBX (telephone exchange) about it."""

from dataclasses import fields, replace
from datetime import datetime, timedelta
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
