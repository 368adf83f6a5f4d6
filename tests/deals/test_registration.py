"""Registering a deal: what is asked, what is answered, and when a repetition is a safe retry."""

from datetime import timedelta
from decimal import Decimal

import pytest

from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.deals.deal import DealId
from dealtrace.deals.registration import Receipt, Registered, new_deal, receipt_for
from dealtrace.leads.lead import LeadKind, LeadRef
from domain_records import NOON, deal
from write_commands import by_contact, registration

CALL = LeadRef(LeadKind.CALL, 32940789)
LEAD_REQUEST = LeadRef(LeadKind.LEAD_REQUEST, 51213218)
ID = DealId(7811141)
LATER = NOON + timedelta(days=2)


@pytest.mark.parametrize("lead", [None, CALL, LEAD_REQUEST])
def test_it_makes_the_deal_that_is_asked_for(lead: LeadRef | None) -> None:
    sent = registration(
        "xX8H9MkFIzpLmT",
        amount_rub=Decimal("1000.5"),
        happened_at=NOON,
        manager="Коля",
        comment="перезвонить",
        tags=("mytag1", "mytag2"),
        custom_values={"margin": "10", "unheard-of": "1"},
        stated_source=TrafficSource("пришел на ресепшн"),
        clue=by_contact("79205550055"),
    )
    made = new_deal(sent, ID, "xX8H9MkFIzpLmT", lead=lead, custom_values={"margin": "10"}, now=LATER)
    assert made == deal(
        id=ID,
        number="xX8H9MkFIzpLmT",
        amount_rub=Decimal("1000.5"),
        recorded_at=LATER,
        touched_at=LATER,
        manager="Коля",
        comment="перезвонить",
        tags=("mytag1", "mytag2"),
        custom_values={"margin": "10"},
        stated_source=TrafficSource("пришел на ресепшн"),
        clue=by_contact("79205550055"),
        lead=lead,
    )


def test_it_takes_the_number_that_was_settled_for_it() -> None:
    """Vendor: «Если параметр не указан, то по умолчанию он будет равен orderId»."""
    made = new_deal(registration(None), ID, "7811141", lead=None, custom_values={}, now=LATER)
    assert made.number == "7811141"


def test_what_was_never_said_stays_unknown() -> None:
    made = new_deal(registration("1"), ID, "1", lead=None, custom_values={}, now=LATER)
    assert (made.manager, made.comment, made.stated_source, made.tags) == (None, None, None, ())


@pytest.mark.parametrize("as_sent", ["1000", "1000,50", "1 000.5", "-0"])
def test_it_answers_with_the_sum_as_it_was_sent(as_sent: str) -> None:
    sent = registration("1", amount_as_sent=as_sent, amount_rub=Decimal("1000.5"))
    receipt = receipt_for(sent, deal(id=ID, number="1", lead=CALL))
    assert receipt == Receipt(ID, "1", "new", as_sent, NOON, CALL)


@pytest.mark.parametrize(("lead", "call_id"), [(CALL, 32940789), (LEAD_REQUEST, None), (None, None)])
def test_it_answers_with_the_call_the_deal_was_matched_with(lead: LeadRef | None, call_id: int | None) -> None:
    """Vendor: «Если сделка создается по заявке, requestId в JSON-ответе отсутствует»."""
    assert Receipt(ID, "1", "new", "1000", NOON, lead).call_id == call_id


def test_it_is_retried_by_the_same_registration_alone() -> None:
    sent = registration("1", status="new")
    registered = Registered(ID, sent.fingerprint)
    assert registered.is_retried_by(sent)
    assert not registered.is_retried_by(registration("1", status="end"))
