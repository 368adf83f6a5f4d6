"""A lead that comes in after its deal: the outcome is the same as if it had come first."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cast import Player, Stage
from dealtrace.deals.deal import Deal
from dealtrace.deals.deal_key import DealKey
from dealtrace.deals.lead_clue import LINK_THRESHOLD_DEFAULT, NO_CLUE
from dealtrace.deals.versions import VersionKind
from dealtrace.errors import DealNotFound, DealNotPinned, LeadNotFound
from dealtrace.leads.call import Call, IncomingCall
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.leads.lead_request import IncomingLeadRequest, LeadRequest
from dealtrace.operations.deals.delete import delete_deals, restore_deal
from dealtrace.operations.deals.pin import pin_deal, unpin_deal
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.leads.import_lists import import_calls
from dealtrace.operations.leads.register_lead_requests import register_lead_requests
from dealtrace.operations.matching.rematch import rematch_next
from dealtrace.storage.database.engine import open_database
from dealtrace.storage.deals.deals import list_deals_by_key
from examples import examples
from postgresql import PostgresqlServer
from stored import deal_of, versions_of
from write_commands import NOON, by_call, by_contact, by_lead_request, register_by, registration

PHONE = "79205550055"
MAIL = "ivan@example.ru"
BEFORE = NOON - timedelta(minutes=10)


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


def lead_of(stage: Stage, player: Player, deal_id: int) -> LeadRef | None:
    return deal_of(stage.database, player, deal_id, deleted=True).lead


def switched_off(player: Player) -> Player:
    return replace(player, site=replace(player.site, contact_matching=False))


class TestALateLead:
    """A lead that comes in after the deal it explains."""

    def test_by_phone(self, stage: Stage, shop: Player) -> None:
        deal_id = register_by(stage, shop, by_contact(PHONE))
        call = stage.call(shop, BEFORE, phone=PHONE)
        assert lead_of(stage, shop, deal_id) == LeadRef(LeadKind.CALL, call.id)

    def test_by_e_mail(self, stage: Stage, shop: Player) -> None:
        deal_id = register_by(stage, shop, by_contact(email=MAIL))
        lead_request = stage.lead_request(shop, BEFORE, email="Ivan@Example.RU")
        assert lead_of(stage, shop, deal_id) == LeadRef(LeadKind.LEAD_REQUEST, lead_request.id)

    @pytest.mark.parametrize("is_on", [True, False])
    def test_by_what_the_deal_names_whatever_the_switch_says(self, stage: Stage, *, is_on: bool) -> None:
        shop = stage.open_site(contact_matching=is_on)
        by_reference = register_by(stage, shop, by_call(reference="ats-1"), "a")
        by_number = register_by(stage, shop, by_lead_request(number="form-1"), "b")
        call = stage.call(shop, BEFORE, reference="ats-1")
        lead_request = stage.lead_request(shop, BEFORE, number="form-1", email=MAIL)
        assert lead_of(stage, shop, by_reference) == LeadRef(LeadKind.CALL, call.id)
        assert lead_of(stage, shop, by_number) == LeadRef(LeadKind.LEAD_REQUEST, lead_request.id)

    def test_not_by_contact_while_the_switch_is_off(self, stage: Stage) -> None:
        shop = stage.open_site()
        deal_id = register_by(stage, shop, by_contact(PHONE))
        stage.call(shop, BEFORE, phone=PHONE)
        assert lead_of(stage, shop, deal_id) is None

    def test_not_outside_its_window(self, stage: Stage, shop: Player) -> None:
        threshold = timedelta(seconds=300)
        deal_id = register_by(stage, shop, by_contact(PHONE, threshold=threshold))
        stage.call(shop, NOON + timedelta(seconds=1), phone=PHONE)
        stage.call(shop, NOON - threshold - timedelta(seconds=61), seconds=60, phone=PHONE)
        assert lead_of(stage, shop, deal_id) is None
        edge = stage.call(shop, NOON - threshold - timedelta(seconds=60), seconds=60, phone=PHONE)
        assert lead_of(stage, shop, deal_id) == LeadRef(LeadKind.CALL, edge.id)

    def test_a_nearer_one_takes_over_and_a_farther_one_does_not(self, stage: Stage, shop: Player) -> None:
        stage.call(shop, BEFORE, phone=PHONE)
        deal_id = register_by(stage, shop, by_contact(PHONE))
        nearer = stage.call(shop, NOON - timedelta(minutes=1), phone=PHONE)
        stage.call(shop, NOON - timedelta(minutes=30), phone=PHONE)
        stage.lead_request(shop, NOON, phone=PHONE)
        assert lead_of(stage, shop, deal_id) == LeadRef(LeadKind.CALL, nearer.id)

    def test_the_named_one_stands_above_a_contact(self, stage: Stage, shop: Player) -> None:
        deal_id = register_by(stage, shop, by_call(reference="ats-1", clue=by_contact(PHONE)))
        by_phone = stage.call(shop, BEFORE, phone=PHONE)
        assert lead_of(stage, shop, deal_id) == LeadRef(LeadKind.CALL, by_phone.id)
        named = stage.call(shop, NOON - timedelta(days=3), phone="79990000001", reference="ats-1")
        assert lead_of(stage, shop, deal_id) == LeadRef(LeadKind.CALL, named.id)

    @pytest.mark.parametrize("only", [LeadKind.CALL, LeadKind.LEAD_REQUEST])
    def test_of_another_kind_than_the_deal_asks_for_concerns_it_not(self, stage: Stage, only: LeadKind) -> None:
        """A deal that was matched while contact matching was off shows whether it is matched again."""
        shop = switched_off(stage.open_site(contact_matching=True))
        earlier: dict[LeadKind, Call | LeadRequest] = {
            LeadKind.CALL: stage.call(shop, BEFORE, phone=PHONE),
            LeadKind.LEAD_REQUEST: stage.lead_request(shop, BEFORE, phone=PHONE),
        }
        deal_id = register_by(stage, shop, by_contact(PHONE, only=only))
        switched_on = replace(shop, site=replace(shop.site, contact_matching=True))
        arrive = {
            LeadKind.CALL: lambda: stage.call(switched_on, NOON, phone=PHONE),
            LeadKind.LEAD_REQUEST: lambda: stage.lead_request(switched_on, NOON, phone=PHONE),
        }
        (other,) = set(LeadKind) - {only}
        arrive[other]()
        assert lead_of(stage, shop, deal_id) is None
        assert [version.kind for version in versions_of(stage.database, shop, deal_id)] == [VersionKind.REGISTERED]
        arrive[only]()
        found = lead_of(stage, shop, deal_id)
        assert found is not None
        assert (found.kind, found.id > earlier[only].id) == (only, True)

    @pytest.mark.parametrize(
        "began_at", [NOON + timedelta(seconds=1), NOON - LINK_THRESHOLD_DEFAULT - timedelta(seconds=1)]
    )
    def test_that_began_after_it_or_ended_too_long_before_concerns_it_not(
        self, stage: Stage, began_at: datetime
    ) -> None:
        """As above: the earlier call would be found if the deal were matched again."""
        shop = switched_off(stage.open_site(contact_matching=True))
        stage.call(shop, BEFORE, phone=PHONE)
        deal_id = register_by(stage, shop, by_contact(PHONE))
        switched_on = replace(shop, site=replace(shop.site, contact_matching=True))
        stage.call(switched_on, began_at, seconds=0, phone=PHONE)
        assert lead_of(stage, shop, deal_id) is None

    def test_a_deal_of_another_site_is_not_concerned(self, stage: Stage, shop: Player) -> None:
        neighbour = stage.open_site(contact_matching=True)
        deal_id = register_by(stage, neighbour, by_contact(PHONE))
        named = register_by(stage, neighbour, by_call(reference="ats-1"), "m")
        stage.call(shop, BEFORE, phone=PHONE, reference="ats-1")
        assert lead_of(stage, neighbour, deal_id) is lead_of(stage, neighbour, named) is None

    def test_a_deleted_deal_comes_back_with_it(self, stage: Stage, shop: Player) -> None:
        deal_id = register_by(stage, shop, by_contact(PHONE))
        stage.perform(delete_deals, shop, DealKey(deal_id, None))
        call = stage.call(shop, BEFORE, phone=PHONE)
        with stage.database.write() as connection:
            restored = restore_deal(stage.work(connection, shop, datetime.now(UTC)), deal_id)
        assert restored.lead == LeadRef(LeadKind.CALL, call.id)

    def test_it_is_a_version_that_names_no_token(self, stage: Stage, shop: Player) -> None:
        deal_id = register_by(stage, shop, by_contact(PHONE))
        call = stage.call(shop, BEFORE, phone=PHONE)
        first, second = versions_of(stage.database, shop, deal_id)
        assert (first.kind, first.after["lead"]) == ("registered", None)
        assert (second.kind, second.token_id, second.version) == ("matched", None, 2)
        assert (second.before, second.after) == ({"lead": None}, {"lead": {"kind": "call", "id": call.id}})
        deal = deal_of(stage.database, shop, deal_id)
        assert (deal.version, deal.changed_at) == (2, None)
        assert deal.touched_at == second.recorded_at

    def test_a_retry_still_gets_the_first_answer(self, stage: Stage, shop: Player) -> None:
        sent = registration("n", clue=by_contact(PHONE))
        (first,) = stage.perform(register_deals, shop, sent)
        stage.call(shop, BEFORE, phone=PHONE)
        assert stage.perform(register_deals, shop, sent) == [first]
        assert first.lead is None


class TestTheSwitch:
    """Switching contact matching touches no past; the command does."""

    def test_switching_on_and_matching_anew(self, stage: Stage, shop: Player) -> None:
        off = switched_off(shop)
        stage.call(off, BEFORE, phone=PHONE)
        deal_ids = [register_by(stage, off, by_contact(PHONE), f"n{number}") for number in range(3)]
        register_by(stage, off, NO_CLUE, "nothing")
        assert {lead_of(stage, off, deal_id) for deal_id in deal_ids} == {None}
        with stage.database.write() as connection:
            chunk = rematch_next(stage.work(connection, shop, NOON), 0)
            assert chunk is not None
            assert (chunk.deals, chunk.changed) == (4, 3)
            assert rematch_next(stage.work(connection, shop, NOON), chunk.last_id) is None
        assert None not in {lead_of(stage, shop, deal_id) for deal_id in deal_ids}

    def test_switching_off_keeps_what_is_matched(self, stage: Stage, shop: Player) -> None:
        call = stage.call(shop, BEFORE, phone=PHONE)
        deal_id = register_by(stage, shop, by_contact(PHONE))
        with stage.database.write() as connection:
            chunk = rematch_next(stage.work(connection, switched_off(shop), NOON), 0)
        assert chunk is not None
        assert chunk.changed == 0
        assert lead_of(stage, shop, deal_id) == LeadRef(LeadKind.CALL, call.id)


class TestAPin:
    """A person's word stands above the rules."""

    def test_a_pinned_deal_is_never_matched_anew(self, stage: Stage, shop: Player) -> None:
        far = stage.call(shop, BEFORE - timedelta(days=9), phone="79990000001")
        deal_id = register_by(stage, shop, by_call(reference="ats-1", clue=by_contact(PHONE)))
        self.pin(stage, shop, deal_id, LeadRef(LeadKind.CALL, far.id))
        stage.call(shop, BEFORE, phone=PHONE, reference="ats-1")
        assert lead_of(stage, shop, deal_id) == LeadRef(LeadKind.CALL, far.id)
        assert [version.kind for version in versions_of(stage.database, shop, deal_id)] == ["registered", "pinned"]

    def test_it_may_be_pinned_to_nothing_and_left_to_the_rules_again(self, stage: Stage, shop: Player) -> None:
        call = stage.call(shop, BEFORE, phone=PHONE)
        deal_id = register_by(stage, shop, by_contact(PHONE))
        assert self.pin(stage, shop, deal_id, None).lead is None
        stage.call(shop, BEFORE, phone=PHONE)
        assert lead_of(stage, shop, deal_id) is None
        with stage.database.write() as connection:
            unpinned = unpin_deal(stage.work(connection, shop, NOON), deal_id)
        assert unpinned.lead is not None
        assert unpinned.lead.id >= call.id
        last = versions_of(stage.database, shop, deal_id)[-1]
        assert (last.kind, last.before) == ("unpinned", {"lead": None})

    def test_what_is_not_there_is_refused(self, stage: Stage, shop: Player) -> None:
        neighbour = stage.open_site()
        call = stage.call(neighbour, BEFORE)
        deal_id = register_by(stage, shop, NO_CLUE)
        with stage.database.write() as connection:
            with pytest.raises(LeadNotFound):
                pin_deal(stage.work(connection, shop, NOON), deal_id, LeadRef(LeadKind.CALL, call.id))
            with pytest.raises(DealNotFound):
                pin_deal(stage.work(connection, neighbour, NOON), deal_id, None)
            with pytest.raises(DealNotPinned):
                unpin_deal(stage.work(connection, shop, NOON), deal_id)
        assert len(versions_of(stage.database, shop, deal_id)) == 1

    @staticmethod
    def pin(stage: Stage, shop: Player, deal_id: int, lead: LeadRef | None) -> Deal:
        with stage.database.write() as connection:
            return pin_deal(stage.work(connection, shop, NOON), deal_id, lead)


