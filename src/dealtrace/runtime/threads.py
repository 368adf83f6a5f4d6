"""Threads for blocking work of one kind, so that other kinds of work never wait for it."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class Threads:
    """Runs functions on at most `count` threads; further functions wait for a free thread."""

    def __init__(self, count: int, name: str) -> None:
        self._pool = ThreadPoolExecutor(count, thread_name_prefix=name)

    async def run(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Call `function` with the arguments on a thread, and return its result.

        If the caller is cancelled before a thread is free, the function is not called.
        """
        return await asyncio.get_running_loop().run_in_executor(self._pool, partial(function, *args, **kwargs))

    def stop(self, *, waits: bool = True) -> None:
        """End the threads and drop waiting functions; with `waits`, return when the running functions have ended."""
        self._pool.shutdown(wait=waits, cancel_futures=True)
