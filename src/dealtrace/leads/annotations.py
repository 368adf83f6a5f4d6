"""What a caller says about a lead beyond who turned to the business, when, and how."""

from collections.abc import Collection, Mapping
from dataclasses import field, replace

from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.record import record


@record
class Annotations:
    """The caller's own words about a lead; `None` and empty mean that nothing was said.

    `stated_source` counts while the lead has no visit. `custom_values` hold what was sent, of known fields or not.
    """

    manager: str | None = None
    comment: str | None = None
    tags: tuple[str, ...] = ()
    custom_values: Mapping[str, str] = field(default_factory=dict)
    stated_source: TrafficSource | None = None


NO_ANNOTATIONS = Annotations()


@record
class Addition:
    """What a program adds to what is said of a lead; `None` and empty add nothing.

    `overwrite` puts it in the place of what was said before; otherwise tags and managers join those there are, and a
    field that has a value keeps it. A comment joins those before it in either case.
    """

    tags: tuple[str, ...] = ()
    managers: tuple[str, ...] = ()
    comment: str | None = None
    custom_values: Mapping[str, str] = field(default_factory=dict)
    overwrite: bool = False


MANAGERS_SEPARATOR = ", "


def with_addition(said: Annotations, added: Addition, known_values: Mapping[str, str]) -> Annotations:
    """Tell what is said of a lead after `added`; `known_values` are its custom values of fields the site has.

    Ours: several managers of a lead stand in one text, parted by commas, since journals have one text for them.
    """
    managers = () if added.overwrite or said.manager is None else tuple(said.manager.split(MANAGERS_SEPARATOR))
    comments = [comment for comment in (said.comment, added.comment) if comment]
    values = {**said.custom_values, **known_values} if added.overwrite else {**known_values, **said.custom_values}
    return replace(
        said,
        tags=_joined(() if added.overwrite else said.tags, added.tags) if added.tags else said.tags,
        manager=MANAGERS_SEPARATOR.join(_joined(managers, added.managers)) if added.managers else said.manager,
        comment="\n".join(comments) or said.comment,
        custom_values=values,
    )


def without_values(said: Annotations, names: Collection[str]) -> Annotations:
    """Tell what is said of a lead once these custom fields of it are empty."""
    return replace(said, custom_values={name: value for name, value in said.custom_values.items() if name not in names})


def _joined(before: tuple[str, ...], added: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*before, *added]))
