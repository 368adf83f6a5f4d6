"""Clear custom fields of leads and deals."""

from collections.abc import Sequence

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.deals.changes import Change
from dealtrace.deals.deal_key import DealKey
from dealtrace.errors import LeadNotMatched, Refusal
from dealtrace.leads.annotations import without_values
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.leads.reference_spelling import find_spelt, spellings
from dealtrace.operations.deals.change import apply_changes
from dealtrace.operations.leads.annotate import store_annotations
from dealtrace.operations.spend_points import lock_registrations, pay_for_calls, points_refusal
from dealtrace.operations.work import Work, operation
from dealtrace.operations.write_command import WriteCommand
from dealtrace.quota.points import PaidMethod
from dealtrace.record import record
from dealtrace.storage.leads import leads
from dealtrace.storage.leads.annotations import find_annotations


@record
class LeadName:
    """The identifier of a lead, as it was sent: an id, a reference or, for a call, a SIP id."""

    kind: LeadKind
    id: int | None = None
    reference: str | None = None
    sip_id: str | None = None


@record
class Clearing:
    """A lead or deal, and the names of its custom fields to clear."""

    owner: LeadName | DealKey
    names: tuple[str, ...]


@operation(ids_per_command=0)
def clear_fields(work: Work, commands: Sequence[WriteCommand[Clearing]]) -> list[int | Refusal]:
    """Clear custom fields in input order; each outcome is the id of the lead or deal, or a refusal.

    The values that a lead loses are stored in a version of its annotations, so that a person can restore them.
    """
    lock_registrations(work)  # before leads are locked
    return [_clear(work, command) for command in commands]


def _clear(work: Work, command: WriteCommand[Clearing]) -> int | Refusal:
    owner, names = command.payload.owner, command.payload.names
    if isinstance(owner, DealKey):
        cleared = command.with_payload(Change(owner, custom_values=dict.fromkeys(names, "")))
        (outcome,) = apply_changes(work, [cleared], PaidMethod.FIELD_DELETE)
        return outcome if isinstance(outcome, Refusal) else outcome.deal.id
    lead_id = _find(work.connection, work.site, owner)
    ref = LeadRef(owner.kind, lead_id) if lead_id is not None else None
    stored = find_annotations(work.connection, work.site.id, [ref]).get(ref) if ref is not None else None
    if ref is None or stored is None:
        return LeadNotMatched()
    if not pay_for_calls(work, PaidMethod.FIELD_DELETE, 1):
        return points_refusal(work)
    cleared_annotations = without_values(stored.annotations, names)
    if cleared_annotations != stored.annotations:
        store_annotations(work, {ref: (stored.annotations, cleared_annotations)})
    return ref.id


def _find(connection: Connection, site: Site, name: LeadName) -> int | None:
    if name.id is not None:
        return name.id
    if name.reference is not None:
        known = leads.find_ids_by_reference(connection, site.id, name.kind, spellings(name.reference))
        return find_spelt(name.reference, known)
    assert name.sip_id is not None
    return find_spelt(name.sip_id, leads.find_ids_by_sip_id(connection, site.id, spellings(name.sip_id)))
