"""A CRM that never rests: it registers deals from several threads and remembers what was acknowledged."""

import threading
from collections import Counter
from typing import Any, Self

import httpx

from server import REGISTER, ServerProcess, deal_parameters, http_client

THREADS = 4
PAUSE_SECONDS = 0.02


class Load:
    """While it is entered, deals are registered; `acknowledged` holds each deal's number and id."""

    def __init__(self, server: ServerProcess, token: str, name: str) -> None:
        self._server = server
        self._token = token
        self._name = name
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._register, args=(item,), daemon=True) for item in range(THREADS)]
        self.acknowledged: dict[str, int] = {}
        self.unanswered: list[str] = []
        self.statuses: Counter[int] = Counter()

    def __enter__(self) -> Self:
        """Begin."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Rest, once every request has had its end."""
        self._over.set()
        for thread in self._threads:
            thread.join(timeout=60)
            assert not thread.is_alive()

    def parameters(self, number: str) -> Any:
        """Tell what is sent for a number: the same each time, so that it can be sent again."""
        return deal_parameters(self._token, orderNumber=number, tags="one,two,three", manager="Коля")

    def _register(self, thread: int) -> None:
        with http_client(self._server.url, timeout=60) as http:
            count = 0
            while not self._over.is_set():
                count += 1
                self._send(http, f"{self._name}-{thread}-{count}")

    def _send(self, http: httpx.Client, number: str) -> None:
        try:
            answer = http.get(REGISTER, params=self.parameters(number))
        except httpx.TransportError:
            self.unanswered.append(number)
            self._over.wait(PAUSE_SECONDS)
            return
        self.statuses[answer.status_code] += 1
        if answer.status_code == httpx.codes.OK:
            self.acknowledged[number] = answer.json()["orderId"]
        else:
            self.unanswered.append(number)
            self._over.wait(PAUSE_SECONDS)
