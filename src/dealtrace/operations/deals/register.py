"""Register deals."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from dealtrace.deals.custom_fields import split_by_known
from dealtrace.deals.deal import Deal, DealId
from dealtrace.deals.registration import Receipt, Registered, Registration, default_number, new_deal, receipt_for
from dealtrace.deals.versions import DealVersion, first_version
from dealtrace.errors import NumberTaken, Refusal
from dealtrace.leads.reference_spelling import all_spellings, find_spelt
from dealtrace.matching.rematch_effect import Match
from dealtrace.operations.credit_leads import credit_leads
from dealtrace.operations.deals.store import store_new_deals
from dealtrace.operations.matching.match import DealToMatch, match_with_reasons
from dealtrace.operations.spend_points import pay_for_calls, points_refusal
from dealtrace.operations.work import Work, operation
from dealtrace.operations.write_command import WriteCommand
from dealtrace.plain_text import stripped
from dealtrace.quota.points import PaidMethod
from dealtrace.record import record
from dealtrace.storage.accounts import custom_fields
from dealtrace.storage.deals import deal_rows, deals
from dealtrace.storage.deals.versions import find_receipts
from dealtrace.storage.leads import leads


@operation(ids_per_command=3)
def register_deals(work: Work, commands: Sequence[WriteCommand[Registration]]) -> list[Receipt | Refusal]:
    """Register deals; each outcome is a receipt or a refusal, in input order.

    If a registration with a number is sent again with the same parameters, this is a safe retry: its outcome is the
    first receipt, and it stores nothing and costs nothing. A command takes up to three ids: one for the deal, one for a
    new traffic source, and a second id for the deal, needed if another deal already has the first id as its number.
    Vendor: «для каждой новой сделки это значение обязательно должно быть уникальным».
    """
    batch = decide_registrations(work, commands)
    paid = pay_for_calls(work, PaidMethod.REGISTER, len(batch.new))
    return store_registrations(work, commands, batch, batch.new[:paid])


def store_registrations(
    work: Work,
    commands: Sequence[WriteCommand[Registration]],
    batch: "RegistrationDecisions",
    paid: "Sequence[NewDeal]",
) -> list[Receipt | Refusal]:
    """Store `paid`, the deals for which points were spent; return a receipt or a refusal for each command."""
    receipts = _store(work, paid)
    first_receipts = find_receipts(work.connection, work.site.id, batch.retried.values())
    refusal = points_refusal(work)
    unpaid = {new.deal_id for new in batch.new} - {new.deal_id for new in paid}
    outcomes: dict[int, Receipt | Refusal] = {**receipts}
    for position, deal_id in batch.retried.items():
        first = first_receipts.get(deal_id)
        stated = commands[position].payload.number
        outcomes[position] = replace(first, number=stated or first.number) if first is not None else refusal
    for position, deal_id in batch.number_taken.items():
        if deal_id not in unpaid:
            outcomes[position] = NumberTaken(number=commands[position].payload.number, deal_id=deal_id)
    return [outcomes.get(position, refusal) for position in range(len(commands))]


@record
class NewDeal:
    """A deal that a batch creates: its registration and place in the batch, and the new deal's id and number."""

    position: int
    command: WriteCommand[Registration]
    deal_id: DealId
    number: str


@dataclass(slots=True)
class RegistrationDecisions:
    """The decisions about a batch of commands: which create a deal, and which have the number of an existing deal.

    `retried` has the safe retries and `number_taken` the refused commands. Both map the position of the command to the
    id of the existing deal.
    """

    new: list[NewDeal] = field(default_factory=list)
    retried: dict[int, DealId] = field(default_factory=dict)
    number_taken: dict[int, DealId] = field(default_factory=dict)


def decide_registrations(work: Work, commands: Sequence[WriteCommand[Registration]]) -> RegistrationDecisions:
    """Decide which registrations create a deal, which are safe retries, and which are refused.

    Commands are decided in input order: two commands with the same number have the same outcomes as in separate
    batches.
    """
    stated = [command.payload.number for command in commands if command.payload.number is not None]
    own_ids = [work.ids.take() for _ in commands]
    defaults = [
        default_number(own_id)
        for own_id, command in zip(own_ids, commands, strict=True)
        if command.payload.number is None
    ]
    registered = deals.find_registered(work.connection, work.site.id, all_spellings(stated) + defaults)
    batch = RegistrationDecisions()
    for position, command in enumerate(commands):
        deal_id, number = _choose_number(work, own_ids[position], command.payload.number, registered)
        earlier = find_spelt(command.payload.number or number, registered)
        if earlier is None:
            registered[number] = Registered(deal_id, command.payload.fingerprint)
            batch.new.append(NewDeal(position, command, deal_id, number))
        elif earlier.is_retried_by(command.payload):
            batch.retried[position] = earlier.deal_id
        else:
            batch.number_taken[position] = earlier.deal_id
    return batch


def _choose_number(
    work: Work, own_id: int, stated: str | None, registered: dict[str, Registered]
) -> tuple[DealId, str]:
    """Return the id and the number of a new deal; the number is the id if none was sent.

    If another deal already has the id as its number, the next id is taken. If this uses up the reserved ids, the
    write queue runs the commands of the batch again, one by one and with more ids.
    """
    if stated is not None:
        return DealId(own_id), stripped(stated)
    while default_number(own_id) in registered:
        own_id = work.ids.take()
        registered |= deals.find_registered(work.connection, work.site.id, [default_number(own_id)])
    return DealId(own_id), default_number(own_id)


def _store(work: Work, batch: Sequence[NewDeal]) -> dict[int, Receipt]:
    if not batch:
        return {}
    to_match = [DealToMatch.of(new.command.payload) for new in batch]
    decisions = match_with_reasons(work.connection, work.site, to_match)
    refs = [decision.match.lead for decision in decisions if decision.match.lead is not None]
    visited_at = leads.find_visited_at(work.connection, work.site.id, refs)
    credit_leads(work, [decision.visit for decision in decisions if decision.visit is not None])
    rows: list[deal_rows.DealToInsert] = []
    versions: list[DealVersion] = []
    unknown: Counter[str] = Counter()
    receipts: dict[int, Receipt] = {}
    for new, decision in zip(batch, decisions, strict=True):
        registration, lead = new.command.payload, decision.match.lead
        deal, unknown_names = _make_deal(new, work, decision.match)
        unknown.update(unknown_names)
        of_visit = decision.visit.started_at if decision.visit is not None else None
        visited = visited_at.get(lead) if lead is not None else of_visit
        rows.append(deal_rows.DealToInsert(deal, registration.fingerprint, visited))
        sender = new.command
        versions.append(
            first_version(deal, registration.amount_as_sent, sender.token_id, decision.matcher, user_id=sender.user_id)
        )
        receipts[new.position] = receipt_for(registration, deal, decision.matcher)
    store_new_deals(work, rows, versions)
    custom_fields.count_unknown_fields(work.connection, work.site.id, unknown, work.now)
    return receipts


def _make_deal(new: NewDeal, work: Work, match: Match) -> tuple[Deal, tuple[str, ...]]:
    """Return the new deal, and the names of its custom fields that the site does not have."""
    registration = new.command.payload
    values, unknown_names = split_by_known(registration.custom_values, work.site.custom_fields)
    deal = new_deal(
        registration,
        new.deal_id,
        new.number,
        lead=match.lead,
        custom_values=values,
        now=work.now,
        visit_id=match.visit_id,
    )
    return deal, unknown_names
