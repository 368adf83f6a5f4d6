"""Send webhooks over HTTP, one request at a time, and report why one failed."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from http import HTTPStatus

import httpx

from dealtrace import __version__
from dealtrace.webhooks.http_request import Outgoing
from dealtrace.webhooks.retry import Fault
from dealtrace.worker.targets import TargetForbidden, TargetUnknown, find_address

ATTEMPT_SECONDS = 5.0
"""Ours: from resolving the name to the end of the answer; slow receivers should answer first and work afterwards."""
ANSWER_BYTES_MAX = 65_536
"""The rest of a longer answer is not read."""
WORDS_MAX = 120
"""How much of a refusal is shown to the person who tests a webhook."""
RETRY_AFTER_DIGITS_MAX = 6


class WebhookClient:
    """Connects to receivers on public hosts, and on those in the `private` networks."""

    def __init__(self, private: Sequence[str]) -> None:
        self._private = private
        self._trust = httpx.create_ssl_context(trust_env=False)
        self._trust.load_default_certs()  # of the system, for receivers with a company's own certificates

    @asynccontextmanager
    async def connect(self) -> AsyncIterator["WebhookConnection"]:
        """Yield a connection to one receiver for several requests; it shares nothing with other receivers."""
        limits = httpx.Limits(max_connections=1)
        async with httpx.AsyncClient(
            verify=self._trust, trust_env=False, timeout=ATTEMPT_SECONDS, limits=limits, follow_redirects=False
        ) as client:
            yield WebhookConnection(client, self._private)


class WebhookConnection:
    """Several requests to one receiver, whose host is resolved once."""

    def __init__(self, client: httpx.AsyncClient, private: Sequence[str]) -> None:
        self._client = client
        self._private = private
        self._ip: str | None = None

    async def send(self, outgoing: Outgoing) -> Fault | None:
        """Send a request; return `None` if it was accepted with a status of 2xx, even if its body then breaks off."""
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
        return None if is_accepted else fault

    @asynccontextmanager
    async def _open(self, outgoing: Outgoing) -> AsyncIterator[httpx.Response]:
        url = httpx.URL(outgoing.url)
        if self._ip is None:
            port = url.port or (443 if url.scheme == "https" else 80)
            self._ip = await find_address(url.host, port, self._private)
        headers = {**outgoing.headers, "host": url.netloc.decode(), "user-agent": f"Dealtrace/{__version__}"}
        async with self._client.stream(
            outgoing.method,
            url.copy_with(host=self._ip),
            content=outgoing.body,
            headers=headers,
            extensions={"sni_hostname": url.host},
        ) as answer:
            yield answer


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
    seconds = answer.headers.get("retry-after", "")
    is_number = seconds.isascii() and seconds.isdigit() and len(seconds) <= RETRY_AFTER_DIGITS_MAX
    return Fault(
        status,
        _printable(body.decode(errors="replace")),
        is_final=answer.status_code == HTTPStatus.GONE,
        retry_after=timedelta(seconds=int(seconds)) if is_number else timedelta(0),
    )


def _printable(text: str) -> str:
    """Return the beginning of a text, with spaces for what a terminal cannot show."""
    shown = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(shown.split())[:WORDS_MAX]
