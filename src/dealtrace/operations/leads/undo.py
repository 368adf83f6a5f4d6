"""Undo a version of a lead's annotations, by a new version that restores the earlier values."""

from collections.abc import Sequence

from dealtrace.accounts.user import UserId
from dealtrace.errors import InvalidParameters, LeadNotFound, Refusal, Violation
from dealtrace.leads.annotations import (
    CUSTOM_FIELD,
    annotations_changed_since,
    present_annotations,
    restored_annotations,
)
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.leads.missed_calls import RING_BACK, RingBack
from dealtrace.operations.leads.change_in_cabinet import store_version
from dealtrace.operations.leads.mark_missed_calls import RingBackMark, mark_missed_call
from dealtrace.operations.spend_points import lock_registrations
from dealtrace.operations.work import Work, operation
from dealtrace.operations.write_command import WriteCommand
from dealtrace.record import record
from dealtrace.storage.leads.annotation_versions import list_annotation_versions
from dealtrace.storage.leads.annotations import find_annotations
from dealtrace.storage.leads.missed_calls import find_ring_back

_CHANGED_SINCE = (
    "с тех пор изменено ещё раз; исправьте на странице лида",
    "has been changed again since; correct it on the page of the lead",
)


@record
class AnnotationsUndo:
    """A lead, and the version of its annotations to undo."""

    ref: LeadRef
    version: int


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
        return InvalidParameters([Violation(name.removeprefix(CUSTOM_FIELD), *_CHANGED_SINCE) for name in since])
    if RING_BACK in undone.before:
        former = undone.before[RING_BACK]
        mark = RingBackMark(wanted.ref.id, RingBack(str(former)) if former is not None else None)
        return mark_missed_call(work, mark, user_id)
    store_version(work, wanted.ref, before, restored_annotations(before, undone.before), user_id)
    return wanted.ref


def _ring_back_of(work: Work, ref: LeadRef) -> RingBack | None:
    """Return what a person did about a call; `None` for lead requests."""
    found = find_ring_back(work.connection, work.site.id, ref.id) if ref.kind is LeadKind.CALL else None
    return found.ring_back if found is not None else None
