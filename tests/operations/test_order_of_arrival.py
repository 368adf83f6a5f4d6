"""Deals and leads come, change, disappear and come back in any order: what is stored decides, never the way it came."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, multiple, rule, run_state_machine_as_test

from cast import Player, Stage
from dealtrace.attribution.credit import AttributionModel
from dealtrace.deals.lead_clue import LeadClue
from dealtrace.leads.call import CallReport
from dealtrace.leads.contact import normal_contacts
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.leads.lead_request import IncomingLeadRequest
from dealtrace.operations.deals.pin import pin_deal, unpin_deal
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.leads.delete import delete_lead, restore_lead
from dealtrace.operations.leads.register_lead_requests import register_lead_requests
from dealtrace.operations.leads.report_calls import report_calls
from dealtrace.storage.database.engine import open_database
from dealtrace.storage.leads.lead_summaries import find_lead_summaries
from dealtrace.storage.leads.qualification import find_qualifications
from examples import examples
from stored import lead_of
from write_commands import NOON, by_call, by_contact, by_lead_request, registration

PHONES = ("79205550055", "8 (920) 555-00-66", "+7 920 555-00-66, +7 920 555-00-77")
MAILS = ("ivan@example.ru", "Ivan@Example.RU", "olga@example.ru", "1@1.ru")
MOMENTS = st.sampled_from([NOON - timedelta(minutes=minutes) for minutes in (0, 5, 10, 119, 120, 121)])
SECONDS = st.sampled_from([0, 60, 300])
NAMES = st.sampled_from([f"lead-{number}" for number in range(3)])


@dataclass(frozen=True)
class Arrived:
    """The latest state of a lead: the command that stores it, and whether the lead is deleted."""

    command: CallReport | IncomingLeadRequest
    hidden: bool = False


class World(RuleBasedStateMachine):
    """A site in use; beside it, in plain dictionaries, only what is true in the end."""

    stage: Stage
    deals: Bundle[str] = Bundle("deals")
    leads: Bundle[str] = Bundle("leads")
    hidden: Bundle[str] = Bundle("hidden")

    def __init__(self) -> None:
        super().__init__()
        self.player = self.stage.open_site(contact_matching=True)
        self.arrived: dict[str, Arrived] = {}
        self.clues: dict[str, LeadClue] = {}
        self.pins: dict[str, str | None] = {}
        self.refs: dict[str, LeadRef] = {}
        self.deal_ids: dict[str, int] = {}

    @rule(
        target=deals,
        clue=st.one_of(
            st.builds(by_contact, st.sampled_from(PHONES), st.none() | st.sampled_from(MAILS)),
            st.builds(by_contact, st.none(), st.sampled_from(MAILS)),
            st.builds(by_contact, st.sampled_from(PHONES), only=st.sampled_from(LeadKind)),
            st.builds(by_call, st.none(), NAMES, clue=st.builds(by_contact, st.sampled_from(PHONES))),
            st.builds(by_lead_request, st.none(), NAMES, clue=st.builds(by_contact, st.sampled_from(PHONES))),
        ),
    )
    def register(self, clue: LeadClue) -> str:
        name = f"deal-{len(self.clues)}"
        self.clues[name] = clue
        self.deal_ids[name] = register(self.stage, self.player, name, clue)
        return name

    @rule(target=leads, name=NAMES, phone=st.sampled_from(PHONES), began_at=MOMENTS, seconds=SECONDS)
    def report_call(self, name: str, phone: str, began_at: datetime, seconds: int) -> object:
        """Tell of a call, maybe again and otherwise than before."""
        known = self.arrived.get(name)
        if known is not None and not isinstance(known.command, CallReport):
            return multiple()
        command = CallReport(name, began_at, timedelta(seconds=seconds), phone)
        self.refs[name] = take_in(self.stage, self.player, command)
        self.arrived[name] = Arrived(command, hidden=known.hidden if known is not None else False)
        return name if known is None else multiple()

    @rule(
        target=leads,
        name=NAMES,
        phone=st.none() | st.sampled_from(PHONES),
        email=st.sampled_from(MAILS),
        requested_at=MOMENTS,
    )
    def take_in_lead_request(self, name: str, phone: str | None, email: str, requested_at: datetime) -> object:
        if name in self.arrived:
            return multiple()
        command = IncomingLeadRequest(requested_at, phone, email, number=name)
        self.refs[name] = take_in(self.stage, self.player, command)
        self.arrived[name] = Arrived(command)
        return name

    @rule(target=hidden, name=consumes(leads))
    def delete(self, name: str) -> str:
        change(self.stage, self.player, delete_lead, self.refs[name])
        self.arrived[name] = replace(self.arrived[name], hidden=True)
        return name

    @rule(target=leads, name=consumes(hidden))
    def restore(self, name: str) -> str:
        change(self.stage, self.player, restore_lead, self.refs[name])
        self.arrived[name] = replace(self.arrived[name], hidden=False)
        return name

    @rule(deal=deals, lead=st.none() | leads)
    def pin(self, deal: str, lead: str | None) -> None:
        with self.stage.database.write() as connection:
            ref = self.refs[lead] if lead is not None else None
            pin_deal(self.stage.work(connection, self.player, datetime.now(UTC)), self.deal_ids[deal], ref)
        self.pins[deal] = lead

    @rule(deal=deals)
    def unpin(self, deal: str) -> None:
        if deal in self.pins:
            with self.stage.database.write() as connection:
                unpin_deal(self.stage.work(connection, self.player, datetime.now(UTC)), self.deal_ids[deal])
            del self.pins[deal]

    def teardown(self) -> None:
        """Compare with a site where the leads came first, arrived once, and only those that are there."""
        other = self.stage.open_site(contact_matching=True)
        name_of = {
            take_in(self.stage, other, result.command): name
            for name, result in self.arrived.items()
            if not result.hidden
        }
        expected = {
            deal: self.pins[deal]
            if deal in self.pins
            else name_of.get(lead_of(self.stage, other, register(self.stage, other, deal, clue)))  # type: ignore[arg-type]
            for deal, clue in self.clues.items()
        }
        known = {ref: name for name, ref in self.refs.items()}
        ended = {
            deal: known.get(lead_of(self.stage, self.player, deal_id))  # type: ignore[arg-type]
            for deal, deal_id in self.deal_ids.items()
        }
        assert ended == expected
        shown = [name for name, result in self.arrived.items() if not result.hidden]
        ref_of = {name: ref for ref, name in name_of.items()}
        self.compare_clients({self.refs[name]: name for name in shown}, other, {ref_of[name]: name for name in shown})

    def compare_clients(self, names: dict[LeadRef, str], other: Player, other_names: dict[LeadRef, str]) -> None:
        """Compare whose leads are and which are unique with the other site, and whose with a plain model."""
        ended, expected = (
            people_of(self.stage, player, of_site) for player, of_site in ((self.player, names), (other, other_names))
        )
        assert (
            ended[0]
            == expected[0]
            == modelled_people({name: contacts_of(self.arrived[name].command) for name in names.values()})
        )
        # Ids decide between leads that began together: compared only where no two did.
        if len({started_at(self.arrived[name].command) for name in names.values()}) == len(names):
            assert ended[1:] == expected[1:]


People = tuple[set[frozenset[str]], set[str], dict[str, frozenset[str]]]
"""Names of leads by their client, names of unique leads, and the contacts of each lead's client."""


