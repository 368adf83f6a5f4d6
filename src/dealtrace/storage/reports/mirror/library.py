"""DuckDB, imported only when the mirror is first opened: the library is large, and most commands do not need it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from threading import Timer
from typing import Any

from dealtrace.storage.database.database_errors import StatementStopped

THREADS = 2
_MODULE = "duckdb"
_SETTINGS = {
    "threads": THREADS,
    "preserve_insertion_order": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
"""The settings of DuckDB: rows may be reordered, which saves memory, and no extensions are downloaded."""
_SILENCE = "SET enable_progress_bar = false"
"""The setting that turns off the progress bar, which DuckDB prints for long statements by default."""


class MirrorFault(Exception):  # noqa: N818 - it says whose fault it is
    """DuckDB failed to open a file or to run a statement; the message is DuckDB's own."""


class MirrorConnection:
    """A connection to a DuckDB file, for one thread. Any: neither the library nor the values of columns are typed."""

    def __init__(self, module: Any, connection: Any) -> None:
        self._module, self._connection = module, connection
        self._fault, self._interruption = module.Error, module.InterruptException
        self.execute(_SILENCE)

    def cursor(self) -> "MirrorConnection":
        """Open another connection to the same file, for another thread; it has its own transactions."""
        return MirrorConnection(self._module, self._connection.cursor())

    def execute(self, query: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Run a statement and return its rows.

        Raises:
            StatementStopped: the statement took too long; see `stopped_after`.
            MirrorFault: the statement failed.
        """
        try:
            rows: list[tuple[Any, ...]] = self._connection.execute(query, list(parameters)).fetchall()
        except self._interruption as fault:
            raise StatementStopped(str(fault)) from fault
        except self._fault as fault:
            raise MirrorFault(str(fault)) from fault
        return rows

    @contextmanager
    def stopped_after(self, seconds: int) -> Iterator[None]:
        """Interrupt the statement that runs in the block when `seconds` have passed; 0 means no limit."""
        if not seconds:
            yield
            return
        timer = Timer(seconds, self._connection.interrupt)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()  # an interruption that is on its way must not meet the next statement

    @contextmanager
    def attached(self, file: Path, catalog: str) -> Iterator[None]:
        """Have another file as a catalog of this name during the block; it is deleted at the end."""
        quoted = str(file).replace("'", "''")
        self.execute(f"ATTACH '{quoted}' AS {catalog}")
        yield
        self.execute(f"DETACH {catalog}")
        file.unlink()

    def close(self) -> None:
        """Close the file; uncommitted changes are lost."""
        self._connection.close()


def connect(file: Path, memory_mib: int, spilled: Path) -> MirrorConnection:
    """Open or create a DuckDB file; data beyond `memory_mib` of memory is written to the folder `spilled`.

    Raises:
        MirrorFault: the file is not a DuckDB file, is damaged, or is open in another process.
    """
    settings = {**_SETTINGS, "memory_limit": f"{memory_mib}MiB", "temp_directory": str(spilled)}
    module = import_module(_MODULE)
    try:
        connection = module.connect(str(file), config=settings)
    except module.Error as fault:
        raise MirrorFault(str(fault)) from fault
    return MirrorConnection(module, connection)
