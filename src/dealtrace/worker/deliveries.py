"""Send waiting deliveries: to each webhook in order and from one process only, and to several webhooks in parallel."""

import asyncio
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Protocol

import structlog
from sqlalchemy import Connection

from dealtrace import clock, metrics
from dealtrace.accounts.site import Site, SiteId
from dealtrace.accounts.webhook import Webhook, WebhookId
from dealtrace.log import Outage, cause_of
from dealtrace.operations.webhooks.deliver import (
    Claim,
    ClaimedDeliveries,
    DeliveryReport,
    acknowledge_deliveries,
    claim_deliveries,
)
from dealtrace.operations.write_command import WriteCommand
from dealtrace.runtime.read_pool import ReadPool
from dealtrace.runtime.write_queue import WriteQueue
from dealtrace.storage.accounts.sites import find_sites
from dealtrace.storage.database.database_errors import is_unavailable
from dealtrace.storage.webhooks.outbox import find_waiting_webhooks
from dealtrace.storage.webhooks.webhooks import list_webhooks
from dealtrace.webhooks.delivery import Delivery, OutboxPosition
from dealtrace.webhooks.http_request import Message, write_request
from dealtrace.webhooks.retry import Fault, Pause, is_attempt_due
from dealtrace.worker.repeating import BackgroundLoops
from dealtrace.worker.webhook_client import WebhookClient, WebhookConnection

POLL_SECONDS = 0.5
"""How many seconds pass between two queries of the outbox; a delivery to a healthy receiver waits at most this long."""
ROUND_SECONDS = 3.0
"""For how many seconds deliveries are sent to a webhook before their outcome is stored."""
WEBHOOKS_AT_ONCE_MAX = 32
HELD_BACK_SECONDS = 5.0
HELD_BACK_SECONDS_MAX = 300.0
"""The maximum number of seconds for which a process skips a webhook whose outcome it could not store."""

_log = structlog.get_logger()
_dice = secrets.SystemRandom()


class MessageWriter(Protocol):
    """A function that composes the messages of deliveries; it changes nothing in the database."""

    def __call__(
        self, connection: Connection, site: Site, webhook: Webhook, deliveries: Sequence[Delivery], now: datetime
    ) -> dict[OutboxPosition, Message]:
        """Return the messages of deliveries, dated `now`, by the position of the delivery.

        A delivery whose lead, deal or alert was deleted has no message.
        """


class Deliveries:
    """Sends deliveries in one process; `read_pool` must read from the primary database, not from a replica."""

    def __init__(
        self,
        read_pool: ReadPool,
        write_queue: WriteQueue,
        client: WebhookClient,
        *,
        write_messages: MessageWriter,
        write_test: Callable[[Webhook, datetime], Message],
    ) -> None:
        self._read_pool = read_pool
        self._write_queue = write_queue
        self._client = client
        self._write_messages = write_messages
        self._write_test = write_test
        self._holder = secrets.token_hex(8)
        self._in_hand: dict[WebhookId, asyncio.Task[None]] = {}
        self._broken: dict[WebhookId, _HeldBack] = {}
        self._stopping = False
        self._loops = BackgroundLoops()
        self._loops.start(self._poll, POLL_SECONDS, Outage("webhooks_not_looked_at", "webhooks_seen_again"))

    async def stop(self) -> None:
        """Start no new attempts, wait for running attempts, and store their outcome."""
        self._stopping = True
        await self._loops.stop()
        await asyncio.gather(*self._in_hand.values(), return_exceptions=True)

    async def _poll(self) -> None:
        """Begin to serve every webhook that has deliveries to send and is not being served."""
        webhooks = await self._read_pool.read(list_webhooks)
        metrics.PAUSED.set(sum(webhook.is_paused for webhook in webhooks))
        metrics.FAILING.set(sum(webhook.has_failed for webhook in webhooks))
        ids, seconds_now = {webhook.id for webhook in webhooks}, time.monotonic()
        self._broken = {webhook_id: broken for webhook_id, broken in self._broken.items() if webhook_id in ids}
        free = [
            webhook
            for webhook in webhooks
            if webhook.id not in self._in_hand
            and (webhook.id not in self._broken or self._broken[webhook.id].until <= seconds_now)
        ]
        if not free:
            return
        for webhook_id, site in await self._read_pool.read(_find_due, free, clock.now()):
            if len(self._in_hand) < WEBHOOKS_AT_ONCE_MAX and not self._stopping:
                self._in_hand[webhook_id] = asyncio.create_task(self._serve(webhook_id, site))

    async def _serve(self, webhook_id: WebhookId, site: Site) -> None:
        """Send the deliveries of a webhook until none is waiting or an attempt fails."""
        claim = Claim(webhook_id, self._holder)
        try:
            while not self._stopping:
                in_hand = await self._write_queue.write(claim_deliveries, site, WriteCommand(claim))
                if in_hand is None:
                    return
                report = await self._send(claim, site, in_hand)
                pause = await self._write_queue.write(acknowledge_deliveries, site, WriteCommand(report))
                self._broken.pop(webhook_id, None)
                _log_outcome(webhook_id, report, pause)
                if report.fault is not None:
                    return
        except Exception as fault:  # noqa: BLE001 - after any failure the lease expires and a later poll tries again
            seconds = self._hold_back(webhook_id)
            _log.error("webhook_broke", webhook_id=webhook_id, seconds=seconds, cause=cause_of(fault))
        finally:
            del self._in_hand[webhook_id]

    def _hold_back(self, webhook_id: WebhookId) -> float:
        """Skip a webhook for some time, twice as long after each failure in a row, and return this time in seconds."""
        before = self._broken.get(webhook_id)
        seconds = min(before.seconds * 2, HELD_BACK_SECONDS_MAX) if before is not None else HELD_BACK_SECONDS
        self._broken[webhook_id] = _HeldBack(seconds, time.monotonic() + seconds)
        return seconds

    async def _send(self, claim: Claim, site: Site, in_hand: ClaimedDeliveries) -> DeliveryReport:
        webhook, test_outcome = in_hand.webhook, None
        async with self._client.connect() as connection:
            if webhook.is_test_awaited:
                test_outcome = await self._send_test(connection, webhook)
            sent = await self._deliver(connection, site, in_hand)
        return DeliveryReport(
            claim, sent.delivered, sent.fault, _dice.random(), test_outcome, sent.needless, sent.failed
        )

    async def _send_test(self, connection: WebhookConnection, webhook: Webhook) -> str:
        now = clock.now()
        try:
            outgoing = write_request(webhook, self._write_test(webhook, now), now)
        except Exception as broken:  # noqa: BLE001 - the person who tests it must see that it cannot work
            return _unwritable(webhook, broken).reason
        fault = await connection.send(outgoing)
        if fault is None:
            return ""
        return f"{fault.reason}: {fault.answer}" if fault.answer else fault.reason

    async def _deliver(self, connection: WebhookConnection, site: Site, in_hand: ClaimedDeliveries) -> "_Sent":
        """Send deliveries in order until a delivery fails, time is up or the server stops."""
        sent = _Sent()
        if not in_hand.deliveries:
            return sent
        webhook, deadline = in_hand.webhook, time.monotonic() + ROUND_SECONDS
        messages = await self._messages_of(site, in_hand)
        if isinstance(messages, Fault):
            sent.fault, sent.failed = messages, in_hand.deliveries[0].position
            return sent
        for delivery in in_hand.deliveries:
            if self._stopping or time.monotonic() > deadline:
                break
            message = messages.get(delivery.position)
            if message is None:
                sent.needless.append(delivery.position)
                continue
            sent.fault = await _attempt(connection, webhook, message)
            if sent.fault is not None:
                sent.failed = delivery.position
                break
            sent.delivered.append(delivery.position)
        return sent

    async def _messages_of(self, site: Site, in_hand: ClaimedDeliveries) -> dict[OutboxPosition, Message] | Fault:
        """Return the messages of the claimed deliveries, or a fault of the webhook if they cannot be composed.

        Raises:
            Exception: the database failed, which is not the webhook's fault.
        """
        webhook = in_hand.webhook
        try:
            return await self._read_pool.read(self._write_messages, site, webhook, in_hand.deliveries, clock.now())
        except Exception as broken:
            if is_unavailable(broken):
                raise
            return _unwritable(webhook, broken)