def people_of(stage: Stage, player: Player, names: dict[LeadRef, str]) -> People:
    with stage.database.read() as connection:
        stories = find_lead_summaries(connection, player.site.id, names, AttributionModel.LAST_INTERACTION)
        qualifications = find_qualifications(connection, player.site, names)
    of_client: dict[int, set[str]] = {}
    for ref, story in stories.items():
        of_client.setdefault(story.client.id, set()).add(names[ref])
    contacts = {names[ref]: frozenset((*story.client.phones, *story.client.emails)) for ref, story in stories.items()}
    unique = {names[ref] for ref, found in qualifications.items() if found.is_unique}
    return {frozenset(members) for members in of_client.values()}, unique, contacts


def modelled_people(contacts: dict[str, set[str]]) -> set[frozenset[str]]:
    """Join leads that share a contact until nothing can be joined any more."""
    groups = [({name}, set(stated)) for name, stated in contacts.items()]
    while pair := next(((a, b) for a in groups for b in groups if a is not b and a[1] & b[1]), None):
        groups = [group for group in groups if group not in pair]
        groups.append((pair[0][0] | pair[1][0], pair[0][1] | pair[1][1]))
    return {frozenset(names) for names, _ in groups}


def contacts_of(command: CallReport | IncomingLeadRequest) -> set[str]:
    email = None if isinstance(command, CallReport) else command.email
    return {contact for contact in normal_contacts(command.phone, email) if contact != "1@1.ru"}


def started_at(command: CallReport | IncomingLeadRequest) -> datetime:
    return command.started_at if isinstance(command, CallReport) else command.requested_at


def register(stage: Stage, player: Player, name: str, clue: LeadClue) -> int:
    (receipt,) = stage.perform(register_deals, player, registration(name, clue=clue))
    found: int = receipt.deal_id
    return found


def take_in(stage: Stage, player: Player, command: CallReport | IncomingLeadRequest) -> LeadRef:
    if isinstance(command, CallReport):
        (call_id,) = stage.perform(report_calls, player, command)
        return LeadRef(LeadKind.CALL, call_id)
    (lead_request,) = stage.perform(register_lead_requests, player, command)
    return LeadRef(LeadKind.LEAD_REQUEST, lead_request.id)


def change(stage: Stage, player: Player, verb: Callable[..., object], ref: LeadRef) -> None:
    with stage.database.write() as connection:
        verb(stage.work(connection, player, datetime.now(UTC)), ref)


@pytest.fixture(scope="module")
def long_stage(new_database_url: Callable[[], str]) -> Iterator[Stage]:
    """Give one stage to all worlds: each has sites of its own."""
    database = open_database(new_database_url())
    yield Stage(database)
    database.close()


def test_what_is_stored_decides_and_never_the_way_it_came(long_stage: Stage) -> None:
    played = type("PlayedWorld", (World,), {"stage": long_stage})
    run_state_machine_as_test(
        played,
        settings=settings(
            max_examples=examples(50),
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
