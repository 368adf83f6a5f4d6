"""Clients, and how an answer about a lead shows them."""

import pytest

from dealtrace.leads.client import Client, ClientId, with_stated_contacts

PHONE, EMAIL = "79205550055", "ivan@example.ru"
KNOWN = Client(ClientId(1), "Ivan", (PHONE,), (EMAIL,))


@pytest.mark.parametrize(
    ("phone", "email"),
    [(None, None), (PHONE, EMAIL), ("8 920 555-00-55", "mailto:Ivan@Example.ru"), ("нет", "нет"), ("", "")],
)
def test_a_client_who_has_the_contacts_of_a_lead_is_shown_as_it_is(phone: str | None, email: str | None) -> None:
    assert with_stated_contacts(KNOWN, phone, email) is KNOWN


def test_contacts_that_are_nobodys_are_shown_behind_the_clients_own() -> None:
    shown = with_stated_contacts(KNOWN, f"{PHONE}, 79205550066", "1@1.ru")
    assert (shown.id, shown.name) == (KNOWN.id, KNOWN.name)
    assert shown.phones == (PHONE, "79205550066")
    assert shown.emails == (EMAIL, "1@1.ru")
