"""A call (звонок)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NewType

from dealtrace.attribution.visit import VisitId

CallId = NewType("CallId", int)


@dataclass(frozen=True, slots=True)
class IncomingCall:
    """A call as an exchange reports it, before it has an id of ours.

    `reference` is its id in that exchange (`callid` there, `callReferenceId` with us), unique in a site.
    """

    started_at: datetime
    duration: timedelta
    phone: str
    reference: str | None = None
    client_name: str | None = None
    visit_id: VisitId | None = None


@dataclass(frozen=True, slots=True)
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
