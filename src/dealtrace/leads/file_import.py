"""The progress of importing a file; the import can be stopped and continued."""

from dataclasses import replace
from datetime import datetime
from typing import Generic, TypeVar

from dealtrace.errors import Refusal
from dealtrace.record import record

Content = TypeVar("Content")


@record
class ImportRow(Generic[Content]):
    """A row of a file: its number, and its record (such as a call or deal) or the refusal of the row."""

    number: int
    content: Content | Refusal


@record
class FileImport:
    """The progress of importing a file; `digest` is computed from the file's content and the kind of its records.

    `last_row` is the number of the last row processed, 0 at the start. `taken_in` counts the rows that were imported,
    `refused` the rows that were not.
    """

    digest: str
    begun_at: datetime
    last_row: int = 0
    taken_in: int = 0
    refused: int = 0
    finished_at: datetime | None = None

    def after(self, last_row: int, *, taken_in: int, refused: int) -> "FileImport":
        """Return the progress after processing more rows, up to row number `last_row`."""
        return replace(self, last_row=last_row, taken_in=self.taken_in + taken_in, refused=self.refused + refused)
