"""Annotate leads: add tags, managers, comments and values of custom fields."""

from collections import Counter
from collections.abc import Mapping, Sequence

from dealtrace.deals.custom_fields import split_by_known
from dealtrace.errors import InvalidParameters, LeadNotMatched, PointsSpent, Refusal
from dealtrace.leads.annotations import (
    ANNOTATION_VERSIONS_MAX,
    Addition,
    Annotations,
    AnnotationValues,
    AnnotationVersion,
    beyond_limits,
    changed_annotations,
    with_addition,
)
from dealtrace.leads.lead import LeadRef
from dealtrace.matching.lead_search import LeadSearch
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
