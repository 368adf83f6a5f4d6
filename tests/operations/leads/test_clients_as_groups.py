"""Clients are groups of contacts that undeleted leads state together."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from cast import Player, Stage
from dealtrace.attribution.credit import AttributionModel
from dealtrace.leads.call import CallReport
from dealtrace.leads.client import Client
from dealtrace.leads.client_groups import SHARED_BY_MAX, UnlinkedReason
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.leads.lead_request import IncomingLeadRequest
from dealtrace.operations.leads.delete import delete_lead, restore_lead
from dealtrace.operations.leads.register_lead_requests import register_lead_requests
from dealtrace.operations.leads.report_calls import report_calls
from dealtrace.storage.leads.clients import find_clients
from dealtrace.storage.leads.contact_groups import list_unlinked_contacts
from dealtrace.storage.leads.lead_summaries import find_lead_summaries
from dealtrace.storage.leads.qualification import find_qualifications
from stored import deals_of, rows_of
from write_commands import NOON, by_call, by_contact, register_by

PHONE, OTHER_PHONE, EMAIL = "79205550055", "79205550066", "ivan@example.ru"
OFFICE = "79205559999"
A = IncomingLeadRequest(NOON, PHONE, number="A")
B = IncomingLeadRequest(NOON + timedelta(hours=1), None, EMAIL, number="B")
AB = IncomingLeadRequest(NOON + timedelta(hours=2), PHONE, EMAIL, number="AB")


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


def store(stage: Stage, player: Player, *incoming: IncomingLeadRequest) -> list[LeadRef]:
    return [
        LeadRef(LeadKind.LEAD_REQUEST, lead_request.id)
        for lead_request in stage.perform(register_lead_requests, player, *incoming)
    ]


def change(stage: Stage, player: Player, verb: object, ref: LeadRef) -> None:
    with stage.database.write() as connection:
        verb(stage.work(connection, player, datetime.now(UTC)), ref)  # type: ignore[operator]


def clients_of(stage: Stage, player: Player, refs: Iterable[LeadRef]) -> list[Client]:
    leads = list(refs)
    with stage.database.read() as connection:
        summaries = find_lead_summaries(connection, player.site.id, leads, AttributionModel.LAST_INTERACTION)
    return [summaries[ref].client for ref in leads]


def unique_of(stage: Stage, player: Player, refs: Iterable[LeadRef]) -> list[bool]:
    leads = list(refs)
    with stage.database.read() as connection:
        found = find_qualifications(connection, player.site, leads)
    return [found[ref].is_unique for ref in leads]


@pytest.mark.parametrize(
    "order", list(permutations((A, B, AB))), ids=lambda order: "-".join(item.number for item in order)
)
@pytest.mark.parametrize("together", [True, False])
def test_leads_are_of_one_client_in_whatever_order_they_arrive(
    stage: Stage, order: tuple[IncomingLeadRequest, ...], together: bool
) -> None:
    shop = stage.open_site()
    batches = [order] if together else [(incoming,) for incoming in order]
    refs = {
        incoming.number: ref
        for batch in batches
        for incoming, ref in zip(batch, store(stage, shop, *batch), strict=True)
    }
    in_time = [refs[name] for name in ("A", "B", "AB")]
    assert len({client.id for client in clients_of(stage, shop, in_time)}) == 1
    assert unique_of(stage, shop, in_time) == [True, False, False]


def test_the_earliest_leads_client_leads_and_the_other_is_its_alias(stage: Stage, shop: Player) -> None:
    later, earlier = store(stage, shop, B)[0], store(stage, shop, A)[0]
    alias, leading = (client.id for client in clients_of(stage, shop, [later, earlier]))
    (joining,) = store(stage, shop, AB)
    assert [client.id for client in clients_of(stage, shop, [later, earlier, joining])] == [leading] * 3
    with stage.database.read() as connection:
        found = find_clients(connection, shop.site.id, [alias, leading])
    assert found[alias] == found[leading]
    assert (found[alias].phones, found[alias].emails) == ((PHONE,), (EMAIL,))
    change(stage, shop, delete_lead, joining)
    assert [client.id for client in clients_of(stage, shop, [later, earlier])] == [alias, leading]
    change(stage, shop, restore_lead, joining)
    assert [client.id for client in clients_of(stage, shop, [later, earlier])] == [leading] * 2


def test_an_earlier_lead_that_arrives_later_leaves_the_id_that_was_answered(stage: Stage, shop: Player) -> None:
    by_phone, by_email, joining = (store(stage, shop, incoming)[0] for incoming in (A, B, AB))
    answered = clients_of(stage, shop, [joining])[0].id
    (earliest,) = store(stage, shop, IncomingLeadRequest(NOON - timedelta(days=30), None, EMAIL, number="past"))
    assert [client.id for client in clients_of(stage, shop, [by_phone, by_email, joining, earliest])] == [answered] * 4
    assert unique_of(stage, shop, [earliest, by_phone]) == [True, False], "the first lead is the unique one even so"


def test_an_aliass_name_is_kept_apart_and_shown_while_the_leading_client_has_none(stage: Stage, shop: Player) -> None:
    (by_phone,) = store(stage, shop, A)
    (by_email,) = store(stage, shop, IncomingLeadRequest(B.requested_at, None, EMAIL, "Ivan"))
    (joining,) = store(stage, shop, AB)
    assert {client.name for client in clients_of(stage, shop, [by_phone, by_email])} == {"Ivan"}
    change(stage, shop, delete_lead, joining)
    assert [client.name for client in clients_of(stage, shop, [by_phone, by_email])] == [None, "Ivan"]


def test_hiding_the_joining_lead_parts_even_what_it_made(stage: Stage, shop: Player) -> None:
    joining, by_phone, by_email = store(stage, shop, AB, A, B)
    change(stage, shop, delete_lead, joining)
    clients = clients_of(stage, shop, [by_phone, by_email])
    assert [(client.phones, client.emails) for client in clients] == [((PHONE,), ()), ((), (EMAIL,))]
    assert unique_of(stage, shop, [by_phone, by_email]) == [True, True]


def test_a_call_that_changed_its_phone_while_hidden_returns_to_the_owner_of_the_new_one(
    stage: Stage, shop: Player
) -> None:
    earlier = stage.call(shop, NOON - timedelta(hours=1), phone=OTHER_PHONE)
    (call_id,) = stage.perform(report_calls, shop, CallReport("a", NOON, phone=PHONE))
    ref, other = LeadRef(LeadKind.CALL, call_id), LeadRef(LeadKind.CALL, earlier.id)
    change(stage, shop, delete_lead, ref)
    stage.perform(report_calls, shop, CallReport("a", NOON, phone=OTHER_PHONE))
    change(stage, shop, restore_lead, ref)
    restored, owner = clients_of(stage, shop, [ref, other])
    assert restored == owner
    assert restored.phones == (OTHER_PHONE,)
    assert unique_of(stage, shop, [ref, other]) == [False, True]


def report(stage: Stage, shop: Player, *, reference: str = "a", at: datetime = NOON, phone: str | None = None) -> None:
    stage.perform(report_calls, shop, CallReport(reference, at, phone=phone))


MEANWHILE: dict[str, Callable[[Stage, Player], object]] = {
    "another phone and the old one again": lambda stage, shop: [
        report(stage, shop, phone=phone) for phone in (OTHER_PHONE, PHONE)
    ],
    "another spelling of its reference": lambda stage, shop: report(stage, shop, reference=" a ", phone=OTHER_PHONE),
    "two phones": lambda stage, shop: report(stage, shop, phone=f"{OTHER_PHONE}, {PHONE}"),
    "a phone that is none": lambda stage, shop: report(stage, shop, phone="anonymous"),
    "another day": lambda stage, shop: report(stage, shop, at=NOON - timedelta(days=200), phone=OTHER_PHONE),
    "a lead that joins its phone and an e-mail": lambda stage, shop: store(stage, shop, AB, B),
    "an earlier lead of its phone": lambda stage, shop: report(
        stage, shop, reference="b", at=NOON - timedelta(days=1), phone=PHONE
    ),
    "a deal of its phone": lambda stage, shop: register_by(stage, shop, by_contact(PHONE), "by phone"),
    "a deal of the other phone, then that phone": lambda stage, shop: [
        register_by(stage, shop, by_contact(OTHER_PHONE), "by other phone"),
        report(stage, shop, phone=OTHER_PHONE),
    ],
    "a deal of its reference": lambda stage, shop: register_by(stage, shop, by_call(reference="a"), "by reference"),
}


def known_of(stage: Stage, shop: Player) -> list[object]:
    """Return what is known of the site's leads, with their order in place of ids, and the leads of its deals."""
    rows = rows_of(stage.database, shop)
    kinds = (("call", LeadKind.CALL), ("lead_request", LeadKind.LEAD_REQUEST))
    refs = [LeadRef(kind, row[1]) for table, kind in kinds for row in rows.get(table, [])]
    deals = deals_of(stage.database, shop, *(row[1] for row in rows.get("deal", [])))
    clients = clients_of(stage, shop, refs)
    ids = [client.id for client in clients]
    return [
        [(ids.index(client.id), sorted(client.phones), sorted(client.emails)) for client in clients],
        unique_of(stage, shop, refs),
        [refs.index(deal.lead) if deal.lead is not None else None for deal in deals],
    ]


