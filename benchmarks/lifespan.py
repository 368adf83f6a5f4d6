"""Run an ASGI application inside this process, without a server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.types import ASGIApp, Message


@asynccontextmanager
async def running(app: ASGIApp) -> AsyncIterator[None]:
    """Start an application as a server does, and shut it down at the end of the `with` block."""
    stopping, started = asyncio.Event(), asyncio.Event()
    waits = iter((None, stopping))

    async def receive() -> Message:
        event = next(waits)
        if event is not None:
            await event.wait()
        return {"type": "lifespan"}

    async def send(_message: Message) -> None:
        started.set()

    life = asyncio.create_task(app({"type": "lifespan"}, receive, send))
    await started.wait()
    try:
        yield
    finally:
        stopping.set()
        await life
