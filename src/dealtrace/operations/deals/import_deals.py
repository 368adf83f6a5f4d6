"""Import deals that have a history in another system."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from dealtrace.accounts.assigned_ids import OwnIds
from dealtrace.deals.deal import DealId
from dealtrace.deals.incoming_deal import IncomingDeal, imported_deal
from dealtrace.deals.registration import Registered
from dealtrace.deals.versions import first_version
from dealtrace.errors import NumberTaken, Refusal
from dealtrace.operations.deals.delete import TAKEN_BACK
from dealtrace.operations.deals.store import store_new_deals
from dealtrace.operations.import_file import NoteAdded, ignore_added_rows, refusal_of_other_values, refusal_of_own_id
from dealtrace.operations.matching.match import DealToMatch, match_deals
from dealtrace.operations.spend_points import lock_registrations
from dealtrace.operations.work import Work
from dealtrace.record import record
from dealtrace.storage.deals import deal_rows, deals
from dealtrace.storage.id_blocks import find_own_ids
from dealtrace.storage.leads import leads
from dealtrace.storage.leads.file_imports import delete_taken_back_rows, has_taken_back_rows, list_taken_back_rows

IDS_PER_DEAL_MAX = 2
"""The maximum number of ids that a deal takes: one for the deal, one for the traffic source sent with it."""


def import_deals(
    work: Work, incoming: Sequence[IncomingDeal], *, note_added: NoteAdded = ignore_added_rows
) -> list[DealId | Refusal]:
    """Import deals and match them with leads; each outcome is the id of the deal or a refusal, in input order.

    A deal that was imported before with the same values stays as it is, even if it was changed here later. A deal that
    was imported before with other values is refused. A deal that was deleted by taking its import back is imported
    again. `note_added` gets the ids of the new deals.
    """
    lock_registrations(work)
    own = find_own_ids(work.connection)
    _clear_taken_back(work, [deal for deal in incoming if _refusal_of_ids(deal, own) is None])
    batch = _Batch(work, own)
    batch.find_stored(incoming)
    outcomes = [batch.decide(deal) for deal in incoming]
    if batch.new:
        _store(work, batch.new)
        note_added([each.deal_id for each in batch.new])
    return outcomes


def _clear_taken_back(work: Work, incoming: Sequence[IncomingDeal]) -> None:
    """Remove deals that taking an import back has deleted, and that have an id or a number of the incoming deals.

    Incoming deals whose number another deal has by now are not imported, so they remove nothing.
    """
    connection, site_id = work.connection, work.site.id
    if not has_taken_back_rows(connection, site_id, TAKEN_BACK):
        return
    taken = deals.find_registered(connection, site_id, [deal.number_with(deal.id or 0) for deal in incoming])
    coming = [deal for deal in incoming if deal.number_with(deal.id or 0) not in taken]
    numbers = [deal.number for deal in coming if deal.number is not None]
    ids = [deal.id for deal in coming if deal.id is not None]
    ids += deals.find_deleted(connection, site_id, numbers).values()
    deleted = deals.list_deleted_ids(connection, site_id, list_taken_back_rows(connection, site_id, TAKEN_BACK, ids))
    deals.delete_deals(connection, site_id, deleted)
    delete_taken_back_rows(connection, site_id, TAKEN_BACK, deleted)


@record
class _DealToImport:
    incoming: IncomingDeal
    deal_id: DealId
    fingerprint: str


@dataclass(slots=True)
class _Batch:
    """The decisions about a batch: the deals to store, and the stored deals that have the same ids or numbers."""

    work: Work
    own: OwnIds
    new: list[_DealToImport] = field(default_factory=list)
    by_id: dict[int, str] = field(default_factory=dict)
    by_number: dict[str, Registered] = field(default_factory=dict)
    deleted: dict[str, DealId] = field(default_factory=dict)

    def find_stored(self, incoming: Sequence[IncomingDeal]) -> None:
        """Fill the batch with the stored deals that have the same ids or numbers as the incoming deals.

        For an incoming deal without an id, a deleted deal with its number is found too.
        """
        connection, site_id = self.work.connection, self.work.site.id
        self.by_id = deals.find_fingerprints(connection, site_id, [deal.id for deal in incoming if deal.id is not None])
        numbers = [deal.number_with(deal.id or 0) for deal in incoming]
        self.by_number = deals.find_registered(connection, site_id, numbers)
        nameless = [deal.number for deal in incoming if deal.id is None and deal.number is not None]
        missing = sorted(set(nameless) - self.by_number.keys())
        self.deleted = deals.find_deleted(connection, site_id, missing)

    def decide(self, deal: IncomingDeal) -> DealId | Refusal:
        """Return the id or the refusal of a deal; a deal that is not stored yet is added to `new`."""
        refusal = _refusal_of_ids(deal, self.own)
        if refusal is not None:
            return refusal
        fingerprints = deal.fingerprints
        if deal.id is not None and deal.id in self.by_id:
            is_same = self.by_id[deal.id] in fingerprints
            return deal.id if is_same else refusal_of_other_values("orderId", deal.id)
        deleted = [self.deleted[each] for each in fingerprints if each in self.deleted]
        if deal.id is None and deleted:
            return deleted[0]
        number = deal.number_with(deal.id or 0)
        earlier = self.by_number.get(number)
        if earlier is not None:
            is_same = deal.id is None and earlier.fingerprint in fingerprints
            return earlier.deal_id if is_same else NumberTaken(number=number, deal_id=earlier.deal_id)
        deal_id = deal.id if deal.id is not None else DealId(self.work.ids.take())
        self.by_id[deal_id] = fingerprints[0]
        self.by_number[number] = Registered(deal_id, fingerprints[0])
        self.new.append(_DealToImport(deal, deal_id, fingerprints[0]))
        return deal_id


def _refusal_of_ids(deal: IncomingDeal, own: OwnIds) -> Refusal | None:
    """Return a refusal if a deal or its lead has an id that only this server may assign, or else `None`."""
    identity = deal.clue.identity
    lead_id = identity.id if identity is not None else None
    for name, checked in (("orderId", deal.id), ("leadId", lead_id)):
        if checked is not None and checked in own:
            return refusal_of_own_id(name, checked, own.first)
    return None


def _store(work: Work, new: Sequence[_DealToImport]) -> None:
    to_match = [DealToMatch(each.incoming.clue, each.incoming.happened_at) for each in new]
    matched = match_deals(work.connection, work.site, to_match)
    visited_at = leads.find_visited_at(work.connection, work.site.id, [lead for lead in matched if lead is not None])
    stored = [
        imported_deal(each.incoming, each.deal_id, lead, work.now) for each, lead in zip(new, matched, strict=True)
    ]
    rows = [
        deal_rows.DealToInsert(deal, each.fingerprint, visited_at.get(deal.lead) if deal.lead is not None else None)
        for each, deal in zip(new, stored, strict=True)
    ]
    amounts = ["" if deal.amount_rub is None else f"{deal.amount_rub:f}" for deal in stored]
    versions = [first_version(deal, text, None) for deal, text in zip(stored, amounts, strict=True)]
    store_new_deals(work, rows, versions)
