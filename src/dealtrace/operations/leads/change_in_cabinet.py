"""Delete, restore or annotate leads on behalf of a person in the cabinet; this costs no points of the API."""

from collections.abc import Sequence
from dataclasses import replace

from dealtrace.accounts.site_change import ChangeKind
from dealtrace.accounts.user import UserId
from dealtrace.errors import InvalidParameters, LeadNotFound, Refusal, Violation
from dealtrace.leads.annotations import (
    Annotations,
    annotations_changed_since,
    present_annotations,
    restored_annotations,
)
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.leads.ring_back import RING_BACK, RingBack
from dealtrace.operations.accounts.record_change import record_change
from dealtrace.operations.leads.annotate import beyond_limits, store_annotations
from dealtrace.operations.leads.delete import delete_lead, restore_lead
from dealtrace.operations.leads.ring_back import RingBackMark, mark_missed_call
from dealtrace.operations.spend_points import lock_registrations
from dealtrace.operations.work import Work, operation
from dealtrace.operations.write_command import WriteCommand
from dealtrace.record import record
from dealtrace.storage.leads.annotation_versions import list_annotation_versions
from dealtrace.storage.leads.annotations import find_annotations
from dealtrace.storage.leads.ring_backs import find_ring_back

DELETED, RESTORED, NOTED = "deleted", "restored", "noted"
"""What a person did to a lead, as `ChangeKind.LEAD` states it."""
_CHANGED_SINCE = (
    "с тех пор изменено ещё раз; исправьте на странице лида",
    "has been changed again since; correct it on the page of the lead",
)


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
            _record(work, command.user_id, ref, DELETED if is_deleted else RESTORED)
    return outcomes


@record
class AnnotationsUndo:
    """A lead, and the version of its annotations to undo."""

    ref: LeadRef
    version: int


@operation(ids_per_command=0)
def rewrite_annotations(work: Work, commands: Sequence[WriteCommand[Rewriting]]) -> list[LeadRef | Refusal]:
    """Replace the tags, manager and comment of leads, in input order; each outcome is the lead or a refusal.

    Ours: the API only adds annotations, since a program does not know what others wrote; a person sees the old
    annotations and may replace them.
    """
    lock_registrations(work)  # before leads are locked
    return [_rewrite(work, command.payload, command.user_id) for command in commands]


def _rewrite(work: Work, wanted: Rewriting, user_id: UserId | None) -> LeadRef | Refusal:
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
        _store(work, wanted.ref, before, after, user_id)
    return wanted.ref


@operation(ids_per_command=0)
def undo_annotations(work: Work, commands: Sequence[WriteCommand[AnnotationsUndo]]) -> list[LeadRef | Refusal]:
    """Restore the former values of the annotations that a version changed; each outcome is the lead or a refusal.

    Ours: an undo is a version like any other, so it can be undone itself. An undo is refused if an annotation has been
    changed again since that version, for example by a program that added to it, because the later change would be lost.
    """
    lock_registrations(work)  # before leads are locked
    return [_undo(work, command.payload, command.user_id) for command in commands]


def _undo(work: Work, wanted: AnnotationsUndo, user_id: UserId | None) -> LeadRef | Refusal:
    stored = find_annotations(work.connection, work.site.id, [wanted.ref]).get(wanted.ref)
    versions = list_annotation_versions(work.connection, work.site.id, wanted.ref.id)
    undone = next((version for version in versions if version.version == wanted.version), None)
    if stored is None or undone is None:
        return LeadNotFound(lead_id=wanted.ref.id)
    before = stored.annotations
    since = annotations_changed_since(undone, present_annotations(before, _ring_back_of(work, wanted.ref)))
    if since:
        return InvalidParameters([Violation(name, *_CHANGED_SINCE) for name in since])
    if RING_BACK in undone.before:
        former = undone.before[RING_BACK]
        mark = RingBackMark(wanted.ref.id, RingBack(str(former)) if former is not None else None)
        return mark_missed_call(work, mark, user_id)
    _store(work, wanted.ref, before, restored_annotations(before, undone.before), user_id)
    return wanted.ref


def _ring_back_of(work: Work, ref: LeadRef) -> RingBack | None:
    """Return what a person did about a call; `None` for lead requests."""
    found = find_ring_back(work.connection, work.site.id, ref.id) if ref.kind is LeadKind.CALL else None
    return found.ring_back if found is not None else None


def _store(work: Work, ref: LeadRef, before: Annotations, after: Annotations, user_id: UserId | None) -> None:
    """Store the changed annotations of a lead, and record the resulting version."""
    versions = store_annotations(work, {ref: (before, after)}, user_id)
    _record(work, user_id, ref, NOTED, version=str(versions[ref].version))


def _record(work: Work, user_id: UserId | None, ref: LeadRef, done: str, *, version: str = "") -> None:
    """Record what a person did to a lead; of annotations only `version`, since their values may contain contacts."""
    named = f"{ref.kind} {ref.id}"
    record_change(replace(work, user_id=user_id), work.site.id, ChangeKind.LEAD, named, before=version, after=done)


def _kept(wanted: str, before: str | None) -> str | None:
    """Return `wanted`, or `None` if `wanted` is empty and no value was ever set before."""
    return wanted if wanted or before is not None else None
