"""The versions of a lead's annotations as strings: who changed what, and what can be undone."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from dealtrace.cabinet.deals.labels import FIELDS
from dealtrace.cabinet.formats import NOTHING
from dealtrace.cabinet.labels import RING_BACK_LABELS
from dealtrace.cabinet.notes.axis import author_label
from dealtrace.cabinet.view import View
from dealtrace.leads.annotations import (
    CUSTOM_FIELD,
    AnnotationValues,
    AnnotationVersion,
    annotations_changed_since,
)
from dealtrace.leads.missed_calls import RING_BACK
from dealtrace.record import record


@record
class NoteChange:
    """A change that a version made to an annotation: the annotation's old and new value, as strings."""

    field: str
    before: str
    after: str


@record
class AnnotationVersionLine:
    """A version of a lead's annotations; `is_undoable` is false if a value that it changed was changed again."""

    version: int
    recorded_at: datetime
    who: str
    changes: tuple[NoteChange, ...]
    is_undoable: bool


def note_lines(
    versions: Iterable[AnnotationVersion], now: AnnotationValues, logins: Mapping[int, str], view: View
) -> list[AnnotationVersionLine]:
    """Return versions of a lead's annotations as strings, latest first; `now` has the lead's current annotations."""
    lines = [
        AnnotationVersionLine(
            version.version,
            version.recorded_at,
            _author(logins, version.user_id, view),
            tuple(
                NoteChange(
                    _label(name, view),
                    _value_text(name, version.before[name], view),
                    _value_text(name, value, view),
                )
                for name, value in version.after.items()
            ),
            not annotations_changed_since(version, now),
        )
        for version in versions
    ]
    return lines[::-1]


def _label(name: str, view: View) -> str:
    return name.removeprefix(CUSTOM_FIELD) if name.startswith(CUSTOM_FIELD) else view.translate(FIELDS[name])


def _author(logins: Mapping[int, str], user_id: int | None, view: View) -> str:
    return view.translate("by a program") if user_id is None else author_label(logins, user_id, view.translate)


def _value_text(name: str, value: str | Sequence[str] | None, view: View) -> str:
    if name == RING_BACK:
        return view.translate(RING_BACK_LABELS[str(value)] if value is not None else "to be returned")
    text = value if isinstance(value, str) else ", ".join(value or ())
    return text or NOTHING
