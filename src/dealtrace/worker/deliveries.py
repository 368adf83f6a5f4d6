"""Tells webhooks what waits for them: each in order, all at once, and none by two processes."""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Protocol

import structlog
from sqlalchemy import Connection

from dealtrace import clock, observation
from dealtrace.accounts.site import Site
from dealtrace.accounts.webhook import Webhook, WebhookId
from dealtrace.operations.webhooks.deliver import (
    KEPT_FOR,
    Claim,
    DeliveryReport,
    InHand,
    acknowledge_deliveries,
    claim_deliveries,
    sweep_outbox,
)
from dealtrace.operations.write_command import WriteCommand
from dealtrace.runtime.read_pool import ReadPool
from dealtrace.runtime.write_queue import WriteQueue
from dealtrace.storage.accounts.accounts import find_site, list_sites
from dealtrace.storage.webhooks.outbox import is_waited_for
from dealtrace.storage.webhooks.webhooks import list_webhooks
from dealtrace.webhooks.delivery import Delivery, OutboxPosition
from dealtrace.webhooks.http_request import Message, Outgoing, write_request
from dealtrace.webhooks.retry import Fault, Pause
from dealtrace.worker.webhook_client import WebhookClient, WebhookConnection

LOOK_SECONDS = 0.5
"""How often the outbox is looked at; a delivery waits no longer than that for a receiver that is well."""
VISIT_SECONDS = 3.0
"""How long one webhook is served before what became of it is kept; a test and the last attempt come on top."""
AT_ONCE_MAX = 32
SWEEP_SECONDS = 3600.0

_log = structlog.get_logger()
_dice = secrets.SystemRandom()


class MessageWriter(Protocol):
    """Writes what deliveries tell, in the words of the wire."""

    def __call__(
        self, connection: Connection, site: Site, webhook: Webhook, deliveries: Sequence[Delivery], now: datetime
    ) -> dict[OutboxPosition, Message]:
        """Read what the deliveries are about, and write it."""


