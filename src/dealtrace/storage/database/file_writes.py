"""Notice that a file was written to, whichever program wrote, by Linux's inotify.

The time of the last change of a file does not say this: `touch`, rsync and backup programs set it without writing.
"""

import os
import weakref
from importlib import import_module
from pathlib import Path

_IN_MODIFY = 0x2
_BUFFER_BYTES = 4096


class FileWrites:
    """The writes to a file since it began to be observed; the file keeps its observer if it is renamed.

    Writes by way of `mmap` are not noticed. The descriptor is closed once nobody has the observer any more.
    """

    def __init__(self, path: Path) -> None:
        """Begin to observe the file.

        Raises:
            OSError: the system has no inotify, or the user observes too many files.
        """
        ctypes = import_module("ctypes")  # only servers need it
        library = ctypes.CDLL(None, use_errno=True)
        if not hasattr(library, "inotify_init1"):
            raise OSError("this system has no inotify")
        self._descriptor: int = library.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self._descriptor < 0:
            raise OSError(ctypes.get_errno(), "inotify_init1 failed")
        if library.inotify_add_watch(self._descriptor, os.fsencode(path), _IN_MODIFY) < 0:
            os.close(self._descriptor)
            raise OSError(ctypes.get_errno(), "inotify_add_watch failed")
        weakref.finalize(self, os.close, self._descriptor).atexit = False

    def take(self) -> bool:
        """Return whether the file was written to, cut or extended since the last call."""
        is_written = False
        while True:
            try:
                is_written = bool(os.read(self._descriptor, _BUFFER_BYTES)) or is_written
            except BlockingIOError:
                return is_written
