"""Send webhooks over HTTP, one request at a time, and return the reason if a request fails."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus

import httpx

from dealtrace import __version__, clock
from dealtrace.printable import one_line
from dealtrace.webhooks.http_request import OutgoingRequest
from dealtrace.webhooks.retry import Fault, read_retry_after
from dealtrace.worker.connecting import TargetBackend, TargetTransport
from dealtrace.worker.webhook_targets import TargetForbidden, TargetUnknown

ATTEMPT_SECONDS = 5.0
"""Ours: how many seconds an attempt to send a webhook may take, from resolving the name to the end of the answer."""
ANSWER_BYTES_MAX = 65_536
"""The approximate number of bytes after which the rest of an answer is not read."""
EXCERPT_MAX = 120
"""How many characters of a receiver's error message are shown to the person who tests a webhook."""


class WebhookClient:
    """Connects to receivers of webhooks on public hosts, and on hosts in the `private` networks."""

    def __init__(self, private: Sequence[str]) -> None:
        self._private = private
        self._trust: ssl.SSLContext | None = None

    @asynccontextmanager
    async def connect(self) -> AsyncIterator["WebhookConnection"]:
        """Yield a connection to a receiver for several requests; nothing is shared with other receivers."""
        if self._trust is None:  # reading certificates takes 0.04 s of CPU, which a server that sends nothing saves
            self._trust = await asyncio.to_thread(_read_certificates)
        transport = TargetTransport(self._trust, self._private, ATTEMPT_SECONDS)
        async with httpx.AsyncClient(
            transport=transport, trust_env=False, timeout=ATTEMPT_SECONDS, follow_redirects=False
        ) as client:
            yield WebhookConnection(client, transport.backend)


class WebhookConnection:
    """A connection to the receiver of a webhook, for several requests."""

    def __init__(self, client: httpx.AsyncClient, backend: TargetBackend) -> None:
        self._client = client
        self._backend = backend

    async def send(self, outgoing: OutgoingRequest) -> Fault | None:
        """Send a request; return `None` if the receiver accepted it, or else the error.

        A status of 2xx means accepted, even if reading the body fails afterwards. Every failure is returned as an error
        and not raised.
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
            fault = Fault(f"cannot connect: {one_line(str(reason))[:EXCERPT_MAX] or type(reason).__name__}")
        except (httpx.HTTPError, httpx.InvalidURL) as reason:
            fault = Fault(f"invalid answer: {one_line(str(reason))[:EXCERPT_MAX] or type(reason).__name__}")
        except Exception as reason:  # noqa: BLE001 - a URL or an answer may make the libraries fail in unexpected ways
            fault = Fault(f"cannot be sent: {type(reason).__name__}")
        return None if is_accepted else fault

    @asynccontextmanager
    async def _open(self, outgoing: OutgoingRequest) -> AsyncIterator[httpx.Response]:
        """Send a request and yield the answer.

        If TLS cannot be set up with an IP address of the host, nothing was sent, and the host's next address is tried.
        """
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
    """Return the first pieces of an answer, up to about `ANSWER_BYTES_MAX` bytes; the rest is not read."""
    read = b""
    async for piece in answer.aiter_raw():
        read += piece
        if len(read) >= ANSWER_BYTES_MAX:
            break
    return read


def _fault(answer: httpx.Response, body: bytes) -> Fault:
    """Return the error for an answer whose status is not 2xx."""
    status = f"HTTP {answer.status_code}"
    if answer.is_redirect:
        status += ", a redirect, which is not followed: change the webhook to the URL it leads to"
        body = answer.headers.get("location", "").encode()
    return Fault(
        status,
        one_line(body.decode(errors="replace"))[:EXCERPT_MAX],
        is_final=answer.status_code == HTTPStatus.GONE,
        retry_after=read_retry_after(answer.headers.get("retry-after", ""), clock.now()),
    )


def _read_certificates() -> ssl.SSLContext:
    """Return a TLS context that trusts the certificate authorities of certifi and of the operating system.

    A company may have added its own authority to those of the system.
    """
    trust = httpx.create_ssl_context(trust_env=False)
    trust.load_default_certs()
    return trust
