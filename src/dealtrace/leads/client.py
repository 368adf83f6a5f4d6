"""A client: the person behind leads, identified by phones and e-mails."""

from dataclasses import replace
from typing import NewType

from dealtrace.leads.contact import normal_contacts
from dealtrace.record import record

ClientId = NewType("ClientId", int)


@record
class Client:
    """A person; phones and e-mails are in normal form, in the order in which they were first seen."""

    id: ClientId
    name: str | None
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()


def with_stated_contacts(client: Client, phone: str | None, email: str | None) -> Client:
    """Return `client` with its own contacts and those in `phone` and `email`, the fields of one of its leads."""
    unknown = normal_contacts(
        phone if phone not in client.phones else None, email if email not in client.emails else None
    )
    further = [contact for contact in unknown if contact not in client.phones and contact not in client.emails]
    if not further:
        return client
    phones = (*client.phones, *(contact for contact in further if "@" not in contact))
    return replace(client, phones=phones, emails=(*client.emails, *(contact for contact in further if "@" in contact)))
