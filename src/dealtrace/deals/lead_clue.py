"""The clue to a deal's lead, that is, the data by which the lead is found: an id of the lead, and contacts."""

from dataclasses import replace
from datetime import timedelta

from dealtrace.leads.contact import StatedContact, stated_email, stated_phone
from dealtrace.leads.lead import LeadKind
from dealtrace.record import record

LINK_THRESHOLD_DEFAULT = timedelta(seconds=7200)
"""The longest time between a lead and its deal (the link threshold), if the CRM sends none.

Vendor: «по умолчанию погрешность будет равна 7200 сек (2 часа)».
"""


@record
class CallIdentity:
    """The identity of a call: its id, its id in the PBX, or both; `id` is tried first."""

    id: int | None
    reference: str | None


@record
class LeadRequestIdentity:
    """The identity of a lead request: its id, its number on the site, or both; `id` is tried first."""

    id: int | None
    number: str | None


@record
class SearchContacts:
    """The phone, the e-mail or both by which the lead of a deal is found.

    `link_threshold` is the longest time from the end of a lead to its deal. `only_kind` is the only kind of lead to
    look for, or `None` to look for both kinds.
    """

    phone: StatedContact | None
    email: StatedContact | None
    link_threshold: timedelta = LINK_THRESHOLD_DEFAULT
    only_kind: LeadKind | None = None

    @property
    def normals(self) -> tuple[str, ...]:
        """All usable contacts in normal form, phones first."""
        phones = self.phone.normals if self.phone is not None else ()
        return phones if self.email is None else (*phones, *self.email.normals)

    def normalised_again(self) -> "SearchContacts":
        """Return a copy whose contacts are normalised again, by the current rules, from the strings that were sent."""
        return replace(
            self,
            phone=stated_phone(self.phone.as_sent) if self.phone is not None else None,
            email=stated_email(self.email.as_sent) if self.email is not None else None,
        )


def stated_contacts(phone: str | None, email: str | None) -> SearchContacts | None:
    """Return the contacts in two strings, each of which may contain several; `None` if both are empty or absent."""
    if not phone and not email:
        return None
    return SearchContacts(stated_phone(phone) if phone else None, stated_email(email) if email else None)


@record
class LeadClue:
    """What a CRM sent to identify the lead of a deal; contacts are used only if the identity finds no lead.

    There is at most one identity, so a deal cannot come from both a call and a lead request.
    Vendor: «Сделка не может быть привязана одновременно ко звонку и к заявке».
    """

    identity: CallIdentity | LeadRequestIdentity | None = None
    contact: SearchContacts | None = None


NO_CLUE = LeadClue()
