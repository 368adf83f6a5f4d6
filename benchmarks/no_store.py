"""The same server answering without storage: what the figures of registration are compared with."""

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
    """Answers every registration at once and keeps nothing."""

    def write(
        self, operation: Any, site: Any, command: WriteCommand[Registration], *, size: int = 1
    ) -> "asyncio.Future[Any]":
        """Answer as if the deal had been stored."""
        del operation, site, size
        sent = command.payload
        answer: asyncio.Future[Any] = self._loop.create_future()
        number = sent.number or "1"
        answer.set_result(Receipt(DealId(1), number, sent.status, sent.amount_as_sent, sent.happened_at, lead=None))
        return answer


def create_app() -> Application:
    """Make the application, as the product does."""
    settings = read_settings()
    log.start_logging(settings.log_level)
    return Application(settings, Forgetful)
