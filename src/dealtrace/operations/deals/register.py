"""Register deals."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.deals.custom_fields import split_by_known
from dealtrace.deals.deal import Deal, DealId
from dealtrace.deals.registration import Receipt, Registered, Registration, new_deal, receipt_for
from dealtrace.deals.versions import DealVersion, first_version
from dealtrace.errors import NumberTaken, Refusal
from dealtrace.leads.lead import LeadRef
from dealtrace.operations.deals.match import Question, match_deals
from dealtrace.operations.points import pay_for_calls, points_refusal
from dealtrace.operations.webhooks.publish import store_versions
from dealtrace.operations.write_command import WriteCommand
from dealtrace.quota.points import PaidMethod
from dealtrace.record import record
from dealtrace.storage.accounts import custom_fields
from dealtrace.storage.deals import deal_rows, deals
from dealtrace.storage.deals.versions import find_receipts
from dealtrace.storage.id_blocks import IdBlocks
from dealtrace.storage.leads import leads
from dealtrace.storage.visits.traffic_sources import intern_sources


def register_deals(
    connection: Connection, ids: IdBlocks, site: Site, commands: Sequence[WriteCommand[Registration]], now: datetime
) -> list[Receipt | Refusal]:
    """Register deals; each outcome is a receipt or a refusal.

    A registration that is sent again with the same parameters is a safe retry: it gets its first receipt, stores
    nothing and costs nothing.
    Seed: «для каждой новой сделки это значение обязательно должно быть уникальным».
    """
    batch = _decide(connection, ids, site, commands)
    paid = pay_for_calls(connection, site, PaidMethod.REGISTER, len(batch.newcomers), now)
    receipts = _store(connection, ids, site, batch.newcomers[:paid], now)
    refusal = points_refusal(site, now)
    first_receipts = find_receipts(connection, site.id, batch.retried.values())
    unpaid = {one.deal_id for one in batch.newcomers[paid:]}
    outcomes: dict[int, Receipt | Refusal] = {**receipts}
    for position, retried in batch.retried.items():
        outcomes[position] = first_receipts.get(retried, refusal)
    for position, holder in batch.rivalled.items():
        if holder not in unpaid:
            outcomes[position] = NumberTaken(number=commands[position].payload.number, deal_id=holder)
    return [outcomes.get(position, refusal) for position in range(len(commands))]


@record
class _Newcomer:
    """A registration that makes a new deal: where it stands in the batch, and the id and number it gets."""

    position: int
    command: WriteCommand[Registration]
    deal_id: DealId
    number: str


@dataclass(slots=True)
class _Batch:
    """What was decided: who makes a new deal, which deal is sent again, which deal has the number already."""

    newcomers: list[_Newcomer] = field(default_factory=list)
    retried: dict[int, DealId] = field(default_factory=dict)
    rivalled: dict[int, DealId] = field(default_factory=dict)


def _decide(
    connection: Connection, ids: IdBlocks, site: Site, commands: Sequence[WriteCommand[Registration]]
) -> _Batch:
    """Decide each in the order of arrival, so that two of one number in a batch meet as if one had come before."""
    stated = [command.payload.number for command in commands if command.payload.number is not None]
    own_ids = {position: ids.take() for position in range(len(commands))}
    defaults = [str(own_ids[position]) for position, command in enumerate(commands) if command.payload.number is None]
    taken = deals.find_registered(connection, site.id, stated + defaults)
    batch = _Batch()
    for position, command in enumerate(commands):
        deal_id, number = _settle_number(connection, ids, site, own_ids[position], command.payload.number, taken)
        registered = taken.get(number)
        if registered is None:
            taken[number] = Registered(deal_id, command.payload.fingerprint)
            batch.newcomers.append(_Newcomer(position, command, deal_id, number))
        elif registered.is_retried_by(command.payload):
            batch.retried[position] = registered.deal_id
        else:
            batch.rivalled[position] = registered.deal_id
    return batch


def _settle_number(
    connection: Connection, ids: IdBlocks, site: Site, own_id: int, stated: str | None, taken: dict[str, Registered]
) -> tuple[DealId, str]:
    """Settle a deal's id and number; without a stated number the id itself is one.

    A CRM may have sent that very text before: then the next id is taken. Blocks never run dry over it, because ids
    lie far above what CRMs send; should it happen all the same, the wish fails alone and is tried again.
    """
    if stated is not None:
        return DealId(own_id), stated
    while str(own_id) in taken:
        own_id = ids.take()
        taken |= deals.find_registered(connection, site.id, [str(own_id)])
    return DealId(own_id), str(own_id)


def _store(
    connection: Connection, ids: IdBlocks, site: Site, newcomers: Sequence[_Newcomer], now: datetime
) -> dict[int, Receipt]:
    if not newcomers:
        return {}
    matched = match_deals(
        connection, site, [Question(one.command.payload.clue, one.command.payload.happened_at) for one in newcomers]
    )
    visited_at = leads.find_visited_at(connection, site.id, [lead for lead in matched if lead is not None])
    new_deals: list[deal_rows.NewDeal] = []
    versions: list[DealVersion] = []
    unknown: Counter[str] = Counter()
    receipts: dict[int, Receipt] = {}
    for one, lead in zip(newcomers, matched, strict=True):
        new, passed_over = _make_deal(one, site, lead, now)
        unknown.update(passed_over)
        new_deals.append(
            deal_rows.NewDeal(new, one.command.payload.fingerprint, visited_at.get(lead) if lead is not None else None)
        )
        versions.append(first_version(new, one.command.payload.amount_as_sent, one.command.token_id))
        receipts[one.position] = receipt_for(one.command.payload, new)
    stated = {new.deal.stated_source for new in new_deals if new.deal.stated_source is not None}
    deals.insert_deals(connection, site.id, new_deals, intern_sources(connection, ids, site.id, stated))
    store_versions(connection, site, versions)
    custom_fields.count_unknown_fields(connection, site.id, unknown, now)
    return receipts


def _make_deal(one: _Newcomer, site: Site, lead: LeadRef | None, now: datetime) -> tuple[Deal, tuple[str, ...]]:
    known, passed_over = split_by_known(one.command.payload.custom_values, site.custom_fields)
    deal = new_deal(one.command.payload, one.deal_id, one.number, lead=lead, custom_values=known, now=now)
    return deal, passed_over
