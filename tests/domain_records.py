"""Records of the domain, with defaults for everything a test does not state."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from dealtrace.deals.deal import Deal, DealId
from dealtrace.leads.lead import LeadKind, LeadRef, LeadSpan

NOON = datetime(2018, 3, 26, 12, tzinfo=UTC)
PHONE = "79205550055"
EMAIL = "ivan@example.org"
SECOND = timedelta(seconds=1)


def deal(**said: Any) -> Deal:
    """Make a deal."""
    plain = Deal(
        id=DealId(7811141),
        number="J2eTSacsKduifb",
        status="new",
        amount_rub=Decimal(1000),
        happened_at=NOON,
        recorded_at=NOON + SECOND,
        touched_at=NOON + SECOND,
        service="AmoCRM",
    )
    return replace(plain, **said)


def call_span(
    started_at: datetime, *, lead_id: int = 1, seconds: int = 0, contact: str = PHONE, reference: str = ""
) -> LeadSpan:
    """Make a call as matching sees it."""
    ended_at = started_at + timedelta(seconds=seconds)
    return LeadSpan(LeadRef(LeadKind.CALL, lead_id), contact, started_at, ended_at, reference)


def lead_request_span(
    requested_at: datetime, *, lead_id: int = 1, contact: str = PHONE, reference: str = ""
) -> LeadSpan:
    """Make a lead request as matching sees it."""
    return LeadSpan(LeadRef(LeadKind.LEAD_REQUEST, lead_id), contact, requested_at, requested_at, reference)
