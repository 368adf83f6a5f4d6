"""How a call went and who called, as journals and webhooks tell it."""

import hashlib

from dealtrace.accounts.site import Site
from dealtrace.leads.call import Call, CallPhase
from dealtrace.leads.contact import normal_phone
from dealtrace.storage.journals.lead_entries import LeadEntry

PHASES = {CallPhase.ONGOING: "callconnected", CallPhase.ENDED: "calldisconnected"}
CALLER_ID_BYTES = 16


def call_of(entry: LeadEntry) -> Call:
    """Tell the call of an entry that has one."""
    assert isinstance(entry.lead, Call)
    return entry.lead


def caller_number(entry: LeadEntry) -> str:
    """Tell the caller's phone: in its normal form if it has one, else as it was told; empty if it is hidden."""
    return normal_phone(entry.phone or "") or entry.phone or ""


def caller_id(entry: LeadEntry, site: Site) -> str:
    """Name the caller: the same phone has the same name on one site and another on the next.

    Ours: who hides the number is named after the client, and is a new one each time.
    """
    phone = normal_phone(entry.phone or "")
    named = f"client {entry.client.id}" if phone is None else phone
    return hashlib.blake2b(f"{site.id} {named}".encode(), digest_size=CALLER_ID_BYTES).hexdigest()
