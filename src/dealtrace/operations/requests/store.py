"""Store requests in the journal, in batches, and delete old requests."""

from collections.abc import Sequence
from datetime import datetime

from dealtrace.operations.requests.delete import DELETED_MAX
from dealtrace.operations.work import Work, operation
from dealtrace.operations.write_command import WriteCommand
from dealtrace.record import record
from dealtrace.storage.accounts.api_requests import delete_some_requests, insert_requests
from dealtrace.storage.accounts.encoded_requests import EncodedRequest


@record
class RequestBatch:
    """Requests of one site to store; if `kept_since` is set, stored requests older than that are deleted."""

    entries: Sequence[EncodedRequest]
    kept_since: datetime | None


@operation(ids_per_command=0)
def store_requests(work: Work, commands: Sequence[WriteCommand[RequestBatch]]) -> list[None]:
    """Store the requests of each batch, and delete stored requests that are too old; each outcome is `None`."""
    for command in commands:
        insert_requests(work.connection, work.site.id, command.payload.entries)
        if command.payload.kept_since is not None:
            delete_some_requests(work.connection, work.site.id, command.payload.kept_since, DELETED_MAX)
    return [None] * len(commands)
