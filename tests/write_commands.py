"""Commands for tests: registrations, changes and clues, with defaults for everything left out."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from cast import Player, Stage, moscow
from dealtrace.deals.changes import Change
from dealtrace.deals.deal import DealId
from dealtrace.deals.deal_key import DealKey
from dealtrace.deals.lead_clue import (
    LINK_THRESHOLD_DEFAULT,
    NO_CLUE,
    CallIdentity,
    LeadClue,
    LeadRequestIdentity,
    SearchContacts,
)
from dealtrace.deals.registration import Receipt, Registration
from dealtrace.leads.contact import stated_email, stated_phone
from dealtrace.leads.lead import LeadKind
from dealtrace.operations.deals.register import register_deals
from dealtrace.runtime.write_queue import WriteQueue
from dealtrace.storage.database.engine import Database

T = TypeVar("T")
NOON = moscow("2018-03-26", "12:00:00")
BATCH_MAX = 256
QUEUE_MAX = 10_000
PATIENT_SECONDS = 30.0


def registration(number: str | None = None, **fields: Any) -> Registration:
    """Make a registration; the fingerprint follows from the fields, as it does on the wire."""
    made = Registration(
        number=number,
        status="new",
        amount_rub=Decimal(1000),
        amount_as_sent="1000",
        happened_at=NOON,
        service="AmoCRM",
        manager=None,
        comment=None,
        tags=(),
        custom_values={},
        stated_source=None,
        clue=NO_CLUE,
        fingerprint="",
    )
    made = replace(made, **fields)
    return made if made.fingerprint else replace(made, fingerprint=hashlib.sha256(repr(made).encode()).hexdigest())


def register(stage: Stage, player: Player, number: str | None = "N", **fields: Any) -> DealId:
    """Register a deal, and return its id."""
    (receipt,) = stage.perform(register_deals, player, registration(number, **fields))
    assert isinstance(receipt, Receipt), receipt
    return receipt.deal_id


def register_by(stage: Stage, player: Player, clue: LeadClue, number: str = "n") -> DealId:
    """Register a deal with a clue, and return its id."""
    return register(stage, player, number, clue=clue)


def change(deal_id: int | None = None, number: str | None = None, **fields: Any) -> Change:
    """Make a change of the deal with this id or number."""
    return Change(DealKey(deal_id, number), **fields)


def by_contact(
    phone: str | None = None,
    email: str | None = None,
    *,
    threshold: timedelta = LINK_THRESHOLD_DEFAULT,
    only: LeadKind | None = None,
) -> LeadClue:
    """Make a clue of contacts."""
    return LeadClue(
        contact=SearchContacts(
            stated_phone(phone) if phone is not None else None,
            stated_email(email) if email is not None else None,
            threshold,
            only,
        )
    )


def by_call(call_id: int | None = None, reference: str | None = None, *, clue: LeadClue = NO_CLUE) -> LeadClue:
    """Make a clue that names a call."""
    return replace(clue, identity=CallIdentity(call_id, reference))


def by_lead_request(request_id: int | None = None, number: str | None = None, *, clue: LeadClue = NO_CLUE) -> LeadClue:
    """Make a clue that names a lead request."""
    return replace(clue, identity=LeadRequestIdentity(request_id, number))


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


@asynccontextmanager
async def open_write_queue(database: Database, **settings: Any) -> AsyncIterator[WriteQueue]:
    """Run a write queue as the server does, with a test's own settings."""
    chosen = {"queue_max": QUEUE_MAX, "batch_max": BATCH_MAX, "patience_seconds": PATIENT_SECONDS, **settings}
    write_queue = WriteQueue(database, utc_now, **chosen)
    try:
        yield write_queue
    finally:
        await write_queue.stop()


def run(story: Callable[[], Awaitable[T]], within_seconds: float = 60) -> T:
    """Run an asynchronous story; it fails rather than hangs."""

    async def bounded() -> T:
        return await asyncio.wait_for(story(), within_seconds)

    return asyncio.run(bounded())
