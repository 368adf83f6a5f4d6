"""A server that answers registrations without storing anything, with which the real server is compared."""

import asyncio
from typing import Any

from dealtrace import log
from dealtrace.app import Application
from dealtrace.deals.deal import DealId
from dealtrace.deals.registration import Receipt, Registration
from dealtrace.operations.write_command import WriteCommand
from dealtrace.runtime.write_queue import WriteQueue
from dealtrace.settings import read_settings


class Forgetful(WriteQueue):
    """A write queue that answers every registration at once and stores nothing."""

    def write(
        self, operation: Any, site: Any, command: WriteCommand[Registration], *, size: int = 1
    ) -> "asyncio.Future[Any]":
        """Return a future with the answer that a stored deal would get."""
        del operation, site, size
        sent = command.payload
        answer: asyncio.Future[Any] = self._loop.create_future()
        number = sent.number or "1"
        answer.set_result(Receipt(DealId(1), number, sent.status, sent.amount_as_sent, sent.happened_at, lead=None))
        return answer


def create_app() -> Application:
    """Return the application as `dealtrace.app.create_app` does, but without storage."""
    settings = read_settings()
    log.start_logging(settings.log_level)
    return Application(settings, Forgetful)
