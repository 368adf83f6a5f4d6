"""Delete, restore or annotate leads on behalf of a person in the cabinet; this costs no points of the API."""

from collections.abc import Sequence
from dataclasses import replace

from dealtrace.accounts.site_change import ChangeKind
from dealtrace.accounts.user import UserId
from dealtrace.errors import Refusal
from dealtrace.leads.lead import LeadRef
from dealtrace.operations.accounts.record_change import record_change
from dealtrace.operations.leads.delete import delete_lead, restore_lead
from dealtrace.operations.work import Work, operation
from dealtrace.operations.write_command import WriteCommand
from dealtrace.record import record

DELETED, RESTORED, NOTED = "deleted", "restored", "noted"
"""The actions of a person on a lead, as they are recorded in changes of the kind `ChangeKind.LEAD`."""


@record
class LeadDeletion:
    """A lead to delete if `is_deleted` is true, or to restore if it is false."""

    ref: LeadRef
    is_deleted: bool


@operation(ids_per_command=0)
def delete_leads(work: Work, commands: Sequence[WriteCommand[LeadDeletion]]) -> list[int | Refusal]:
    """Delete or restore leads in input order.

    Each outcome is the number of deals that now have a different lead or none, or a refusal.
    """
    outcomes: list[int | Refusal] = []
    for command in commands:
        ref, is_deleted = command.payload.ref, command.payload.is_deleted
        change = delete_lead if is_deleted else restore_lead
        try:
            outcomes.append(len(change(work, ref)))
        except Refusal as refusal:
            outcomes.append(refusal)
        else:
            record_lead_change(work, command.user_id, ref, DELETED if is_deleted else RESTORED)
    return outcomes


def record_lead_change(work: Work, user_id: UserId | None, ref: LeadRef, done: str, *, version: str = "") -> None:
    """Record what a person did to a lead; annotations may contain contacts, so only their `version` is recorded."""
    named = f"{ref.kind} {ref.id}"
    record_change(replace(work, user_id=user_id), work.site.id, ChangeKind.LEAD, named, before=version, after=done)
