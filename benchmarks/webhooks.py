"""Two receivers of webhooks for a server under load: one never answers, the other accepts everything at once."""

import asyncio
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from benchmarks.serving import PRODUCT, Contender, environment_of

KINDS = ("dead", "well")
CONTENDERS = tuple(
    Contender(f"{name}, {receiver}", PRODUCT, engine + kind, contact=False)
    for name, engine in (("SQLite", "sqlite"), ("PostgreSQL", "postgresql"))
    for receiver, kind in (("no webhook", ""), ("a dead receiver", "-dead"), ("a fast receiver", "-well"))
)
ACCEPTED = b"HTTP/1.1 204 No Content\r\n\r\n"
_LENGTH = b"content-length: "


@contextmanager
def receivers() -> Iterator[dict[str, str]]:
    """Start a receiver of each kind, and yield the URL of each by its kind."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    well = asyncio.run_coroutine_threadsafe(asyncio.start_server(_accept, "127.0.0.1", 0), loop).result()
    with socket.create_server(("127.0.0.1", 0)) as dead:
        ports = (dead.getsockname()[1], well.sockets[0].getsockname()[1])
        yield {kind: f"http://127.0.0.1:{port}/" for kind, port in zip(KINDS, ports, strict=True)}
    loop.call_soon_threadsafe(well.close)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()


async def _accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            await reader.readexactly(int(head.partition(_LENGTH)[2].partition(b"\r\n")[0] or 0))
            writer.write(ACCEPTED)
    writer.close()


def listen(url: str, receiver: str) -> None:
    """Create a webhook that sends all events of site 1 of the database `url` to the URL `receiver`."""
    command = [sys.executable, "-m", "dealtrace", "webhook", "create", "1", receiver]
    subprocess.run(command, env=environment_of(url, 1), check=True, capture_output=True)