class Deliveries:
    """One process's share of telling webhooks; `readers` read where the scribe writes, never from a copy behind it."""

    def __init__(
        self,
        readers: ReadPool,
        write_queue: WriteQueue,
        postman: WebhookClient,
        *,
        write_messages: MessageWriter,
        write_test: Callable[[Webhook, datetime], Message],
    ) -> None:
        self._read_pool = readers
        self._write_queue = write_queue
        self._postman = postman
        self._write_messages = write_messages
        self._write_test = write_test
        self._holder = secrets.token_hex(8)
        self._in_hand: dict[WebhookId, asyncio.Task[None]] = {}
        self._stopping = False
        self._loops = [
            asyncio.create_task(_again_and_again(self._look, LOOK_SECONDS, "webhooks_not_looked_at")),
            asyncio.create_task(_again_and_again(self._sweep, SWEEP_SECONDS, "webhooks_not_swept")),
        ]

    async def stop(self) -> None:
        """Let the attempts that are under way end, keep what became of them, and begin no other."""
        self._stopping = True
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, *self._in_hand.values(), return_exceptions=True)

    async def _look(self) -> None:
        """Begin to serve each webhook that is to be told something and is not being served."""
        webhooks = await self._read_pool.read(list_webhooks)
        observation.PAUSED.set(sum(one.paused_at is not None for one in webhooks))
        observation.FAILING.set(sum(one.failures > 0 for one in webhooks))
        free = [one for one in webhooks if one.id not in self._in_hand]
        if not free:
            return
        for webhook_id, site in await self._read_pool.read(_find_due, free, clock.now()):
            if len(self._in_hand) < AT_ONCE_MAX and not self._stopping:
                self._in_hand[webhook_id] = asyncio.create_task(self._serve(webhook_id, site))

    async def _serve(self, webhook_id: WebhookId, site: Site) -> None:
        """Tell a webhook what waits, until nothing does or something fails."""
        claim = Claim(webhook_id, self._holder)
        try:
            while not self._stopping:
                in_hand = await self._write_queue.write(claim_deliveries, site, WriteCommand(claim))
                if in_hand is None:
                    return
                report = await self._tell(claim, site, in_hand)
                pause = await self._write_queue.write(acknowledge_deliveries, site, WriteCommand(report))
                _log_outcome(webhook_id, report, pause)
                if report.fault is not None:
                    return
        except Exception as fault:  # noqa: BLE001 - whatever broke, the lease runs out and the next look tries again
            _log.error("webhook_broke", webhook_id=webhook_id, cause=observation.cause_of(fault))
        finally:
            del self._in_hand[webhook_id]

    async def _tell(self, claim: Claim, site: Site, in_hand: InHand) -> DeliveryReport:
        webhook, test_outcome = in_hand.webhook, None
        async with self._postman.connect() as connect:
            if webhook.is_test_awaited:
                test_outcome = await self._test(connect, webhook)
            told, fault = await self._deliver(connect, site, in_hand)
        return DeliveryReport(claim, told, fault, _dice.random(), test_outcome)

    async def _test(self, connect: WebhookConnection, webhook: Webhook) -> str:
        now = clock.now()
        fault = await connect.send(write_request(webhook, self._write_test(webhook, now), now))
        if fault is None:
            return ""
        return f"{fault.reason}: {fault.words}" if fault.words else fault.reason

    async def _deliver(
        self, connect: WebhookConnection, site: Site, in_hand: InHand
    ) -> tuple[list[OutboxPosition], Fault | None]:
        """Send one after another, until one fails, time is up or the server stops; what is about nothing is passed."""
        if not in_hand.deliveries:
            return [], None
        webhook, deadline = in_hand.webhook, time.monotonic() + VISIT_SECONDS
        messages = await self._read_pool.read(self._write_messages, site, webhook, in_hand.deliveries, clock.now())
        told: list[OutboxPosition] = []
        for delivery in in_hand.deliveries:
            if self._stopping or time.monotonic() > deadline:
                break
            message = messages.get(delivery.position)
            fault = (
                await _attempt(connect, write_request(webhook, message, clock.now())) if message is not None else None
            )
            if fault is not None:
                return told, fault
            told.append(delivery.position)
        return told, None

    async def _sweep(self) -> None:
        """Forget what is too old to be told or replayed."""
        for site in await self._read_pool.read(list_sites):
            await self._write_queue.write(sweep_outbox, site, WriteCommand(KEPT_FOR))


def _find_due(connection: Connection, webhooks: Sequence[Webhook], now: datetime) -> list[tuple[WebhookId, Site]]:
    """Find the webhooks that are to be told something now, each with its site as it is set at present."""
    due = [
        webhook
        for webhook in webhooks
        if webhook.is_test_awaited or (webhook.is_due(now) and is_waited_for(connection, webhook.site_id, webhook.id))
    ]
    sites = {site_id: find_site(connection, site_id) for site_id in {webhook.site_id for webhook in due}}
    return [(webhook.id, site) for webhook in due if (site := sites[webhook.site_id]) is not None]


async def _attempt(connect: WebhookConnection, outgoing: Outgoing) -> Fault | None:
    started = time.perf_counter()
    fault = await connect.send(outgoing)
    observation.observe_attempt(is_accepted=fault is None, seconds=time.perf_counter() - started)
    return fault


def _log_outcome(webhook_id: WebhookId, report: DeliveryReport, pause: Pause | None) -> None:
    """Write what became of a visit; addresses and answers may hold secrets and are no matter of the log."""
    facts = {"webhook_id": webhook_id, "told": len(report.told)}
    if pause is not None:
        _log.error("webhook_paused", **facts, cure="dealtrace webhook list")
    elif report.fault is not None:
        _log.warning("webhook_failed", **facts)
    else:
        _log.info("webhook_told", **facts)


async def _again_and_again(work: Callable[[], Awaitable[None]], pause_seconds: float, event: str) -> None:
    """Do `work` for ever, whatever happens to it: the database may be away, and comes back. One line tells of that."""
    is_failing = False
    while True:
        try:
            await work()
            is_failing = False
        except Exception as fault:  # noqa: BLE001 - the next time tries again
            if not is_failing:
                _log.warning(event, reason=type(fault).__name__)
            is_failing = True
        await asyncio.sleep(pause_seconds)
