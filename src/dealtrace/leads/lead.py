"""What calls and lead requests have in common: a kind, an id, and when they happened."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from dealtrace.record import record

FIRST_OWN_ID = 10**10
"""Lower ids belong to history brought along from the vendor, so that a CRM's stored `orderId` never hits a stranger."""


class LeadKind(StrEnum):
    """The two ways of turning to a business."""

    CALL = "call"
    LEAD_REQUEST = "lead_request"


@record
class LeadRef:
    """Point at one lead of a site."""

    kind: LeadKind
    id: int


def ids_by_kind(leads: Iterable[LeadRef]) -> dict[LeadKind, list[int]]:
    """Return the ids of leads by their kind, sorted and without repetition; kinds without any are missing."""
    unique = set(leads)
    ids = {kind: sorted(ref.id for ref in unique if ref.kind is kind) for kind in LeadKind}
    return {kind: found for kind, found in ids.items() if found}


@record
class LeadSpan:
    """What matching needs to know of a lead: when it began and ended, and its name in a foreign system.

    A lead request ends as it begins. `reference` is a call's id in its exchange or a lead request's number on
    the site, empty when there is none; it settles ties, so that the order of arrival never does.
    """

    ref: LeadRef
    contact: str
    started_at: datetime
    ended_at: datetime
    reference: str = ""
