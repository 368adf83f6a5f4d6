"""Store what people did about missed calls: returned them, or decided that they need not be returned."""

from collections.abc import Sequence
from dataclasses import replace

from dealtrace.accounts.site_change import ChangeKind
from dealtrace.accounts.user import UserId
from dealtrace.errors import InvalidParameters, LeadNotFound, Refusal, Violation
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.leads.missed_calls import RING_BACK, RingBack
from dealtrace.operations.accounts.record_change import record_change
from dealtrace.operations.leads.annotate import store_annotation_versions
from dealtrace.operations.spend_points import lock_registrations
from dealtrace.operations.work import Work, operation
from dealtrace.operations.write_command import WriteCommand
from dealtrace.record import record
from dealtrace.storage.leads.missed_calls import find_ring_back, update_ring_back

TO_RETURN = "to return"
"""The value `after` of a `ChangeKind.LEAD` change: a person decided that a missed call must be returned after all."""
_ANSWERED = (
    "на этот звонок ответили: перезванивать не нужно",
    "the call was answered, so it need not be returned",
)


@record
class RingBackMark:
    """A missed call, and what a person did about it; if `ring_back` is `None`, somebody must call back after all."""

    call_id: int
    ring_back: RingBack | None


@operation(ids_per_command=0)
def mark_missed_calls(work: Work, commands: Sequence[WriteCommand[RingBackMark]]) -> list[LeadRef | Refusal]:
    """Store what people did about missed calls, in input order; each outcome is the call or a refusal.

    Ours: what a person did is stored as a version of the call's annotations, so that the call's history shows who
    stored it and when. Storing the same thing again changes nothing.
    """
    lock_registrations(work)  # before calls are locked
    return [mark_missed_call(work, command.payload, command.user_id) for command in commands]


def mark_missed_call(work: Work, mark: RingBackMark, user_id: UserId | None) -> LeadRef | Refusal:
    """Store what a person did about a missed call; return the call, or a refusal if it is unknown or was answered."""
    ref = LeadRef(LeadKind.CALL, mark.call_id)
    stored = find_ring_back(work.connection, work.site.id, ref.id)
    if stored is None:
        return LeadNotFound(lead_id=ref.id)
    if stored.ring_back is mark.ring_back:
        return ref
    if not stored.is_missed and mark.ring_back is not None:
        return InvalidParameters([Violation("call", *_ANSWERED)])
    update_ring_back(work.connection, work.site.id, ref.id, mark.ring_back)
    changed = ({RING_BACK: stored.ring_back}, {RING_BACK: mark.ring_back})
    version = store_annotation_versions(work, {ref: changed}, user_id)[ref].version
    named, done = f"{ref.kind} {ref.id}", mark.ring_back or TO_RETURN
    record_change(replace(work, user_id=user_id), work.site.id, ChangeKind.LEAD, named, before=str(version), after=done)
    return ref
