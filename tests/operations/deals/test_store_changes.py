"""A changed deal is found and matched by the fields that it has, whatever way they came about."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from cast import Player, Stage
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.deals.deal import Deal
from dealtrace.deals.details import ContactBook, DealDetails, search_contacts_of
from dealtrace.deals.lead_clue import NO_CLUE, LeadClue
from dealtrace.deals.matchers import WITHOUT_SOURCE, Matcher, MatcherKind
from dealtrace.leads.lead import LeadKind
from dealtrace.operations.deals.change import change_deals
from dealtrace.operations.deals.change_in_cabinet import DealAction, DealActionKind, act_on_deals
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.deals.update_lists import DealUpdate, update_lists
from dealtrace.storage.database.engine import open_database
from dealtrace.storage.schema.tables.deals import deal_contact, deal_key
from stored import deal_of, versions_of
from write_commands import NOON, by_contact, change, registration

PHONES = ("79205550055", "79205550066")
MAIL = "ivan@example.ru"
CONTACTS = (*PHONES, MAIL)
VISIT = 0
"""A matcher with this visit gets the id of the visit that the site has."""

MATCHERS = st.lists(
    st.one_of(
        st.builds(
            lambda contact, kinds: Matcher(MatcherKind.CONTACT, kinds, contacts=(contact,), until=NOON),
            st.sampled_from(CONTACTS),
            st.sampled_from([tuple(LeadKind), (LeadKind.CALL,)]),
        ),
        st.just(Matcher(MatcherKind.VISIT, visit_ids=(VISIT,))),
        st.just(WITHOUT_SOURCE),
        st.just(Matcher(MatcherKind.SOURCE, source=TrafficSource("fair"))),
    ),
    min_size=1,
    max_size=3,
).map(tuple)
BOOKS = st.none() | st.builds(
    ContactBook,
    phones=st.lists(st.sampled_from(PHONES), unique=True, max_size=2).map(tuple),
    emails=st.lists(st.just(MAIL), max_size=1).map(tuple),
)
PARTS = st.fixed_dictionaries({}, optional={"main_contacts": BOOKS, "other_contacts": BOOKS, "name": st.just("x")})
CLUES = st.sampled_from([NO_CLUE, by_contact(", ".join(PHONES)), by_contact(email=MAIL, only=LeadKind.CALL)])
UPDATES = st.fixed_dictionaries(
    {},
    optional={"matchers": MATCHERS, "detail_parts": PARTS, "status": st.sampled_from(["new", "won"])},
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("update"), UPDATES),
        st.tuples(st.just("change"), st.fixed_dictionaries({"status": st.sampled_from(["new", "won"])})),
        st.tuples(st.just("undo"), st.integers(2, 9)),
        st.tuples(st.sampled_from(["delete", "restore", "pin", "unpin", "call", "request"]), st.none()),
    ),
    min_size=1,
    max_size=7,
)


@dataclass
class Scene:
    """A site with a deal; every step that is possible is played, and every other one is refused."""

    stage: Stage
    player: Player
    visit_id: int
    deal_id: int = 0
    leads: int = 0

    def play(self, step: str, argument: Any) -> None:
        match step:
            case "update":
                fields = (
                    {**argument, "matchers": self.named(argument["matchers"])} if "matchers" in argument else argument
                )
                self.stage.perform(update_lists, self.player, [DealUpdate(change(self.deal_id, **fields))])
            case "change":
                self.stage.perform(change_deals, self.player, change(self.deal_id, **argument))
            case "call":
                self.arrive(self.stage.call, phone=PHONES[self.leads % 2])
            case "request":
                self.arrive(self.stage.lead_request, phone=PHONES[self.leads % 2], email=MAIL, number=str(self.leads))
            case _:
                self.stage.perform(
                    act_on_deals, self.player, DealAction(DealActionKind(step), self.deal_id, version=argument or 0)
                )

    def arrive(self, take_in: Callable[..., object], **fields: str) -> None:
        self.leads += 1
        take_in(self.player, NOON - timedelta(minutes=60 - self.leads), **fields)

    def named(self, matchers: tuple[Matcher, ...]) -> tuple[Matcher, ...]:
        return tuple(
            replace(each, visit_ids=(self.visit_id,)) if each.way is MatcherKind.VISIT else each for each in matchers
        )


@pytest.fixture(scope="module")
def long_stage(new_database_url: Callable[[], str]) -> Iterator[Stage]:
    """Give one stage to all scenes: each has a site of its own."""
    database = open_database(new_database_url())
    yield Stage(database)
    database.close()


@settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(is_on=st.booleans(), clue=CLUES, matchers=st.none() | MATCHERS, parts=PARTS, steps=STEPS)
def test_a_deal_is_found_and_matched_as_if_registered_with_the_fields_that_it_has(
    long_stage: Stage, clue: LeadClue, matchers: tuple[Matcher, ...] | None, parts: Any, steps: Any, *, is_on: bool
) -> None:
    player = long_stage.open_site(contact_matching=is_on)
    visit = long_stage.visit(player, NOON - timedelta(hours=3), TrafficSource("yandex"))
    scene = Scene(long_stage, player, visit.id)
    scene.play("call", None)
    details = DealDetails(**parts) if matchers else DealDetails()
    first = registration(
        "A-1",
        clue=LeadClue(contact=search_contacts_of(details)) if matchers else clue,
        matchers=scene.named(matchers or ()),
        details=details,
    )
    (receipt,) = long_stage.perform(register_deals, player, first)
    scene.deal_id = receipt.deal_id
    for step, argument in steps:
        scene.play(step, argument)
    deal = deal_of(long_stage.database, player, scene.deal_id, deleted=True)
    assert_no_version_is_empty(long_stage, player, deal)
    other = registered_anew(scene, deal, clue if not matchers else None)
    assert (deal.clue, searched_by(scene, deal)) == (other.clue, searched_by(scene, other))
    if deal.pinned_at is None:
        assert (deal.lead, deal.visit_id) == (other.lead, other.visit_id)


def registered_anew(scene: Scene, deal: Deal, clue: LeadClue | None) -> Deal:
    """Register a deal with the fields of another; `clue` is what a deal of deals 1.0 was registered with."""
    contact = search_contacts_of(deal.details) if deal.matchers else None
    again = registration(
        "anew",
        clue=LeadClue(contact=contact if contact is not None or clue is None else clue.contact),
        matchers=deal.matchers,
        details=deal.details,
    )
    (receipt,) = scene.stage.perform(register_deals, scene.player, again)
    return deal_of(scene.stage.database, scene.player, receipt.deal_id)


def searched_by(scene: Scene, deal: Deal) -> set[tuple[Any, ...]]:
    """Return the rows by which late leads and journals find a deal: the keys of its matchers, its further contacts."""
    rows: set[tuple[Any, ...]] = set()
    with scene.stage.database.read() as connection:
        for table in (deal_key, deal_contact):
            columns = [column for column in table.c if column.name != "deal_id"]
            mine = (table.c.site_id == scene.player.site.id, table.c.deal_id == deal.id)
            rows.update((table.name, *row) for row in connection.execute(select(*columns).where(*mine)))
    return rows


def assert_no_version_is_empty(stage: Stage, player: Player, deal: Deal) -> None:
    versions = versions_of(stage.database, player, deal.id)
    assert [version.version for version in versions] == list(range(1, deal.version + 1))
    assert [version for version in versions if version.kind == "changed" and version.before == version.after] == []
