"""Open DuckDB files; the library is large, so it is imported only when the mirror is first opened."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from functools import lru_cache, partial
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from dealtrace.storage.database.compiled_statement import PlainRow
from dealtrace.storage.database.database_errors import StatementStopped
from dealtrace.storage.database.interruption import Interruption
from dealtrace.storage.reports.mirror.statement_limit import StatementLimit

THREADS = 2
_ROWS_AT_ONCE = 5_000
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
_NO_FILE, _ATTACHED = "memory", "mirror"
"""The catalogs of an in-memory DuckDB instance: its own, and that of the mirror file attached to it."""


class MirrorFault(Exception):  # noqa: N818 - the name says where the fault is
    """Raised if DuckDB cannot open a file or run a statement; the message is DuckDB's own."""


class MirrorConnection:
    """A connection to a DuckDB file, for one thread; `interruption` ends its statements.

    The library's connection is typed Any: DuckDB is imported at run time, when its types are not known.
    """

    def __init__(self, module: ModuleType, connection: Any, interruption: Interruption, catalog: str = "") -> None:
        self._module, self._connection, self._catalog = module, connection, catalog
        self._interruption = interruption
        self._fault, self._interrupted = module.Error, module.InterruptException
        self.execute(f"{_SILENCE}; USE {catalog}" if catalog else _SILENCE)

    def cursor(self, interruption: Interruption) -> "MirrorConnection":
        """Open another connection to the same file, for another thread; it has its own transactions."""
        return MirrorConnection(self._module, self._connection.cursor(), interruption, self._catalog)

    def attach(self, file: Path, spilled: Path, interruption: Interruption) -> "MirrorConnection":
        """Attach a file to this in-memory DuckDB instance, and return a connection to the file."""
        connection = self._connection.cursor()
        quoted = str(file).replace("'", "''")
        connection.execute(f"ATTACH '{quoted}' AS {_ATTACHED}")
        return _AttachedConnection(self._module, connection, spilled, interruption)

    def execute(self, query: str, parameters: Sequence[object] = ()) -> list[PlainRow]:
        """Run a statement and return its rows.

        Raises:
            StatementStopped: the statement took too long, see `statement_limit`, or was interrupted.
            MirrorFault: the statement failed.
        """
        return list(self.stream(query, parameters))

    def stream(self, query: str, parameters: Sequence[object] = ()) -> Iterator[PlainRow]:
        """Run a statement and yield its rows, fetching some at a time; the exceptions are those of `execute`."""
        try:
            with self._interruption.reaching(self._connection.interrupt):
                found = self._connection.execute(query, list(parameters))
                while rows := found.fetchmany(_ROWS_AT_ONCE):
                    yield from rows
        except self._interrupted as fault:
            raise StatementStopped(str(fault)) from fault
        except self._fault as fault:
            raise MirrorFault(str(fault)) from fault

    def execute_side_by_side(self, statements: Sequence[str]) -> None:
        """Run statements that do not depend on each other, divided among simultaneous transactions, one per thread.

        DuckDB itself divides a statement among threads by row groups of 122,880 rows, so a statement that reads fewer
        rows uses one thread. DuckDB writes whole row groups of a transaction once, but rows of small transactions
        twice.

        If a statement fails or is interrupted, for example by Ctrl-C, the other statements are interrupted too.

        Raises:
            MirrorFault: a statement failed; the other transactions may have been committed.
            StatementStopped: a statement was interrupted.
        """
        ended = Interruption()
        size = -(-len(statements) // THREADS) or 1
        groups = [statements[start : start + size] for start in range(0, len(statements), size)]
        with ThreadPoolExecutor(THREADS) as threads, self._interruption.reaching(ended.begin):
            try:
                list(threads.map(partial(self._execute_apart, ended), groups))
            except BaseException:
                ended.begin()
                raise

    def _execute_apart(self, interruption: Interruption, statements: Sequence[str]) -> None:
        with closing(self.cursor(interruption)) as connection:
            for statement in ("BEGIN", *statements, "COMMIT"):
                connection.execute(statement)

    @contextmanager
    def statement_limit(self, seconds: int) -> Iterator[StatementLimit | None]:
        """Yield a limit that ends each statement after `seconds`, or `None` if `seconds` is 0."""
        if not seconds:
            yield None
            return
        limit = StatementLimit(seconds, self._connection.interrupt)
        with limit.watching():
            yield limit

    @contextmanager
    def attached(self, file: Path, catalog: str) -> Iterator[None]:
        """Attach another file as `catalog` during the block; detach and delete the file if the block does not raise."""
        quoted = str(file).replace("'", "''")
        self.execute(f"ATTACH '{quoted}' AS {catalog}")
        yield
        self.execute(f"DETACH {catalog}")
        file.unlink()

    def close(self) -> None:
        """Close the file; uncommitted changes are lost."""
        self._connection.close()


class _AttachedConnection(MirrorConnection):
    """A connection to a file that is attached to this process's permanent DuckDB instance."""

    def __init__(self, module: ModuleType, connection: object, spilled: Path, interruption: Interruption) -> None:
        super().__init__(module, connection, interruption, _ATTACHED)
        self._spilled = spilled

    def close(self) -> None:
        """Close the file; uncommitted changes are lost.

        If the DuckDB instance failed or wrote data to the folder `spilled`, the instance is not used again.
        """
        try:
            self._connection.execute(f"USE {_NO_FILE}; DETACH {_ATTACHED}")  # even after an interruption
        except self._fault:
            _running.cache_clear()
        if self._spilled.exists():
            _running.cache_clear()
        super().close()


def connect(file: Path, memory_mib: int, spilled: Path, interruption: Interruption | None = None) -> MirrorConnection:
    """Open or create a DuckDB file; data that exceeds `memory_mib` of memory is written to the folder `spilled`.

    Raises:
        MirrorFault: the file is not a DuckDB file, is damaged, or is open in another process.
    """
    return _attempt(lambda: _start(str(file), memory_mib, spilled, interruption or Interruption()))


def attach(file: Path, memory_mib: int, spilled: Path, interruption: Interruption) -> MirrorConnection:
    """Open a DuckDB file as `connect` does, in a DuckDB instance that keeps running when the file is closed.

    Starting DuckDB takes ten times as long as opening a file. If opening fails, it is tried once more in a new
    instance.

    Raises:
        MirrorFault: the file is not a DuckDB file, is damaged, or is open in another process.
    """
    with suppress(MirrorFault):
        return _attempt(lambda: _running(memory_mib, spilled).attach(file, spilled, interruption))
    _running.cache_clear()
    return _attempt(lambda: _running(memory_mib, spilled).attach(file, spilled, interruption))


@lru_cache(1)
def _running(memory_mib: int, spilled: Path) -> MirrorConnection:
    """Return the in-memory DuckDB instance that this process keeps running."""
    return _start(f":{_NO_FILE}:", memory_mib, spilled, Interruption())


def _start(file: str, memory_mib: int, spilled: Path, interruption: Interruption) -> MirrorConnection:
    settings = {**_SETTINGS, "memory_limit": f"{memory_mib}MiB", "temp_directory": str(spilled)}
    module = import_module(_MODULE)
    return MirrorConnection(module, module.connect(file, config=settings), interruption)


def _attempt(opening: Callable[[], MirrorConnection]) -> MirrorConnection:
    try:
        return opening()
    except import_module(_MODULE).Error as fault:
        raise MirrorFault(str(fault)) from fault
