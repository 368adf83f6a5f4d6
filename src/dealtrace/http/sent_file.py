"""Send files in pieces; if the server stops, the transfer fails, so that no client mistakes a part for the whole."""

import asyncio
from collections.abc import Mapping
from typing import BinaryIO

from starlette.background import BackgroundTask
from starlette.responses import StreamingResponse
from starlette.types import Send

from dealtrace.runtime.server_stop import ServerStop

PIECE_BYTES = 256 * 1024
"""How many bytes of a file are in memory at a time while it is sent."""


async def send_pieces(file: BinaryIO, send: Send, server_stop: ServerStop) -> None:
    """Send a whole file as the body of a response, then close the file; each piece is read on a thread.

    If the server begins to stop, the body is left unfinished, so that the client sees a broken transfer.
    """
    with file:
        file.seek(0)
        while piece := await asyncio.to_thread(file.read, PIECE_BYTES):
            sending = send({"type": "http.response.body", "body": piece, "more_body": True})
            if await server_stop.comes_before(sending):
                return
    await send({"type": "http.response.body", "body": b""})


class SentFile(StreamingResponse):
    """A response with a file that browsers save as `name`; the file is closed after the response."""

    def __init__(
        self, file: BinaryIO, name: str, content_type: str, headers: Mapping[str, str], server_stop: ServerStop
    ) -> None:
        named = {**headers, "content-disposition": f'attachment; filename="{name}"'}
        super().__init__(iter(()), headers=named, media_type=content_type, background=BackgroundTask(file.close))
        self._file = file
        self._server_stop = server_stop

    async def stream_response(self, send: Send) -> None:
        """Send the file."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send_pieces(self._file, send, self._server_stop)
