"""The exchange of messages with Granian during one request."""

import asyncio

from starlette.types import Message

from dealtrace.http.body import Exchange, SlowBodies
from dealtrace.runtime.server_stop import ServerStop


def test_a_caller_that_is_cancelled_leaves_its_message_to_the_next_one() -> None:
    came = [{"type": "http.request", "body": b"", "more_body": False}, {"type": "http.disconnect"}]
    asked = 0

    async def receive() -> Message:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0)
        return came[asked - 1]

    async def send(_message: Message) -> None: ...

    async def received() -> list[str]:
        exchange = Exchange({"method": "GET"}, receive, send, SlowBodies(ServerStop()))
        cancelled = [asyncio.ensure_future(exchange.receive()) for _ in range(3)]
        for each in cancelled:
            await asyncio.sleep(0)
            each.cancel()
        kinds = [(await exchange.receive())["type"] for _ in came]
        exchange.end()
        return kinds

    assert asyncio.run(received()) == [message["type"] for message in came]
