"""Versions of the notes that people and programs write on leads: what each version changed, who wrote it and when."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dealtrace.leads.annotations import Annotations
from dealtrace.leads.ring_back import RING_BACK, RingBack
from dealtrace.record import record

NOTE_FIELDS = ("tags", "manager", "comment")
"""The names of the notes: the annotations for which a lead has a history of versions.

A person can replace a note, and a program can add to it.
"""
NOTE_VERSIONS_MAX = 100
"""Ours: the maximum number of stored versions of a lead's notes; each may have a comment of 100,000 characters."""
NoteValues = Mapping[str, Any]
"""The values of notes by name; the note named `RING_BACK` is what a person did about a missed call.

Any: depending on its name, a note is a string, a tuple of strings or `None`.
"""


@record
class NoteVersion:
    """A version of a lead's notes; `before` and `after` have the values of the notes that it changed.

    `user_id` is `None` if a program wrote the notes through the API.
    """

    version: int
    recorded_at: datetime
    user_id: int | None
    before: NoteValues
    after: NoteValues


def changed_notes(before: Annotations, after: Annotations) -> tuple[NoteValues, NoteValues]:
    """Return the notes that differ, with their values before and after."""
    names = [name for name in NOTE_FIELDS if getattr(before, name) != getattr(after, name)]
    was, became = ({name: getattr(notes, name) for name in names} for notes in (before, after))
    return was, became


def present_notes(annotations: Annotations, ring_back: RingBack | None = None) -> NoteValues:
    """Return the present values of all notes of a lead; only calls have a `ring_back`."""
    return {**{name: getattr(annotations, name) for name in NOTE_FIELDS}, RING_BACK: ring_back}


def notes_changed_since(version: NoteVersion, now: NoteValues) -> list[str]:
    """List the notes that `version` changed and that have been changed again since; `now` has the present notes."""
    return [name for name, value in version.after.items() if now[name] != value]
