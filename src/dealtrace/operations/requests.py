"""Store requests in the journal, in batches, and delete old ones."""

from collections.abc import Sequence
from datetime import datetime

from dealtrace.operations.work import Work, operation
from dealtrace.operations.write_command import WriteCommand
from dealtrace.record import record
from dealtrace.storage.accounts.api_requests import (
    OmittedRequests,
    delete_some_requests,
    insert_omitted,
    insert_requests,
)
from dealtrace.storage.accounts.encoded_requests import EncodedRequests

DELETED_MAX = 2000
"""Ours: how many requests of a site are deleted in one transaction; registrations wait until it ends."""


@record
class RequestBatch:
    """The requests of one site to store; `omitted` describes further requests that are not kept, if any."""

    entries: Sequence[EncodedRequests]
    omitted: OmittedRequests | None = None

    @property
    def request_count(self) -> int:
        """Return the number of requests to store."""
        return sum(each.request_count for each in self.entries)


@operation(ids_per_command=0)
def store_requests(work: Work, commands: Sequence[WriteCommand[RequestBatch]]) -> list[None]:
    """Store the requests of each batch; each outcome is `None`."""
    for command in commands:
        insert_requests(work.connection, work.site.id, command.payload.entries)
        if command.payload.omitted is not None:
            insert_omitted(work.connection, work.site.id, command.payload.omitted)
    return [None] * len(commands)


@operation(ids_per_command=0)
def delete_old_requests(work: Work, commands: Sequence[WriteCommand[datetime]]) -> list[bool]:
    """Delete requests that were sent before the time in each command; each outcome is whether any may be left."""
    return [
        delete_some_requests(work.connection, work.site.id, command.payload, DELETED_MAX) >= DELETED_MAX
        for command in commands
    ]