@pytest.mark.parametrize("happens", MEANWHILE.values(), ids=MEANWHILE.keys())
def test_a_call_that_returns_stands_as_if_it_had_not_been_hidden(
    stage: Stage, happens: Callable[[Stage, Player], object]
) -> None:
    known = []
    for is_hidden in (False, True):
        shop = stage.open_site()
        stage.call(shop, NOON - timedelta(hours=1), phone=OTHER_PHONE)
        (call_id,) = stage.perform(report_calls, shop, CallReport("a", NOON, phone=PHONE))
        if is_hidden:
            change(stage, shop, delete_lead, LeadRef(LeadKind.CALL, call_id))
        happens(stage, shop)
        if is_hidden:
            change(stage, shop, restore_lead, LeadRef(LeadKind.CALL, call_id))
        known.append(known_of(stage, shop))
    assert known[0] == known[1]


def test_a_lead_that_returns_to_nobody_keeps_its_client(stage: Stage, shop: Player) -> None:
    (ref,) = store(stage, shop, A)
    (before,) = clients_of(stage, shop, [ref])
    change(stage, shop, delete_lead, ref)
    change(stage, shop, restore_lead, ref)
    assert clients_of(stage, shop, [ref]) == [before]


def test_a_call_that_states_one_phone_less_parts_their_owners(stage: Stage, shop: Player) -> None:
    (call_id,) = stage.perform(report_calls, shop, CallReport("a", NOON, phone=f"{PHONE}, {OTHER_PHONE}"))
    first, second = (stage.call(shop, NOON, phone=phone) for phone in (PHONE, OTHER_PHONE))
    refs = [LeadRef(LeadKind.CALL, lead_id) for lead_id in (call_id, first.id, second.id)]
    assert len({client.id for client in clients_of(stage, shop, refs)}) == 1
    stage.perform(report_calls, shop, CallReport("a", NOON, phone=OTHER_PHONE))
    clients = clients_of(stage, shop, refs)
    assert clients[0] == clients[2] != clients[1]


