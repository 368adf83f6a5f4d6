"""Empty custom fields of leads and deals."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.deals.changes import Change
from dealtrace.deals.deal import DealKey
from dealtrace.errors import LeadNotMatched, Refusal
from dealtrace.leads.annotations import without_values
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.operations.deals.change import change_deals
from dealtrace.operations.points import pay_for_calls, points_refusal
from dealtrace.operations.webhooks.publish import publish_events
from dealtrace.operations.write_command import WriteCommand
from dealtrace.quota.points import PaidMethod
from dealtrace.record import record
from dealtrace.storage.id_blocks import IdBlocks
from dealtrace.storage.leads import leads
from dealtrace.storage.leads.annotations import find_annotations, update_annotations
from dealtrace.webhooks.event import annotations_event


@record
class LeadName:
    """A lead by one of its names: our id, its reference, or, of a call, its second name."""

    kind: LeadKind
    id: int | None = None
    reference: str | None = None
    sip_id: str | None = None


@record
class Clearing:
    """Whose fields are to be emptied, and which."""

    owner: LeadName | DealKey
    names: tuple[str, ...]


def clear_fields(
    connection: Connection, ids: IdBlocks, site: Site, commands: Sequence[WriteCommand[Clearing]], now: datetime
) -> list[int | Refusal]:
    """Empty the fields, in the order of arrival; each outcome is the id of whose they are."""
    return [_clear(connection, ids, site, command, now) for command in commands]


def _clear(
    connection: Connection, ids: IdBlocks, site: Site, command: WriteCommand[Clearing], now: datetime
) -> int | Refusal:
    owner, names = command.payload.owner, command.payload.names
    if isinstance(owner, DealKey):
        emptied = WriteCommand(Change(owner, custom_values=dict.fromkeys(names, "")), command.token_id)
        (outcome,) = change_deals(connection, ids, site, [emptied], now, method=PaidMethod.FIELD_DELETE)
        return outcome if isinstance(outcome, Refusal) else outcome.deal.id
    lead_id = _find(connection, site, owner)
    ref = LeadRef(owner.kind, lead_id) if lead_id is not None else None
    kept = find_annotations(connection, site.id, [ref]).get(ref) if ref is not None else None
    if ref is None or kept is None:
        return LeadNotMatched()
    if not pay_for_calls(connection, site, PaidMethod.FIELD_DELETE, 1, now):
        return points_refusal(site, now)
    emptied_annotations = without_values(kept.annotations, names)
    if emptied_annotations != kept.annotations:
        update_annotations(connection, site.id, {ref: emptied_annotations})
        publish_events(connection, site, [annotations_event(ref, kept.annotations, emptied_annotations)], now)
    return ref.id


def _find(connection: Connection, site: Site, name: LeadName) -> int | None:
    if name.id is not None:
        return name.id
    if name.reference is not None:
        return leads.find_ids_by_reference(connection, site.id, name.kind, [name.reference]).get(name.reference)
    assert name.sip_id is not None
    return leads.find_ids_by_sip_id(connection, site.id, [name.sip_id]).get(name.sip_id)
