"""Forget which rows old imports of files have added, since they can no longer be taken back."""

from collections.abc import Sequence
from datetime import datetime

from dealtrace.operations.work import Work, operation
from dealtrace.operations.write_command import WriteCommand
from dealtrace.storage.leads.file_imports import forget_some_imports

FORGOTTEN_MAX = 2000
"""Ours: how many rows of a site are forgotten in one transaction; registrations wait until it ends."""


@operation(ids_per_command=0)
def forget_imports(work: Work, commands: Sequence[WriteCommand[datetime]]) -> list[bool]:
    """Forget imports from before the time in each command; each outcome is whether any may be left."""
    return [forget_some_imports(work.connection, work.site.id, command.payload, FORGOTTEN_MAX) for command in commands]
