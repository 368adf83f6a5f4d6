"""Delete old requests from the journal, including those of sites that no longer send any."""

from collections.abc import Sequence
from datetime import datetime

from dealtrace.operations.work import Work, operation
from dealtrace.operations.write_command import WriteCommand
from dealtrace.storage.accounts.api_requests import delete_some_requests

DELETED_MAX = 2000
"""Ours: how many requests of a site are deleted in one transaction; registrations wait until it ends."""


@operation(ids_per_command=0)
def delete_old_requests(work: Work, commands: Sequence[WriteCommand[datetime]]) -> list[bool]:
    """Delete requests that were sent before the time in each command; each outcome is whether such may be left."""
    return [
        delete_some_requests(work.connection, work.site.id, command.payload, DELETED_MAX) >= DELETED_MAX
        for command in commands
    ]
