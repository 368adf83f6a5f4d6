"""A call (звонок)."""

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
    """How a call went, as its exchange tells it; `None` is what it does not tell.

    `dialled_phone` is the number the client called, `answering_phone` the one that picked up, `waiting` how long
    the client waited for it. `sip_id` is the call's second name, unique in a site as the first is. `exchange` and
    `exchange_model` say which exchange reported the call.
    """

    sip_id: str | None = None
    is_successful: bool | None = None
    waiting: timedelta | None = None
    dialled_phone: str | None = None
    answering_phone: str | None = None
    record_url: str | None = None
    exchange: str | None = None
    exchange_model: str | None = None


UNTOLD = Circumstances()


@record
class IncomingCall:
    """A call as an exchange reports it, before it has an id of ours.

    `reference` is its id in that exchange (`callid` there, `callReferenceId` with us), unique in a site. `id` is one
    it had with the vendor and keeps; every other call gets one of ours.
    """

    started_at: datetime
    duration: timedelta
    phone: str
    reference: str | None = None
    client_name: str | None = None
    visit_id: VisitId | None = None
    circumstances: Circumstances = UNTOLD
    annotations: Annotations = NO_ANNOTATIONS
    id: CallId | None = None


@record
class Call:
    """A call we keep: it began at `started_at` and was talked for `duration`."""

    id: CallId
    reference: str | None
    started_at: datetime
    duration: timedelta
    visit_id: VisitId | None = None

    @property
    def ended_at(self) -> datetime:
        """When the talking ended."""
        return self.started_at + self.duration


@record
class CallReport:
    """What an exchange reports of one of its calls, maybe again and again as the call goes on.

    `None` is what this report does not tell.
    """

    reference: str
    started_at: datetime
    duration: timedelta | None = None
    phone: str | None = None
    circumstances: Circumstances = UNTOLD


def is_over(circumstances: Circumstances, duration: timedelta) -> bool:
    """Whether a call has ended.

    Ours: one that its exchange reported and told nothing of yet but that it began is still going on.
    """
    return circumstances.exchange is None or circumstances.is_successful is not None or duration > timedelta(0)


class CallPhase(Enum):
    """How far a call has come."""

    ONGOING = "ongoing"
    ENDED = "ended"


def phase_of(circumstances: Circumstances, duration: timedelta) -> CallPhase:
    """Return the phase a call is in."""
    return CallPhase.ENDED if is_over(circumstances, duration) else CallPhase.ONGOING


def is_answered(circumstances: Circumstances, duration: timedelta) -> bool:
    """Whether the call was answered: as its exchange reports, and if it does not, whether anybody talked."""
    reported = circumstances.is_successful
    return reported if reported is not None else duration > timedelta(0)


def first_told(report: CallReport) -> IncomingCall:
    """Tell a call from its first report; without a duration nobody has talked yet, without a phone it is hidden."""
    return IncomingCall(
        started_at=report.started_at,
        duration=report.duration or timedelta(0),
        phone=report.phone or "",
        reference=report.reference,
        circumstances=report.circumstances,
    )


def told_again(known: IncomingCall, report: CallReport) -> IncomingCall:
    """Tell how a call stands after another report of it; what a report does not tell stays as it was."""
    told = {part.name: getattr(report.circumstances, part.name) for part in fields(Circumstances)}
    return replace(
        known,
        started_at=report.started_at,
        duration=known.duration if report.duration is None else report.duration,
        phone=known.phone if report.phone is None else report.phone,
        circumstances=replace(
            known.circumstances, **{name: value for name, value in told.items() if value is not None}
        ),
    )
