"""What a CRM knows of the lead behind a deal: a call's identity, a lead request's, a contact, or nothing."""

from datetime import timedelta

from dealtrace.leads.contact import StatedContact
from dealtrace.leads.lead import LeadKind
from dealtrace.record import record

LINK_THRESHOLD_DEFAULT = timedelta(seconds=7200)
"""Seed: «по умолчанию погрешность будет равна 7200 сек (2 часа)»."""


@record
class CallIdentity:
    """A call by our id, by its id in a foreign exchange, or by both: ours first, the foreign one failing that."""

    id: int | None
    reference: str | None


@record
class LeadRequestIdentity:
    """A lead request by our id, by its number on the site, or by both: ours first."""

    id: int | None
    number: str | None


@record
class ContactClue:
    """A phone, an e-mail or both, how long after a lead a deal may follow, and the one kind of lead to look at."""

    phone: StatedContact | None
    email: StatedContact | None
    link_threshold: timedelta = LINK_THRESHOLD_DEFAULT
    only_kind: LeadKind | None = None


@record
class LeadClue:
    """All a CRM said of the lead; an identity wins over a contact, which is tried when the identity finds nothing.

    One identity at most, so that a deal cannot be said to come from a call and a lead request together.
    Seed: «Сделка не может быть привязана одновременно ко звонку и к заявке».
    """

    identity: CallIdentity | LeadRequestIdentity | None = None
    contact: ContactClue | None = None


NO_CLUE = LeadClue()
