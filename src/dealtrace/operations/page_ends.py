"""Store where the pages of journals ended, so that any process can continue with the next page."""

from collections.abc import Sequence
from datetime import timedelta

from dealtrace.operations.work import Work, operation
from dealtrace.operations.write_command import WriteCommand
from dealtrace.record import record
from dealtrace.storage.journals.page_ends import PageEnd, delete_old_page_ends, store_page_ends

KEPT_FOR = timedelta(minutes=15)
"""How long the end of a page is kept."""


@record
class ReadPage:
    """The end of a page that was read, and whether the page was the first of its list.

    Storing a first page also deletes ends that are too old.
    """

    end: PageEnd
    is_first: bool


@operation(ids_per_command=0)
def keep_page_ends(work: Work, commands: Sequence[WriteCommand[ReadPage]]) -> list[None]:
    """Store where pages ended; each outcome is `None`."""
    pages = [command.payload for command in commands]
    store_page_ends(work.connection, work.site.id, [page.end for page in pages], work.now)
    if any(page.is_first for page in pages):
        delete_old_page_ends(work.connection, work.site.id, work.now - KEPT_FOR)
    return [None for _ in commands]
