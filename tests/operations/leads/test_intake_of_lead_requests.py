"""Taking in lead requests: each number once, found by phone and e-mail, one person behind both."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from cast import VLADIVOSTOK, Player, Stage
from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.origin import LeadVisit
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.errors import NameTaken
from dealtrace.leads.annotations import Annotations
from dealtrace.leads.client import Client
from dealtrace.leads.lead import LeadKind, LeadRef, LeadSpan
from dealtrace.leads.lead_request import IncomingLeadRequest, LeadRequest
from dealtrace.leads.lead_summary import LeadSummary
from dealtrace.operations.leads.register_lead_requests import register_lead_requests
from dealtrace.storage.leads.contact_rows import SpanQuery, list_spans
from dealtrace.storage.leads.lead_summaries import find_lead_summaries
from stored import rows_of
from write_commands import NOON

PHONE = "79205550055"
EMAIL = "ivan@example.ru"


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


def incoming(**said: Any) -> IncomingLeadRequest:
    return IncomingLeadRequest(NOON, **said)


def take_in(stage: Stage, player: Player, *wanted: IncomingLeadRequest) -> list[Any]:
    return stage.perform(register_lead_requests, player, *wanted)


def story_of(stage: Stage, player: Player, taken: LeadRequest) -> LeadSummary:
    ref = LeadRef(LeadKind.LEAD_REQUEST, taken.id)
    with stage.database.read() as connection:
        return find_lead_summaries(connection, player.site.id, [ref], AttributionModel.LAST_NON_DIRECT)[ref]


def spans_of(stage: Stage, player: Player, *contacts: str) -> list[LeadSpan]:
    with stage.database.read() as connection:
        spans = list_spans(connection, player.site.id, [SpanQuery(contact, NOON, NOON) for contact in contacts])
    return sorted(spans, key=lambda span: span.contact)


def test_it_keeps_a_lead_request_and_finds_it_by_phone_and_mail(stage: Stage, shop: Player) -> None:
    visit = stage.visit(shop, NOON, TrafficSource("yandex"))
    (taken,) = take_in(
        stage,
        shop,
        incoming(
            phone="8 920 555 00 55",
            email=" Ivan@Example.ru",
            client_name="Иван",
            number="R-1",
            form_name="Обратный звонок",
            visit_id=visit.id,
        ),
    )
    assert taken == LeadRequest(taken.id, "R-1", NOON, "Обратный звонок", visit.id)
    ref = LeadRef(LeadKind.LEAD_REQUEST, taken.id)
    assert spans_of(stage, shop, PHONE, EMAIL) == [
        LeadSpan(ref, PHONE, NOON, NOON, "R-1"),
        LeadSpan(ref, EMAIL, NOON, NOON, "R-1"),
    ]
    story = story_of(stage, shop, taken)
    client = Client(story.client.id, "Иван", (PHONE,), (EMAIL,))
    assert story == LeadSummary(ref, client, LeadVisit(visit, visit), form_name="Обратный звонок")


def test_it_takes_its_id_for_a_number_when_none_is_stated(stage: Stage, shop: Player) -> None:
    first, second = take_in(stage, shop, incoming(), incoming())
    assert (first.number, second.number) == (str(first.id), str(second.id))
    assert first.id != second.id


def test_it_takes_in_a_number_once(stage: Stage, shop: Player) -> None:
    first, refused, other = take_in(stage, shop, incoming(number="R"), incoming(number="R"), incoming(number="r"))
    assert isinstance(refused, NameTaken)
    assert refused.facts == {"name": "R", "lead_id": first.id}
    assert (first.number, other.number) == ("R", "r")
    stored = rows_of(stage.database, shop)
    (again,) = take_in(stage, shop, incoming(number="R", phone=PHONE, email=EMAIL))
    assert isinstance(again, NameTaken)
    assert rows_of(stage.database, shop) == stored


def test_it_answers_one_that_is_sent_again_with_what_it_took_in_first(stage: Stage, shop: Player) -> None:
    sent = incoming(number="R", form_name="Обратный звонок", fingerprint="f")
    first, at_once = take_in(stage, shop, sent, replace(sent, requested_at=NOON + timedelta(hours=1)))
    stored = rows_of(stage.database, shop)
    later, other, unsaid = take_in(stage, shop, sent, replace(sent, fingerprint="g"), replace(sent, fingerprint=None))
    assert first == at_once == later
    assert later.requested_at == NOON
    for refused in (other, unsaid):
        assert refused.facts == {"name": "R", "lead_id": first.id}
    assert rows_of(stage.database, shop) == stored


def test_it_keeps_where_the_form_stood_and_what_is_said_of_it(stage: Stage, shop: Player) -> None:
    source = TrafficSource("avito")
    said = Annotations("Коля", "слова", ("a", "b"), {"other": "2"}, source)
    (taken,) = take_in(stage, shop, incoming(page_url="http://x/?a=b", annotations=said, fingerprint="f"))
    stored = rows_of(stage.database, shop)
    (row,) = stored["lead_request"]
    assert row[-8:-2] == ("http://x/?a=b", "f", "Коля", "слова", ["a", "b"], None)
    assert [(field[1], field[2]) for field in stored["unknown_field"]] == [("other", 1)]
    assert story_of(stage, shop, taken).stated_source == source


def test_it_keeps_what_was_written_though_nobody_can_be_found_by_it(stage: Stage, shop: Player) -> None:
    (taken,) = take_in(stage, shop, incoming(phone="none", email="none"))
    stored = rows_of(stage.database, shop)
    assert stored["lead_request"][0].count("none") == 2
    assert "lead_contact" not in stored
    assert story_of(stage, shop, taken).client.phones == ()


def test_the_first_name_that_is_reported_of_a_client_stays(stage: Stage, shop: Player) -> None:
    names = (None, "Иван", "Вася")
    taken = [take_in(stage, shop, incoming(phone=PHONE, client_name=name))[0] for name in names]
    assert {story_of(stage, shop, item).client.name for item in taken} == {"Иван"}
    together = take_in(stage, shop, *(incoming(email=EMAIL, client_name=name) for name in (None, "Анна", "Мария")))
    assert {story_of(stage, shop, item).client.name for item in together} == {"Анна"}


@pytest.mark.parametrize(
    ("known", "asked", "same"),
    [
        ({"phone": PHONE}, {"phone": PHONE, "email": EMAIL}, True),
        ({"email": EMAIL}, {"phone": PHONE, "email": EMAIL}, True),
        ({"email": EMAIL}, {"email": "IVAN@example.RU"}, True),
        ({"phone": PHONE}, {"email": EMAIL}, False),
        ({}, {}, False),
    ],
    ids=str,
)
@pytest.mark.parametrize("together", [True, False])
def test_it_knows_a_person_by_any_contact(
    stage: Stage, shop: Player, known: dict[str, str], asked: dict[str, str], same: bool, together: bool
) -> None:
    if together:
        first, second = take_in(stage, shop, incoming(**known), incoming(**asked))
    else:
        ((first,), (second,)) = take_in(stage, shop, incoming(**known)), take_in(stage, shop, incoming(**asked))
    owners = [story_of(stage, shop, taken).client for taken in (first, second)]
    assert (owners[0] == owners[1]) == same
    if same:
        assert set(owners[0].phones + owners[0].emails) <= {PHONE, EMAIL}


def test_it_joins_the_owners_of_a_phone_and_an_e_mail(stage: Stage, shop: Player) -> None:
    (by_phone,), (by_mail,) = take_in(stage, shop, incoming(phone=PHONE)), take_in(stage, shop, incoming(email=EMAIL))
    (both,) = take_in(stage, shop, incoming(phone=PHONE, email=EMAIL))
    owners = [story_of(stage, shop, item).client for item in (by_phone, by_mail, both)]
    assert owners[0] == owners[1] == owners[2]
    assert (owners[1].phones, owners[1].emails) == ((PHONE,), (EMAIL,))


def test_it_leaves_the_numbers_and_people_of_sites_to_each_of_them(stage: Stage, shop: Player) -> None:
    neighbour = stage.open_site(time_zone=VLADIVOSTOK)
    take_in(stage, shop, incoming(number="R", phone=PHONE, email=EMAIL, client_name="Иван"))
    stored = rows_of(stage.database, shop)
    (theirs,) = take_in(stage, neighbour, incoming(number="R", phone=PHONE))
    assert isinstance(theirs, LeadRequest)
    assert story_of(stage, neighbour, theirs).client.name is None
    assert story_of(stage, neighbour, theirs).client.emails == ()
    assert rows_of(stage.database, shop) == stored
    assert spans_of(stage, neighbour, EMAIL) == []
