"""The progress of importing a file; the import can be stopped and continued."""

from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Generic, TypeVar

from dealtrace.errors import Refusal
from dealtrace.record import record

Content = TypeVar("Content")

REMEMBERED_FOR = timedelta(days=30)
"""Ours: how long the rows that a file added are remembered, so that its import can be taken back.

By then, the monthly report has shown what is wrong with the file. Later, people have worked with the rows.
"""
REMEMBERED_NOUNS = frozenset({"call", "lead_request", "deal"})
"""Ours: the kinds of records for which the rows of a file are remembered, so that its import can be taken back.

Visits are not remembered: credits refer to them, and finding all credits of a visit would need an index that makes
storing every lead slower.
"""
SILENCE_MAX = timedelta(minutes=1)
"""Ours: taking a file import back counts as stopped if none of its steps has ended for this long."""


class TakeBackOutcome(StrEnum):
    """What happens to a row that an import has added, if the import is taken back.

    - `DELETED`: it is deleted.
    - `CHANGED`: it stays, because a person or a program has changed it or written notes on it since.
    - `PINNED`: it stays, because a person has pinned the lead of this deal, or has pinned a deal to this lead.
    - `SHARED`: it stays until the last import that has it is taken back, because another import has it too.
    - `ALREADY_DELETED`: it was deleted before.
    """

    DELETED = "deleted"
    CHANGED = "changed"
    PINNED = "pinned"
    SHARED = "shared"
    ALREADY_DELETED = "already_deleted"


@record
class ImportRow(Generic[Content]):
    """A row of a file: its number, and its record (such as a call or deal) or the refusal of the row."""

    number: int
    content: Content | Refusal


@record
class FileImport:
    """The progress of importing a file; `digest` is computed from the file's content and the kind of its records.

    `last_row` is the number of the last row processed, 0 at the start. `taken_in` counts the rows that were imported,
    `refused` the rows that were not. The rows that the import adds are remembered under its `number`, which is `None`
    for a demo.
    """

    digest: str
    begun_at: datetime
    last_row: int = 0
    taken_in: int = 0
    refused: int = 0
    finished_at: datetime | None = None
    number: int | None = None

    def after(self, last_row: int, *, taken_in: int, refused: int) -> "FileImport":
        """Return the progress after processing more rows, up to row number `last_row`."""
        return replace(self, last_row=last_row, taken_in=self.taken_in + taken_in, refused=self.refused + refused)


@record
class ImportedFile:
    """What is remembered about an imported file for `REMEMBERED_FOR`: the kind of its records, its name and its user.

    `noun` is a key of `operations.run_import.IMPORT_KINDS`. `publishes` is true if webhooks receive its records.
    """

    noun: str
    name: str
    user_id: int | None = None
    publishes: bool = False


@record
class LoggedImport:
    """An import that can be or was taken back: its file and progress, and how far it has been taken back.

    `left` counts the rows that are still to be taken back. These are rows that this import has added, and rows of its
    file that an earlier import, which can still be taken back, added with the same values. `taken_back` counts the rows
    that were taken back, and `stayed` those that stay because they were changed. `reported_at` is when the last step of
    taking it back ended.
    """

    at: FileImport
    file: ImportedFile
    left: int
    taken_back: int = 0
    stayed: int = 0
    undo_begun_at: datetime | None = None
    reported_at: datetime | None = None
    undone_at: datetime | None = None

    @property
    def number(self) -> int:
        """The number by which people refer to the import."""
        assert self.at.number is not None
        return self.at.number

    @property
    def added(self) -> int:
        """The number of rows that the import has added or shares with another import, whether taken back or not."""
        return self.left + self.done

    @property
    def done(self) -> int:
        """The number of rows that were taken back, or stay because they were changed."""
        return self.taken_back + self.stayed

    def is_active(self, now: datetime) -> bool:
        """Return whether the import is being taken back, and the last step ended less than `SILENCE_MAX` ago."""
        return self.is_begun and self.reported_at is not None and now - self.reported_at < SILENCE_MAX

    @property
    def is_begun(self) -> bool:
        """Whether taking the import back has begun and is not finished."""
        return self.undo_begun_at is not None and self.undone_at is None

    @property
    def can_be_taken_back(self) -> bool:
        """Whether there is anything to take back."""
        return self.undone_at is None and (self.left > 0 or self.is_begun)
