"""How many files and connections a process has open, and how many it may open."""

import os
import resource

RESERVED_FILES = 128
"""How many open files a process needs besides client connections, for example for the database, webhooks and Redis."""
CONNECTIONS_MIN = 16
"""The number of connections that a process may always open, even if its limit on open files is lower."""


def connections_that_fit(wanted: int) -> int:
    """Return the number of connections that a process may open: `wanted`, or fewer if its open-file limit is low."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY:
        return wanted
    return max(CONNECTIONS_MIN, min(wanted, limit - RESERVED_FILES))


def count_open_files() -> int:
    """Count the files and sockets that this process has open; return 0 if the system does not report them."""
    try:
        return len(os.listdir("/dev/fd"))  # noqa: PTH208 - called every second on thousands of names
    except OSError:
        return 0
