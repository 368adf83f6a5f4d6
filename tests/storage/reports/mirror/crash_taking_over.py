"""Bring a mirror up to date in a process that kills itself before its Nth step: `crash_taking_over.py URL N`.

If there are fewer steps, it prints how many.
"""

import os
import signal
import sys
from typing import Any

from dealtrace.storage.database.engine import Database, open_database
from dealtrace.storage.reports.mirror.library import MirrorConnection
from dealtrace.storage.reports.mirror.mirror import current_mirror

url, steps = sys.argv[1], int(sys.argv[2])
taken = 0


def before_each_step(step: Any) -> Any:
    """Return a step that is counted, and before which the process dies if it is the last."""

    def counted(*arguments: Any) -> Any:
        global taken  # noqa: PLW0603 - a program of one purpose
        taken += 1
        if taken == steps:
            os.kill(os.getpid(), signal.SIGKILL)
        return step(*arguments)

    return counted


MirrorConnection.execute = before_each_step(MirrorConnection.execute)  # type: ignore[method-assign]
MirrorConnection.close = before_each_step(MirrorConnection.close)  # type: ignore[method-assign]
Database.write = before_each_step(Database.write)  # type: ignore[method-assign]
with current_mirror(open_database(url)):
    pass
print(taken)  # noqa: T201 - what the test asks for