@dataclass(frozen=True)
class Event:
    """Something that comes in: a deal, a call or a lead request, named so that two runs can be compared."""

    name: str
    operation: Callable[..., Any]
    command: Any


PHONES = st.sampled_from([PHONE, "79990000001", None])
MAILS = st.sampled_from([MAIL, "anna@example.ru", None])
MINUTES = st.integers(-30, 30).map(lambda minutes: NOON + timedelta(minutes=minutes))
NAMES = st.sampled_from(["x0", "x1", "x2", "x3", None])


@st.composite
def deals(draw: st.DrawFn, name: str) -> Event:
    phone, email = draw(PHONES), draw(MAILS)
    clue = (
        by_contact(
            phone,
            email,
            threshold=timedelta(minutes=draw(st.integers(0, 20))),
            only=draw(st.sampled_from([None, *LeadKind])),
        )
        if phone or email
        else NO_CLUE
    )
    named = draw(NAMES)
    if named is not None:
        clue = draw(st.sampled_from([by_call, by_lead_request]))(None, named, clue=clue)
    return Event(name, register_deals, registration(name, clue=clue, happened_at=draw(MINUTES)))


@st.composite
def calls(draw: st.DrawFn, name: str) -> Event:
    duration = timedelta(minutes=draw(st.integers(0, 5)))
    call = IncomingCall(draw(MINUTES), duration, draw(PHONES) or "hidden", reference=name)
    return Event(name, import_calls, [call])


