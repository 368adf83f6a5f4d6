"""Send webhooks over HTTP, one request at a time, and report why one failed."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus

import httpx

from dealtrace import __version__, clock
from dealtrace.webhooks.http_request import Outgoing
from dealtrace.webhooks.retry import Fault, read_retry_after
from dealtrace.worker.connecting import TargetBackend, TargetTransport
from dealtrace.worker.targets import TargetForbidden, TargetUnknown

ATTEMPT_SECONDS = 5.0
"""Ours: from resolving the name to the end of the answer; slow receivers should answer first and work afterwards."""
ANSWER_BYTES_MAX = 65_536
"""The rest of a longer answer is not read."""
WORDS_MAX = 120
"""How much of a refusal is shown to the person who tests a webhook."""


class WebhookClient:
    """Connects to receivers on public hosts, and on those in the `private` networks."""

    def __init__(self, private: Sequence[str]) -> None:
        self._private = private
        self._trust = httpx.create_ssl_context(trust_env=False)
        self._trust.load_default_certs()  # of the system, for receivers with a company's own certificates

    @asynccontextmanager
    async def connect(self) -> AsyncIterator["WebhookConnection"]:
        """Yield a connection to one receiver for several requests; it shares nothing with other receivers."""
        transport = TargetTransport(self._trust, self._private, ATTEMPT_SECONDS)
        async with httpx.AsyncClient(
            transport=transport, trust_env=False, timeout=ATTEMPT_SECONDS, follow_redirects=False
        ) as client:
            yield WebhookConnection(client, transport.backend)


class WebhookConnection:
    """Several requests to one receiver."""

    def __init__(self, client: httpx.AsyncClient, backend: TargetBackend) -> None:
        self._client = client
        self._backend = backend

    async def send(self, outgoing: Outgoing) -> Fault | None:
        """Send a request; return `None` if it was accepted with a status of 2xx, even if its body then breaks off.

        Whatever goes wrong is a fault of the attempt, as the webhook must be tried more and more seldom then.
        """
        is_accepted = False
        try:
            async with asyncio.timeout(ATTEMPT_SECONDS), self._open(outgoing) as answer:
                is_accepted = answer.is_success
                fault = _fault(answer, await _beginning(answer))
        except (TimeoutError, httpx.TimeoutException):
            fault = Fault(f"no answer within {ATTEMPT_SECONDS:g} s")
        except (TargetForbidden, TargetUnknown) as reason:
            fault = Fault(str(reason))
        except (httpx.ConnectError, OSError) as reason:
            fault = Fault(f"cannot connect: {_printable(str(reason)) or type(reason).__name__}")
        except (httpx.HTTPError, httpx.InvalidURL) as reason:
            fault = Fault(f"invalid answer: {_printable(str(reason)) or type(reason).__name__}")
        except Exception as reason:  # noqa: BLE001 - a URL or an answer may break the libraries in ways of its own
            fault = Fault(f"cannot be sent: {type(reason).__name__}")
        return None if is_accepted else fault

    @asynccontextmanager
    async def _open(self, outgoing: Outgoing) -> AsyncIterator[httpx.Response]:
        """Yield the answer; an address whose encryption does not begin is given up: nothing was sent."""
        headers = {**outgoing.headers, "user-agent": f"Dealtrace/{__version__}"}
        request = self._client.build_request(outgoing.method, outgoing.url, content=outgoing.body, headers=headers)
        while True:
            try:
                answer = await self._client.send(request, stream=True)
                break
            except httpx.ConnectError:
                if not self._backend.has_more:
                    raise
                self._backend.give_up_last()
        try:
            yield answer
        finally:
            await answer.aclose()


async def _beginning(answer: httpx.Response) -> bytes:
    """Read the first bytes of an answer; a connection with more on it is closed."""
    read = b""
    async for piece in answer.aiter_raw():
        read += piece
        if len(read) >= ANSWER_BYTES_MAX:
            break
    return read


def _fault(answer: httpx.Response, body: bytes) -> Fault:
    """Return why a receiver did not accept a request."""
    status = f"HTTP {answer.status_code}"
    if answer.is_redirect:
        status += ", a redirect, which is not followed: change the webhook to the URL it leads to"
        body = answer.headers.get("location", "").encode()
    return Fault(
        status,
        _printable(body.decode(errors="replace")),
        is_final=answer.status_code == HTTPStatus.GONE,
        retry_after=read_retry_after(answer.headers.get("retry-after", ""), clock.now()),
    )


def _printable(text: str) -> str:
    """Return the beginning of a text, with spaces for what a terminal cannot show."""
    shown = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(shown.split())[:WORDS_MAX]
