"""Store requests in the journal, in batches."""

from collections.abc import Sequence

from dealtrace.operations.work import Work, operation
from dealtrace.operations.write_command import WriteCommand
from dealtrace.storage.accounts.api_requests import insert_requests
from dealtrace.storage.accounts.encoded_requests import EncodedRequest


@operation(ids_per_command=0)
def store_requests(work: Work, commands: Sequence[WriteCommand[Sequence[EncodedRequest]]]) -> list[None]:
    """Store the requests of each batch; each outcome is `None`."""
    for command in commands:
        insert_requests(work.connection, work.site.id, command.payload)
    return [None] * len(commands)
