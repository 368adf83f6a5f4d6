"""How often Python collects garbage in a process that answers requests."""

import gc

OBJECTS_BETWEEN_COLLECTIONS = 20_000
"""The number of new objects that triggers garbage collection; one page of a journal creates 10,000."""


def collect_garbage_seldom() -> None:
    """Exempt the imported modules from garbage collection, and collect after 20,000 new objects instead of 700.

    Otherwise the collector scans the modules again and again, which causes the slowest responses.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
