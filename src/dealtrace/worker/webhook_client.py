"""Sends one request at a time to a receiver, and tells what became of it."""

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
"""Ours: from looking the name up to the end of the answer; who takes longer should answer first and work then."""
ANSWER_BYTES_MAX = 65_536
"""More of an answer is not read."""
WORDS_MAX = 120
"""So much of a refusal is shown to whoever tests a webhook."""
RETRY_AFTER_DIGITS_MAX = 6


class WebhookClient:
    """Knows where it may go: `private` are networks that may be reached although they are private."""

    def __init__(self, private: Sequence[str]) -> None:
        self._private = private
        self._trust = httpx.create_ssl_context(trust_env=False)
        self._trust.load_default_certs()  # of the system, for receivers with a certificate of the house

    @asynccontextmanager
    async def connect(self) -> AsyncIterator["WebhookConnection"]:
        """Keep a connection to one receiver for a few requests; nothing of it is shared with another receiver."""
        limits = httpx.Limits(max_connections=1)
        async with httpx.AsyncClient(
            verify=self._trust, trust_env=False, timeout=ATTEMPT_SECONDS, limits=limits, follow_redirects=False
        ) as client:
            yield WebhookConnection(client, self._private)


class WebhookConnection:
    """A few requests to one receiver, whose address is looked up once."""

    def __init__(self, client: httpx.AsyncClient, private: Sequence[str]) -> None:
        self._client = client
        self._private = private
        self._address: str | None = None

    async def send(self, outgoing: Outgoing) -> Fault | None:
        """Send a request; `None` if it was accepted, which takes a status of 2xx, whatever comes behind that."""
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
            fault = Fault(f"cannot connect: {_plain(str(reason)) or type(reason).__name__}")
        except (httpx.HTTPError, httpx.InvalidURL) as reason:
            fault = Fault(f"no proper answer: {_plain(str(reason)) or type(reason).__name__}")
        return None if is_accepted else fault

    @asynccontextmanager
    async def _open(self, outgoing: Outgoing) -> AsyncIterator[httpx.Response]:
        url = httpx.URL(outgoing.url)
        if self._address is None:
            port = url.port or (443 if url.scheme == "https" else 80)
            self._address = await find_address(url.host, port, self._private)
        headers = {**outgoing.headers, "host": url.netloc.decode(), "user-agent": f"Dealtrace/{__version__}"}
        async with self._client.stream(
            outgoing.method,
            url.copy_with(host=self._address),
            content=outgoing.body,
            headers=headers,
            extensions={"sni_hostname": url.host},
        ) as answer:
            yield answer


async def _beginning(answer: httpx.Response) -> bytes:
    """Read an answer up to what is read of one; a connection with more on it is closed."""
    read = b""
    async for piece in answer.aiter_raw():
        read += piece
        if len(read) >= ANSWER_BYTES_MAX:
            break
    return read


def _fault(answer: httpx.Response, words: bytes) -> Fault:
    """Tell why a receiver did not accept a request."""
    told = f"HTTP {answer.status_code}"
    if answer.is_redirect:
        told += ", a redirect: name the address it leads to, nothing is followed"
        words = answer.headers.get("location", "").encode()
    asked = answer.headers.get("retry-after", "")
    is_number = asked.isascii() and asked.isdigit() and len(asked) <= RETRY_AFTER_DIGITS_MAX
    return Fault(
        told,
        _plain(words.decode(errors="replace")),
        is_final=answer.status_code == HTTPStatus.GONE,
        retry_after=timedelta(seconds=int(asked)) if is_number else timedelta(0),
    )


def _plain(words: str) -> str:
    """Leave of a receiver's words what a terminal can show."""
    shown = "".join(one if one.isprintable() else " " for one in words)
    return " ".join(shown.split())[:WORDS_MAX]