def _find_due(connection: Connection, webhooks: Sequence[Webhook], now: datetime) -> list[tuple[WebhookId, Site]]:
    """Find the webhooks that have something to send now, each with its site; `webhooks` must be grouped by site.

    Deliveries are read site by site, because sites may be stored on different machines of a cluster.
    """
    waiting: set[int] = set()
    for site_id, of_site in groupby(
        (webhook for webhook in webhooks if is_attempt_due(webhook, now)), lambda each: each.site_id
    ):
        waiting |= find_waiting_webhooks(connection, site_id, [webhook.id for webhook in of_site])
    due = [webhook for webhook in webhooks if webhook.is_test_awaited or webhook.id in waiting]
    sites = find_sites(connection, sorted({webhook.site_id for webhook in due}))
    return [(webhook.id, sites[site_id]) for webhook in due if (site_id := SiteId(webhook.site_id)) in sites]


@dataclass(slots=True)
class _Sent:
    """The deliveries that were sent or needed no message, and the one that failed, with its fault."""

    delivered: list[OutboxPosition] = field(default_factory=list)
    needless: list[OutboxPosition] = field(default_factory=list)
    fault: Fault | None = None
    failed: OutboxPosition | None = None


@dataclass(frozen=True, slots=True)
class _HeldBack:
    """The time in seconds for which a webhook is skipped after a failure, and its end on the monotonic clock."""

    seconds: float
    until: float


async def _attempt(connection: WebhookConnection, webhook: Webhook, message: Message) -> Fault | None:
    started = time.perf_counter()
    try:
        outgoing = write_request(webhook, message, clock.now())
    except Exception as broken:  # noqa: BLE001 - otherwise the same delivery would be tried twice a second
        return _unwritable(webhook, broken)
    fault = await connection.send(outgoing)
    metrics.observe_attempt(is_accepted=fault is None, seconds=time.perf_counter() - started)
    return fault


def _unwritable(webhook: Webhook, broken: Exception) -> Fault:
    """Log that a message could not be composed, which is a bug in the server, and return an error.

    The error counts as a failed delivery of the webhook, so that retries slow down.
    """
    _log.error("webhook_not_written", webhook_id=webhook.id, cause=cause_of(broken))
    return Fault(f"the message cannot be composed because of an error in Dealtrace: {type(broken).__name__}")


def _log_outcome(webhook_id: WebhookId, report: DeliveryReport, pause: Pause | None) -> None:
    """Log the outcome of a round of deliveries, without URLs and answers, which may contain secrets."""
    facts = {"webhook_id": webhook_id, "told": len(report.delivered)}
    if pause is not None:
        _log.error("webhook_paused", **facts, cure="dealtrace webhook list")
    elif report.fault is not None:
        _log.warning("webhook_failed", **facts)
    else:
        _log.info("webhook_told", **facts)
