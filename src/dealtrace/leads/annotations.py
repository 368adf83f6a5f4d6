"""Annotations of a lead: manager, comment, tags, custom fields and a stated source."""

from collections.abc import Collection, Mapping
from dataclasses import field, replace

from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.record import record


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
    Ours: several managers are stored as one text, separated by commas, since journals have one field for them.
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
    """Return annotations without the values of the custom fields `names`."""
    kept = {name: value for name, value in annotations.custom_values.items() if name not in names}
    return replace(annotations, custom_values=kept)


def _joined(before: tuple[str, ...], added: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*before, *added]))
