"""Clients: the people behind leads."""

from typing import Literal, TypedDict

from dealtrace.calltouch.answers.formats import Id
from dealtrace.leads.client import Client
from dealtrace.leads.lead import LeadKind
from dealtrace.leads.lead_summary import LeadSummary

PhoneType = Literal["WORK", "OTHER"]


class Phone(TypedDict):
    """A phone of a client."""

    phoneNumber: str
    phoneType: PhoneType


class Contact(TypedDict):
    """An e-mail address of a client."""

    contactType: Literal["EMAIL"]
    contactValue: str


class ChangedDealClient(TypedDict):
    """The client of a deal, in the answer of `orders/update-by-id`."""

    fio: str | None
    clientId: Id
    phones: list[Phone]
    contacts: list[Contact] | None


class LeadRequestClient(TypedDict):
    """The client of a lead request; `clientId` is null in the answer to a form, since a form has no token."""

    clientId: Id | None
    fio: str
    phones: list[Phone]
    contacts: list[Contact]


class DealClient(TypedDict):
    """The client of a deal in the journal of deals."""

    fio: str | None
    phones: list[str]
    emails: list[str]


def changed_deal_client(lead_summary: LeadSummary) -> ChangedDealClient:
    """Build the client of a changed deal; its key `contacts` has only e-mails, and is null if there are none.

    Phones are of type `WORK` if the lead is a call and `OTHER` if it is a lead request, as in the vendor's answers.
    """
    client = lead_summary.client
    phone_type: PhoneType = "WORK" if lead_summary.ref.kind is LeadKind.CALL else "OTHER"
    return {
        "fio": client.name,
        "clientId": client.id,
        "phones": [{"phoneNumber": phone, "phoneType": phone_type} for phone in client.phones],
        "contacts": _contacts(client) or None,
    }


def lead_request_client(client: Client) -> LeadRequestClient:
    """Build the client of a lead request."""
    return {
        "clientId": client.id,
        "fio": client.name or "",
        "phones": [{"phoneNumber": phone, "phoneType": "OTHER"} for phone in client.phones],
        "contacts": _contacts(client),
    }


def stated_client(name: str, phone: str | None, email: str | None) -> LeadRequestClient:
    """Build the client of a lead request from the contacts that its form sent; the client's id is null."""
    return {
        "clientId": None,
        "fio": name,
        "phones": [{"phoneNumber": phone, "phoneType": "OTHER"}] if phone else [],
        "contacts": [{"contactType": "EMAIL", "contactValue": email}] if email else [],
    }


def deal_client(client: Client) -> DealClient:
    """Build the client of a deal for the journal of deals."""
    return {"fio": client.name, "phones": list(client.phones), "emails": list(client.emails)}


def _contacts(client: Client) -> list[Contact]:
    return [{"contactType": "EMAIL", "contactValue": email} for email in client.emails]
