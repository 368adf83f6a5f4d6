"""Where the databases of tests live: on a disk in memory, if there is one, which syncs at no cost and wears nothing."""

import shutil
import tempfile
from functools import cache
from pathlib import Path

from processes import keeper

FREE_MIN = 1 << 30
"""The bytes that a disk in memory must have free to be used; containers often give it 64 MiB."""


def new_folder(prefix: str, place: Path | None = None) -> Path:
    """Make a folder, on the fastest disk unless a place is named.

    When the tests end, however they end, it is removed with all that is in it.
    """
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=place or _fastest_disk()))
    keeper().remove_in_the_end(folder)
    return folder


@cache
def _fastest_disk() -> Path | None:
    """Return the folder of the disk in memory; `None` if there is none, or it is small."""
    memory = Path("/dev/shm")  # noqa: S108 - the fastest disk there is
    return memory if memory.is_dir() and shutil.disk_usage(memory).free >= FREE_MIN else None
