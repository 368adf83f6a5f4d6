"""Store the position at which each journal page ends, so that any server process can read the next page."""

from collections.abc import Sequence
from datetime import timedelta

from dealtrace.operations.work import Work, operation
from dealtrace.operations.write_command import WriteCommand
from dealtrace.record import record
from dealtrace.storage.journals.page_ends import PageEnd, delete_old_page_ends, store_page_ends

KEPT_FOR = timedelta(minutes=15)
"""How long the position at which a journal page ends is stored."""


@record
class ReadPage:
    """A journal page that was read: the position at which it ends, and whether it was the first page.

    When the end of a first page is stored, ends stored more than `KEPT_FOR` ago are deleted.
    """

    end: PageEnd
    is_first: bool


@operation(ids_per_command=0)
def keep_page_ends(work: Work, commands: Sequence[WriteCommand[ReadPage]]) -> list[None]:
    """Store the positions at which pages end; each command returns `None`."""
    pages = [command.payload for command in commands]
    store_page_ends(work.connection, work.site.id, [page.end for page in pages], work.now)
    if any(page.is_first for page in pages):
        delete_old_page_ends(work.connection, work.site.id, work.now - KEPT_FOR)
    return [None for _ in commands]
