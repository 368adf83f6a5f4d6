"""Annotate leads: add tags, managers, comments and values of custom fields."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from dealtrace.accounts.user import UserId
from dealtrace.deals.custom_fields import split_by_known
from dealtrace.errors import InvalidParameters, LeadNotFound, LeadNotMatched, PointsSpent, Refusal, Violation
from dealtrace.leads.annotations import (
    Addition,
    Annotations,
    AnnotationValues,
    AnnotationVersion,
    changed_annotations,
    with_addition,
)
from dealtrace.leads.lead import LeadRef
from dealtrace.leads.limits import (
    ANNOTATION_VERSIONS_MAX,
    LEAD_COMMENT_LENGTH_MAX,
    LEAD_MANAGERS_LENGTH_MAX,
    LEAD_TAGS_MAX,
)
from dealtrace.matching.lead_search import LeadSearch
from dealtrace.operations.leads.change_in_cabinet import NOTED, record_lead_change
from dealtrace.operations.matching.rematch import rematch_tagged
from dealtrace.operations.matching.search_leads import FoundLeads, find_leads
from dealtrace.operations.spend_points import lock_registrations, pay_for_calls, points_refusal
from dealtrace.operations.webhooks.publish import publish_events
from dealtrace.operations.work import Work, operation
from dealtrace.operations.write_command import WriteCommand
from dealtrace.quota.points import PaidMethod
from dealtrace.record import record
from dealtrace.storage.accounts import custom_fields
from dealtrace.storage.leads.annotation_versions import (
    delete_annotation_versions,
    find_last_versions,
    insert_annotation_versions,
)
from dealtrace.storage.leads.annotations import find_annotations, update_annotations
from dealtrace.webhooks.event import annotations_event


@record
class LeadAnnotation:
    """The annotations to add to a lead, and the searches by which to find the lead."""

    searches: tuple[LeadSearch, ...]
    addition: Addition


@record
class AnnotationCall:
    """An API call that annotates several leads; each lead succeeds or fails independently."""

    method: PaidMethod
    items: Sequence[LeadAnnotation]


AnnotationOutcomes = list[LeadRef | Refusal]


@operation(ids_per_command=0)
def annotate_leads(
    work: Work, commands: Sequence[WriteCommand[AnnotationCall]]
) -> list[AnnotationOutcomes | PointsSpent]:
    """Annotate leads in input order; the outcome of an API call has a lead or a refusal for each item.

    An API call costs points (the API's daily quota) once if any lead was found, and nothing otherwise. If too few
    points are left, its outcome is `PointsSpent`.
    """
    lock_registrations(work)  # before leads are locked
    outcomes: list[AnnotationOutcomes | PointsSpent] = []
    for command in commands:
        call = command.payload
        found = find_leads(work.connection, work.site, [item.searches for item in call.items])
        if any(found.refs) and not pay_for_calls(work, call.method, 1):
            outcomes.append(points_refusal(work))
            continue
        outcomes.append(_add(work, [item.addition for item in call.items], found))
    return outcomes


def add_to_leads(work: Work, additions: Sequence[tuple[LeadRef, Addition]]) -> AnnotationOutcomes:
    """Annotate leads in input order; return the lead or a refusal for each of `additions`."""
    refs = [ref for ref, _ in additions]
    stored = find_annotations(work.connection, work.site.id, refs)
    known = [ref if ref in stored else None for ref in refs]
    return _add(work, [addition for _, addition in additions], FoundLeads(known, [None] * len(known), stored))


def _add(work: Work, additions: Sequence[Addition], found: FoundLeads) -> AnnotationOutcomes:
    annotated: dict[LeadRef, Annotations] = {}
    unknown: Counter[str] = Counter()
    outcomes: AnnotationOutcomes = []
    for addition, ref in zip(additions, found.refs, strict=True):
        if ref is None:
            outcomes.append(LeadNotMatched())
            continue
        values, unknown_names = split_by_known(addition.custom_values, work.site.custom_fields)
        unknown.update(unknown_names)
        after = with_addition(annotated.get(ref, found.annotations[ref].annotations), addition, values)
        fault = beyond_limits(after)
        if fault is None:
            annotated[ref] = after
        outcomes.append(ref if fault is None else InvalidParameters([fault]))
    custom_fields.count_unknown_fields(work.connection, work.site.id, unknown, work.now)
    changed = {ref: after for ref, after in annotated.items() if after != found.annotations[ref].annotations}
    store_annotations(work, {ref: (found.annotations[ref].annotations, after) for ref, after in changed.items()})
    return outcomes


def store_annotations(
    work: Work, changes: Mapping[LeadRef, tuple[Annotations, Annotations]], user_id: int | None = None
) -> Mapping[LeadRef, AnnotationVersion]:
    """Store annotations of leads, publish the changes, and rematch the deals whose matchers look for the added tags.

    `changes` has the annotations of each lead before and after the change. `user_id` is the user who made the changes,
    or `None` if a program did. The returned versions are those of the leads whose annotations changed.
    """
    tagged = {ref for ref, (before, after) in changes.items() if set(after.tags) - set(before.tags)}
    if tagged:
        lock_registrations(work)
    update_annotations(work.connection, work.site.id, {ref: after for ref, (_, after) in changes.items()})
    publish_events(work, [annotations_event(ref, before, after) for ref, (before, after) in changes.items()])
    if tagged:
        rematch_tagged(work, tagged)
    annotations = {ref: values for ref, change in changes.items() if any(values := changed_annotations(*change))}
    return store_annotation_versions(work, annotations, user_id)


def store_annotation_versions(
    work: Work, annotations: Mapping[LeadRef, tuple[AnnotationValues, AnnotationValues]], user_id: int | None
) -> dict[LeadRef, AnnotationVersion]:
    """Store and return a new version for each lead; `annotations` has the values before and after."""
    if not annotations:
        return {}
    last = find_last_versions(work.connection, work.site.id, [ref.id for ref in annotations])
    versions = {
        ref: AnnotationVersion(last.get(ref.id, 0) + 1, work.now, user_id, before, after)
        for ref, (before, after) in annotations.items()
    }
    old = {
        ref.id: version.version - ANNOTATION_VERSIONS_MAX
        for ref, version in versions.items()
        if version.version > ANNOTATION_VERSIONS_MAX
    }
    insert_annotation_versions(work.connection, work.site.id, {ref.id: version for ref, version in versions.items()})
    delete_annotation_versions(work.connection, work.site.id, old)
    return versions


def beyond_limits(annotations: Annotations) -> Violation | None:
    """Return the violation of the first annotation that is too long, or `None` if all are within their limits."""
    characters = ("символов", "characters")
    sizes: Mapping[str, tuple[int, int, tuple[str, str]]] = {
        "comment": (len(annotations.comment or ""), LEAD_COMMENT_LENGTH_MAX, characters),
        "manager": (len(annotations.manager or ""), LEAD_MANAGERS_LENGTH_MAX, characters),
        "tags": (len(annotations.tags), LEAD_TAGS_MAX, ("тегов", "tags")),
    }
    for name, (size, most, (ru, en)) in sizes.items():
        if size > most:
            return Violation(
                name,
                f"вместе с прежними {ru} стало бы {size}, допускается не больше {most}",
                f"the lead would have {size} {en} in total; at most {most} are allowed",
            )
    return None


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
