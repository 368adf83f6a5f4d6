"""Statements compiled once for all databases of the tests, as a server compiles them once in its life.

Each test opens a database of its own, with engines that know no statement yet: compiling anew what other tests have
compiled takes most of the CPU of many tests.
"""

from collections.abc import Iterator, MutableMapping
from typing import Any

from sqlalchemy import Connection, Dialect, Engine, event
from sqlalchemy.engine import Compiled

STATEMENTS_MAX = 4_000
"""With so many statements, which random questions make, all are forgotten; about 10 KB each."""


class CompiledOnce(MutableMapping[Any, Compiled]):
    """Compiled statements by what SQLAlchemy asks for them by, but for the engine: any of the same kind will do."""

    def __init__(self) -> None:
        self._compiled: dict[Any, Compiled] = {}

    def __getitem__(self, key: Any) -> Compiled:
        """Return a statement that an engine of this kind compiled."""
        return self._compiled[_for_any_engine(key)]

    def __setitem__(self, key: Any, compiled: Compiled) -> None:
        """Keep a statement for all engines of a kind."""
        if len(self._compiled) >= STATEMENTS_MAX:
            self._compiled.clear()
        self._compiled[_for_any_engine(key)] = compiled

    def __delitem__(self, key: Any) -> None:
        """Forget a statement."""
        del self._compiled[_for_any_engine(key)]

    def __iter__(self) -> Iterator[Any]:
        """List what statements are kept by."""
        return iter(self._compiled)

    def __len__(self) -> int:
        """Count the statements that are kept."""
        return len(self._compiled)


def _for_any_engine(key: Any) -> Any:
    return tuple((type(part), part.server_version_info) if isinstance(part, Dialect) else part for part in key)


def compile_once() -> None:
    """Let all engines of this process share what they compile."""
    shared = CompiledOnce()

    @event.listens_for(Engine, "engine_connect")
    def _share(connection: Connection) -> None:
        if "compiled_cache" not in connection.get_execution_options():
            connection.engine.update_execution_options(compiled_cache=shared)
            connection.execution_options(compiled_cache=shared)
