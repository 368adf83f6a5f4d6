"""A deal as it is exported, with its lead or visit."""

from typing import Literal

from dealtrace.attribution.origin import LeadVisit
from dealtrace.deals.deal import Deal
from dealtrace.deals.details import client_name_of, search_contacts_of
from dealtrace.leads.lead_summary import LeadSummary
from dealtrace.record import record


@record
class ExportedDeal:
    """A deal to export, a summary of its lead (`None` if it has no lead), and, for a deal without a lead, its visit."""

    deal: Deal
    lead_summary: LeadSummary | None
    visit: LeadVisit | None = None

    @property
    def client_name(self) -> str | None:
        """The name of the lead's client or, for a deal without a lead, the name that the CRM sent."""
        if self.lead_summary is not None:
            return self.lead_summary.client.name
        return client_name_of(self.deal.details) or None

    @property
    def phones(self) -> tuple[str, ...]:
        """The phones of the lead's client or, for a deal without a lead, the phones as the CRM sent them."""
        if self.lead_summary is not None:
            return tuple(self.lead_summary.client.phones)
        return _as_sent(self.deal, "phone")

    @property
    def emails(self) -> tuple[str, ...]:
        """The e-mails of the lead's client or, for a deal without a lead, the e-mails as the CRM sent them."""
        if self.lead_summary is not None:
            return tuple(self.lead_summary.client.emails)
        return _as_sent(self.deal, "email")


def _as_sent(deal: Deal, part: Literal["phone", "email"]) -> tuple[str, ...]:
    """List the phones or e-mails that were sent with a deal: in its details or, if none, to find its lead."""
    for sent in (search_contacts_of(deal.details), deal.clue.contact):
        stated = (sent.phone if part == "phone" else sent.email) if sent is not None else None
        if stated is not None:
            return (stated.as_sent,)
    return ()