@st.composite
def lead_requests(draw: st.DrawFn, name: str) -> Event:
    sent = IncomingLeadRequest(draw(MINUTES), draw(PHONES), draw(MAILS), number=name)
    return Event(name, register_lead_requests, sent)


@st.composite
def worlds(draw: st.DrawFn) -> list[Event]:
    return [
        *[draw(deals(f"deal {number}")) for number in range(draw(st.integers(1, 3)))],
        *[draw(calls(f"x{number}")) for number in range(draw(st.integers(0, 3)))],
        *[draw(lead_requests(f"x{number}")) for number in range(draw(st.integers(0, 3)))],
    ]


@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(world=worlds(), random=st.randoms(use_true_random=False))
def test_the_order_of_arrival_never_matters(stage: Stage, world: list[Event], random: Any) -> None:
    shuffled = list(world)
    random.shuffle(shuffled)
    leads_first = sorted(world, key=lambda event: event.operation is register_deals)
    assert outcome(stage, shuffled) == outcome(stage, leads_first)


def outcome(stage: Stage, events: Sequence[Event]) -> dict[str, tuple[str, str] | None]:
    """Play events one by one on a site of their own; tell which lead each deal ends with, by its name."""
    player = stage.open_site(contact_matching=True)
    names: dict[LeadRef, tuple[str, str]] = {}
    deal_ids: dict[str, int] = {}
    for event in events:
        (made,) = stage.perform(event.operation, player, event.command)
        if event.operation is register_deals:
            deal_ids[event.name] = made.deal_id
        else:
            kind = LeadKind.CALL if event.operation is import_calls else LeadKind.LEAD_REQUEST
            lead = made.outcomes[0] if event.operation is import_calls else made
            names[LeadRef(kind, lead.id)] = (kind, event.name)
    found = {name: lead_of(stage, player, deal_id) for name, deal_id in deal_ids.items()}
    return {name: names[lead] if lead is not None else None for name, lead in found.items()}


def test_a_deal_and_its_lead_that_meet_always_find_each_other(postgresql_server: PostgresqlServer) -> None:
    """Two processes store them at the same moment; neither sees what the other has not committed yet."""
    url = postgresql_server.create("meeting", "dealtrace_template")
    first, second = open_database(url), open_database(url)
    first_stage, second_stage = Stage(first), Stage(second)
    player = first_stage.open_site(contact_matching=True)
    second_stage.ids.ensure(2000)
    meetings = 40
    barrier = threading.Barrier(2, timeout=30)

    def register_all() -> None:
        for number in range(meetings):
            barrier.wait()
            register_by(first_stage, player, by_contact(f"7920555{number:04}"), f"n{number}")

    def call_all() -> None:
        for number in range(meetings):
            barrier.wait()
            second_stage.call(player, BEFORE, phone=f"7920555{number:04}")

    threads = [threading.Thread(target=work) for work in (register_all, call_all)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    with first.write() as connection:
        numbers = [f"n{number}" for number in range(meetings)]
        found = list_deals_by_key(connection, player.site.id, ids=[], numbers=numbers)
    assert len(found) == meetings
    assert [deal.number for deal in found if deal.lead is None] == []
    first.close()
    second.close()
