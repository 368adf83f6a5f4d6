"""The two clients: one waits, the other awaits; all they differ in is how a step is taken."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from types import TracebackType
from typing import Self, TypeVar

import httpx

from dealtrace.client.methods import Journal
from dealtrace.client.rate_limit import Pace
from dealtrace.client.request_steps import Answer, Call, Retries, Send, Wait, carry_out

T = TypeVar("T")
TIMEOUT_SECONDS = 15.0
RATE_PER_SECOND = 5


class Client:
    """Speaks to a server and waits for it.

    `address` is where the server is, `token` opens a site. No more than `rate_per_second` requests are sent in a
    second, as many as the server takes by default; `None` is for one that takes any number.
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
        self._token = token
        self._retries = retries or Retries()
        self._pace = Pace(rate_per_second)
        self._http = httpx.Client(base_url=address, timeout=timeout_seconds, headers=HEADERS)

    def send(self, call: Call[T]) -> T:
        """Carry out a call and return its answer.

        Raises:
            ClientError: it came to nothing.
        """
        steps = carry_out(call, self._token, self._retries, self._pace)
        told: Answer | Exception | None = None
        while True:
            try:
                step = steps.send(told)
            except StopIteration as end:
                answer: T = end.value
                return answer
            match step:
                case Wait(seconds):
                    time.sleep(seconds)
                    told = None
                case Send(path, parameters):
                    told = self._ask(path, parameters)

    def each(self, journal: Journal[T]) -> Iterator[T]:
        """Read a journal to its end, a page at a time."""
        number, has_next = 1, True
        while has_next:
            page = self.send(journal.page(number))
            yield from page.records
            number, has_next = number + 1, page.has_next

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        """Be open for a while."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self.close()

    def _ask(self, path: str, parameters: Mapping[str, str]) -> Answer | Exception:
        try:
            return _answer(self._http.get(path, params=parameters))
        except httpx.TransportError as fault:
            return fault


class AsyncClient:
    """Speaks to a server without keeping others waiting; otherwise as `Client`."""

    def __init__(
        self,
        address: str,
        token: str,
        *,
        retries: Retries | None = None,
        rate_per_second: int | None = RATE_PER_SECOND,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        self._token = token
        self._retries = retries or Retries()
        self._pace = Pace(rate_per_second)
        self._http = httpx.AsyncClient(base_url=address, timeout=timeout_seconds, headers=HEADERS)

    async def send(self, call: Call[T]) -> T:
        """Carry out a call and return its answer.

        Raises:
            ClientError: it came to nothing.
        """
        steps = carry_out(call, self._token, self._retries, self._pace)
        told: Answer | Exception | None = None
        while True:
            try:
                step = steps.send(told)
            except StopIteration as end:
                answer: T = end.value
                return answer
            match step:
                case Wait(seconds):
                    await asyncio.sleep(seconds)
                    told = None
                case Send(path, parameters):
                    told = await self._ask(path, parameters)

    async def each(self, journal: Journal[T]) -> AsyncIterator[T]:
        """Read a journal to its end, a page at a time."""
        number, has_next = 1, True
        while has_next:
            page = await self.send(journal.page(number))
            for record in page.records:
                yield record
            number, has_next = number + 1, page.has_next

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        """Be open for a while."""
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _fault: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        await self.close()

    async def _ask(self, path: str, parameters: Mapping[str, str]) -> Answer | Exception:
        try:
            return _answer(await self._http.get(path, params=parameters))
        except httpx.TransportError as fault:
            return fault


HEADERS = {"Accept-Language": "en"}


def _answer(response: httpx.Response) -> Answer:
    said = response.headers.get("retry-after", "")
    return Answer(response.status_code, response.content, float(said) if said.isdigit() else None)
