"""Delete, restore or annotate leads on behalf of a person in the cabinet; this costs no points of the API."""

from collections.abc import Sequence
from dataclasses import replace

from dealtrace.accounts.site_change import ChangeKind
from dealtrace.accounts.user import UserId
from dealtrace.errors import InvalidParameters, LeadNotFound, Refusal
from dealtrace.leads.annotations import Annotations, beyond_limits
from dealtrace.leads.lead import LeadRef
from dealtrace.operations.accounts.record_change import record_change
from dealtrace.operations.leads.annotate import store_annotations
from dealtrace.operations.leads.delete import delete_lead, restore_lead
from dealtrace.operations.spend_points import lock_registrations
from dealtrace.operations.work import Work, operation
from dealtrace.operations.write_command import WriteCommand
from dealtrace.record import record
from dealtrace.storage.leads.annotations import find_annotations

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


@record
class AnnotationsRewrite:
    """The new tags, manager and comment of a lead; all other annotations are kept."""

    ref: LeadRef
    tags: tuple[str, ...]
    manager: str
    comment: str


@operation(ids_per_command=0)
def rewrite_annotations(work: Work, commands: Sequence[WriteCommand[AnnotationsRewrite]]) -> list[LeadRef | Refusal]:
    """Replace the tags, manager and comment of leads, in input order; each outcome is the lead or a refusal.

    Ours: the API only adds annotations, since a program does not know what others wrote; a person sees the old
    annotations and may replace them.
    """
    lock_registrations(work)  # before leads are locked
    return [_rewrite(work, command.payload, command.user_id) for command in commands]


def _rewrite(work: Work, wanted: AnnotationsRewrite, user_id: UserId | None) -> LeadRef | Refusal:
    stored = find_annotations(work.connection, work.site.id, [wanted.ref]).get(wanted.ref)
    if stored is None:
        return LeadNotFound(lead_id=wanted.ref.id)
    before = stored.annotations
    after = replace(
        before,
        tags=wanted.tags,
        manager=_kept(wanted.manager, before.manager),
        comment=_kept(wanted.comment, before.comment),
    )
    fault = beyond_limits(after)
    if fault is not None:
        return InvalidParameters([fault])
    if after != before:
        store_version(work, wanted.ref, before, after, user_id)
    return wanted.ref


def store_version(work: Work, ref: LeadRef, before: Annotations, after: Annotations, user_id: UserId | None) -> None:
    """Store the changed annotations of a lead, and record the resulting version."""
    versions = store_annotations(work, {ref: (before, after)}, user_id)
    record_lead_change(work, user_id, ref, NOTED, version=str(versions[ref].version))


def _kept(wanted: str, before: str | None) -> str | None:
    """Return `wanted`, or `None` if `wanted` is empty and no value was ever set before."""
    return wanted if wanted or before is not None else None
