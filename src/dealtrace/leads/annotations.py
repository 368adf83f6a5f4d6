"""Annotations of a lead: manager, comment, tags, custom fields and a stated source; and the versions of them."""

from collections.abc import Collection, Mapping
from dataclasses import field, replace
from datetime import datetime

from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.errors import Violation
from dealtrace.leads.limits import LEAD_COMMENT_LENGTH_MAX, LEAD_MANAGERS_LENGTH_MAX, LEAD_TAGS_MAX
from dealtrace.leads.missed_calls import RING_BACK, RingBack
from dealtrace.plain_text import stripped
from dealtrace.record import record

ANNOTATION_FIELDS = ("tags", "manager", "comment")
"""The names of the annotations for which a lead has a history of versions, besides its custom fields.

A person can replace an annotation, and a program can add to it.
"""
CUSTOM_FIELD = "field:"
"""The prefix of a custom field's name in a version; the value is `None` if the lead has no value of the field."""
ANNOTATION_VERSIONS_MAX = 100
"""Ours: the maximum number of stored versions of a lead's annotations; each may have 100,000 characters."""
AnnotationValues = Mapping[str, tuple[str, ...] | str | None]
"""The values of annotations by name; the annotation named `RING_BACK` is what a person did about a missed call."""


@record
class Annotations:
    """Annotations of a lead as they were sent to the server; `None` and empty values mean that nothing was sent.

    `stated_source` applies if the lead has no visit. `custom_values` may include values of fields that the site lacks.
    """

    manager: str | None = None
    comment: str | None = None
    tags: tuple[str, ...] = ()
    custom_values: Mapping[str, str] = field(default_factory=dict)
    stated_source: TrafficSource | None = None


NO_ANNOTATIONS = Annotations()


@record
class Addition:
    """Annotations to add to a lead; `None` and empty values add nothing.

    With `overwrite`, the tags, managers and custom values of the lead are replaced. Without it, tags and managers are
    appended, and custom fields that have a value keep it. A comment is always appended.
    """

    tags: tuple[str, ...] = ()
    managers: tuple[str, ...] = ()
    comment: str | None = None
    custom_values: Mapping[str, str] = field(default_factory=dict)
    overwrite: bool = False


MANAGERS_SEPARATOR = ", "


def with_addition(annotations: Annotations, added: Addition, known_values: Mapping[str, str]) -> Annotations:
    """Return annotations with `added` applied.

    `known_values` are the custom values in `added`, without values of fields that the site does not have.
    Ours: several managers are stored as one string, separated by commas, since journals have one field for them.
    """
    managers = (
        () if added.overwrite or annotations.manager is None else tuple(annotations.manager.split(MANAGERS_SEPARATOR))
    )
    comments = [comment for comment in (annotations.comment, added.comment) if comment]
    tags = () if added.overwrite else annotations.tags
    values = annotations.custom_values
    return replace(
        annotations,
        tags=_joined(tags, added.tags) if added.tags else annotations.tags,
        manager=MANAGERS_SEPARATOR.join(_joined(managers, added.managers)) if added.managers else annotations.manager,
        comment="\n".join(comments) or annotations.comment,
        custom_values={**values, **known_values} if added.overwrite else {**known_values, **values},
    )


def without_values(annotations: Annotations, names: Collection[str]) -> Annotations:
    """Return annotations without values of the custom fields `names`; blanks around a stored name do not matter."""
    kept = {name: value for name, value in annotations.custom_values.items() if not {name, stripped(name)} & {*names}}
    return replace(annotations, custom_values=kept)


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


def _joined(before: tuple[str, ...], added: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*before, *added]))


@record
class AnnotationVersion:
    """A version of a lead's annotations; `before` and `after` have the values of the annotations that it changed.

    `user_id` is `None` if a program wrote the annotations through the API.
    """

    version: int
    recorded_at: datetime
    user_id: int | None
    before: AnnotationValues
    after: AnnotationValues


def changed_annotations(before: Annotations, after: Annotations) -> tuple[AnnotationValues, AnnotationValues]:
    """Return the annotations that differ, with their values before and after."""
    was, became = present_annotations(before), present_annotations(after)
    names = [name for name in {**was, **became} if was.get(name) != became.get(name)]
    return {name: was.get(name) for name in names}, {name: became.get(name) for name in names}


def restored_annotations(annotations: Annotations, former: AnnotationValues) -> Annotations:
    """Return annotations with the values in `former`: tags, the manager, the comment or custom fields."""
    tags = former.get("tags", annotations.tags)
    manager = former.get("manager", annotations.manager)
    comment = former.get("comment", annotations.comment)
    assert isinstance(tags, tuple), former
    assert not isinstance(manager, tuple), former
    assert not isinstance(comment, tuple), former
    custom = {name.removeprefix(CUSTOM_FIELD): value for name, value in former.items() if name.startswith(CUSTOM_FIELD)}
    kept = {name: value for name, value in annotations.custom_values.items() if name not in custom}
    restored = {name: value for name, value in custom.items() if isinstance(value, str)}
    return replace(annotations, tags=tags, manager=manager, comment=comment, custom_values={**kept, **restored})


def present_annotations(annotations: Annotations, ring_back: RingBack | None = None) -> AnnotationValues:
    """Return the current values of all annotations of a lead; only calls have a `ring_back`."""
    custom = {f"{CUSTOM_FIELD}{name}": value for name, value in annotations.custom_values.items()}
    return {**{name: getattr(annotations, name) for name in ANNOTATION_FIELDS}, **custom, RING_BACK: ring_back}


def annotations_changed_since(version: AnnotationVersion, now: AnnotationValues) -> list[str]:
    """List the annotations that `version` changed and that were changed again since; `now` has the current values."""
    return [name for name, value in version.after.items() if now.get(name) != value]
