"""Delete, restore or annotate leads on behalf of a person in the cabinet; this costs no points of the API."""

from collections.abc import Sequence
from dataclasses import replace

from dealtrace.errors import InvalidParameters, LeadNotFound, Refusal
from dealtrace.leads.lead import LeadRef
from dealtrace.operations.leads.annotate import beyond_limits, store_annotations
from dealtrace.operations.leads.delete import delete_lead, restore_lead
from dealtrace.operations.work import Work, operation
from dealtrace.operations.write_command import WriteCommand
from dealtrace.record import record
from dealtrace.storage.leads.annotations import find_annotations


@record
class Deletion:
    """A lead to delete if `is_deleted` is true, or to restore if it is false."""

    ref: LeadRef
    is_deleted: bool


@record
class Rewriting:
    """The new tags, manager and comment of a lead; all other annotations are kept."""

    ref: LeadRef
    tags: tuple[str, ...]
    manager: str
    comment: str


@operation(ids_per_command=0)
def delete_leads(work: Work, commands: Sequence[WriteCommand[Deletion]]) -> list[int | Refusal]:
    """Delete or restore leads in input order; each outcome is the number of deals whose lead changed, or a refusal."""
    outcomes: list[int | Refusal] = []
    for command in commands:
        change = delete_lead if command.payload.is_deleted else restore_lead
        try:
            outcomes.append(len(change(work, command.payload.ref)))
        except Refusal as refusal:
            outcomes.append(refusal)
    return outcomes


@operation(ids_per_command=0)
def rewrite_annotations(work: Work, commands: Sequence[WriteCommand[Rewriting]]) -> list[LeadRef | Refusal]:
    """Replace the tags, manager and comment of leads, in input order; each outcome is the lead or a refusal.

    Ours: the API only adds annotations, since a program does not know what others wrote; a person sees the old text and
    may replace the text.
    """
    return [_rewrite(work, command.payload) for command in commands]


def _rewrite(work: Work, wanted: Rewriting) -> LeadRef | Refusal:
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
        store_annotations(work, {wanted.ref: (before, after)})
    return wanted.ref


def _kept(wanted: str, before: str | None) -> str | None:
    """Return the text `wanted`, or `None` if it is empty and the value was never set before."""
    return wanted if wanted or before is not None else None
