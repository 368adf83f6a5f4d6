"""A file of leads that is brought in, row by row, so that it can be stopped and gone on with."""

from dataclasses import replace
from datetime import datetime

from dealtrace.errors import Refusal
from dealtrace.leads.call import IncomingCall
from dealtrace.leads.lead_request import IncomingLeadRequest
from dealtrace.record import record


@record
class LeadRow:
    """A row of a file: its number there, and the lead it tells of or what is wrong with it."""

    number: int
    told: IncomingCall | IncomingLeadRequest | Refusal


@record
class FileImport:
    """How far a file has come; it is known by the digest of what it holds and of what it is taken for.

    `last_row` is the last row that was decided on, as the file counts its rows; 0 before the first.
    """

    digest: str
    begun_at: datetime
    last_row: int = 0
    taken_in: int = 0
    refused: int = 0
    finished_at: datetime | None = None

    def after(self, last_row: int, *, taken_in: int, refused: int) -> "FileImport":
        """Tell how it stands after further rows, up to `last_row`."""
        return replace(self, last_row=last_row, taken_in=self.taken_in + taken_in, refused=self.refused + refused)