def office_leads(count: int) -> list[IncomingLeadRequest]:
    return [
        IncomingLeadRequest(NOON + timedelta(minutes=number), OFFICE, f"person{number}@example.ru")
        for number in range(count)
    ]


@pytest.mark.parametrize("together", [True, False])
def test_a_contact_that_too_many_share_joins_nobody(stage: Stage, shop: Player, together: bool) -> None:
    alone = store(stage, shop, IncomingLeadRequest(NOON, OFFICE), IncomingLeadRequest(NOON, OFFICE))
    leads = office_leads(SHARED_BY_MAX + 2)
    batches = [leads] if together else [[lead] for lead in leads]
    refs = [ref for batch in batches for ref in store(stage, shop, *batch)]
    clients = clients_of(stage, shop, refs)
    assert len({client.id for client in clients}) == len(refs)
    assert [(client.phones, client.emails) for client in clients] == [((OFFICE,), (lead.email,)) for lead in leads]
    office = clients_of(stage, shop, alone)
    assert office[0] == office[1]
    assert office[0].id not in {client.id for client in clients}
    with stage.database.read() as connection:
        assert list_unlinked_contacts(connection, shop.site.id, 10) == [(OFFICE, UnlinkedReason.SHARED)]


def test_a_contact_that_just_few_enough_share_joins_them_and_does_so_again_when_fewer_do(
    stage: Stage, shop: Player
) -> None:
    refs = store(stage, shop, *office_leads(SHARED_BY_MAX))
    assert len({client.id for client in clients_of(stage, shop, refs)}) == 1
    (one_more,) = store(stage, shop, office_leads(SHARED_BY_MAX + 1)[-1])
    assert len({client.id for client in clients_of(stage, shop, [*refs, one_more])}) == SHARED_BY_MAX + 1
    change(stage, shop, delete_lead, one_more)
    assert len({client.id for client in clients_of(stage, shop, refs)}) == 1


def test_a_filler_joins_nobody_and_is_shown_of_its_own_lead_alone(stage: Stage, shop: Player) -> None:
    leads = [IncomingLeadRequest(NOON, phone, "1@1.ru") for phone in (PHONE, OTHER_PHONE, None, None)]
    clients = clients_of(stage, shop, store(stage, shop, *leads))
    assert len({client.id for client in clients}) == len(leads)
    assert {client.emails for client in clients} == {("1@1.ru",)}
    assert clients_of(stage, shop, store(stage, shop, A))[0].emails == ()
    with stage.database.read() as connection:
        assert list_unlinked_contacts(connection, shop.site.id, 10) == [("1@1.ru", UnlinkedReason.FILLER)]


def test_the_groups_of_a_neighbour_are_not_touched(stage: Stage, shop: Player) -> None:
    neighbour = stage.open_site()
    theirs = store(stage, neighbour, A, B)
    before = clients_of(stage, neighbour, theirs)
    store(stage, shop, A, B, AB)
    assert clients_of(stage, neighbour, theirs) == before
