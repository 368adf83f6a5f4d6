"""Repeat work until the process ends."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

_log = structlog.get_logger()


async def repeat(work: Callable[[], Awaitable[None]], pause_seconds: float, event: str) -> None:
    """Repeat `work` forever with a pause, even after failures; log `event` only for the first of several failures."""
    is_failing = False
    while True:
        try:
            await work()
            is_failing = False
        except Exception as fault:  # noqa: BLE001 - the next round tries again
            if not is_failing:
                _log.warning(event, reason=type(fault).__name__)
            is_failing = True
        await asyncio.sleep(pause_seconds)
