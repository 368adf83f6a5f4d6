"""The synchronous and the asynchronous client; they differ only in how they send requests and wait."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Iterator
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from dealtrace_client.checked_arguments import (
    checked_address,
    checked_rate,
    checked_seconds,
    checked_token,
    wrong_type,
)
from dealtrace_client.lasting_failures import advice_on
from dealtrace_client.methods import Journal
from dealtrace_client.rate_limit import RateLimit
from dealtrace_client.request_steps import Answer, Call, NoAnswer, Retries, Send, Wait, carry_out

T = TypeVar("T")
TIMEOUT_SECONDS = 15.0
RATE_PER_SECOND = 5


class Client:
    """A synchronous client of a Dealtrace server.

    `address` is the URL of the server, `token` a site's token. At most `rate_per_second` requests are sent per second,
    by default as many as the server accepts; `None` means no limit.

    Raises:
        ValueError: the address is not a URL such as `https://deals.example.com`, the token has blanks, or a number is
            too low.
        TypeError: an argument has a wrong type.
    """

    def __init__(
        self,
        address: str,
        token: str,
        *,
        retries: Retries | None = None,
        rate_per_second: int | None = RATE_PER_SECOND,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        self._token = checked_token(token)
        self._retries = _checked_retries(retries)
        self._rate_limit = RateLimit(checked_rate(rate_per_second))
        seconds = checked_seconds("timeout_seconds", timeout_seconds)
        self._http = httpx.Client(base_url=checked_address(address), timeout=seconds, headers=HEADERS)

    def send(self, call: Call[T]) -> T:
        """Send an API call, repeat it after temporary failures, and return its result.

        Raises:
            ClientError: the call failed.
        """
        steps = carry_out(call, self._token, self._retries, self._rate_limit)
        outcome: Answer | NoAnswer | None = None
        while True:
            try:
                step = steps.send(outcome)
            except StopIteration as end:
                result: T = end.value
                return result
            match step:
                case Wait(seconds):
                    time.sleep(seconds)
                    outcome = None
                case Send():
                    outcome = self._request(step)

    def each(self, journal: Journal[T]) -> Iterator[T]:
        """Yield all records of a journal, fetching one page at a time."""
        number, has_next = 1, True
        while has_next:
            page = self.send(_checked_journal(journal).page(number))
            yield from page.records
            number, has_next = number + 1, page.has_next

    def close(self) -> None:
        """Close the connections to the server."""
        self._http.close()

    def __enter__(self) -> Self:
        """Return the client; it is closed at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections to the server."""
        self.close()

    def _request(self, step: Send) -> Answer | NoAnswer:
        try:
            return _answer(self._http.request(step.method, step.path, **_sent(step)))
        except FAILURES as error:
            return _no_answer(error)


class AsyncClient:
    """An asynchronous client, otherwise like `Client`."""

    def __init__(
        self,
        address: str,
        token: str,
        *,
        retries: Retries | None = None,
        rate_per_second: int | None = RATE_PER_SECOND,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        self._token = checked_token(token)
        self._retries = _checked_retries(retries)
        self._rate_limit = RateLimit(checked_rate(rate_per_second))
        seconds = checked_seconds("timeout_seconds", timeout_seconds)
        self._http = httpx.AsyncClient(base_url=checked_address(address), timeout=seconds, headers=HEADERS)

    async def send(self, call: Call[T]) -> T:
        """Send an API call, repeat it after temporary failures, and return its result.

        Raises:
            ClientError: the call failed.
        """
        steps = carry_out(call, self._token, self._retries, self._rate_limit)
        outcome: Answer | NoAnswer | None = None
        while True:
            try:
                step = steps.send(outcome)
            except StopIteration as end:
                result: T = end.value
                return result
            match step:
                case Wait(seconds):
                    await asyncio.sleep(seconds)
                    outcome = None
                case Send():
                    outcome = await self._request(step)

    async def each(self, journal: Journal[T]) -> AsyncIterator[T]:
        """Yield all records of a journal, fetching one page at a time."""
        number, has_next = 1, True
        while has_next:
            page = await self.send(_checked_journal(journal).page(number))
            for record in page.records:
                yield record
            number, has_next = number + 1, page.has_next

    async def close(self) -> None:
        """Close the connections to the server."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        """Return the client; it is closed at the end of the block."""
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _fault: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Close the connections to the server."""
        await self.close()

    async def _request(self, step: Send) -> Answer | NoAnswer:
        try:
            return _answer(await self._http.request(step.method, step.path, **_sent(step)))
        except FAILURES as error:
            return _no_answer(error)


HEADERS = {"Accept-Language": "en"}
FAILURES = (httpx.TransportError, ssl.SSLError)
"""What is raised if no answer arrives. httpx's asynchronous client does not wrap errors of TLS after the handshake."""


def _sent(step: Send) -> dict[str, Any]:
    """Return the arguments of httpx's `request` for a step. Any: each argument has a type of its own."""
    return {"params": step.parameters or None, "headers": step.headers, "content": step.content}


def _checked_retries(retries: object) -> Retries:
    """Return the retries of a client; `None` means the default."""
    if retries is None:
        return Retries()
    if not isinstance(retries, Retries):
        raise wrong_type("retries", "an object such as Retries(tries_max=3), or None for the default,", retries)
    return retries


def _checked_journal(journal: Journal[T]) -> Journal[T]:
    if not isinstance(journal, Journal):
        raise wrong_type("journal", "a journal, such as deals(...) returns,", journal)
    return journal


def _answer(response: httpx.Response) -> Answer:
    delay = response.headers.get("retry-after", "")
    return Answer(response.status_code, response.content, float(delay) if delay.isascii() and delay.isdigit() else None)


def _no_answer(error: httpx.TransportError | ssl.SSLError) -> NoAnswer:
    before_a_connection = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
    return NoAnswer(error, was_connected=not isinstance(error, before_a_connection), advice=advice_on(error))
