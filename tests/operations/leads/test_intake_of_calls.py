"""Taking in calls: each once, found by its contact, with its client and its credit."""

from datetime import timedelta
from typing import Any

import pytest

from cast import VLADIVOSTOK, Player, Stage
from dealtrace.attribution.credit import CREDIT_LOOKBACK, AttributionModel
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.attribution.visit import Visit
from dealtrace.errors import NameTaken
from dealtrace.leads.annotations import Annotations
from dealtrace.leads.call import Call, Circumstances, IncomingCall
from dealtrace.leads.client import Client
from dealtrace.leads.lead import LeadKind, LeadRef, LeadSpan
from dealtrace.leads.lead_summary import LeadSummary
from dealtrace.storage.leads.calls import circumstance_columns
from dealtrace.storage.leads.contact_rows import SpanQuery, list_spans
from dealtrace.storage.leads.lead_summaries import find_lead_summaries
from dealtrace.storage.schema.tables.leads import call as call_table
from stored import rows_of
from write_commands import NOON

PHONE = "79205550055"
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
YANDEX = TrafficSource("yandex", "cpc")
GOOGLE = TrafficSource("google", "organic")
DIRECT = TrafficSource("(direct)", "(none)")
LAST, NON_DIRECT = AttributionModel.LAST_INTERACTION, AttributionModel.LAST_NON_DIRECT


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


def incoming(phone: str = PHONE, reference: str | None = None, **more: Any) -> IncomingCall:
    return IncomingCall(NOON, timedelta(seconds=300), phone, reference, **more)


def take_in(stage: Stage, player: Player, *calls: IncomingCall) -> list[Any]:
    return stage.calls(player, *calls)


def credited_visit(story: LeadSummary) -> Visit | None:
    return story.visit.credited if story.visit is not None else None


def story_of(stage: Stage, player: Player, call: Call, model: AttributionModel = NON_DIRECT) -> LeadSummary:
    ref = LeadRef(LeadKind.CALL, call.id)
    with stage.database.read() as connection:
        return find_lead_summaries(connection, player.site.id, [ref], model)[ref]


def spans_of(stage: Stage, player: Player, contact: str) -> list[LeadSpan]:
    with stage.database.read() as connection:
        return list_spans(connection, player.site.id, [SpanQuery(contact, NOON + HOUR, NOON - HOUR)])


def kept_of(stage: Stage, player: Player) -> dict[str, Any]:
    (row,) = rows_of(stage.database, player)["call"]
    return dict(zip(call_table.columns.keys(), row, strict=True))


def test_it_keeps_a_call_and_finds_it_by_its_phone(stage: Stage, shop: Player) -> None:
    (call,) = take_in(stage, shop, incoming("+7 (920) 555-00-55", "ref", client_name="Иван"))
    assert call == Call(call.id, "ref", NOON, timedelta(seconds=300))
    span = LeadSpan(LeadRef(LeadKind.CALL, call.id), PHONE, NOON, NOON + 5 * MINUTE, "ref")
    assert spans_of(stage, shop, PHONE) == [span]
    story = story_of(stage, shop, call)
    client = Client(story.client.id, "Иван", (PHONE,))
    assert story == LeadSummary(LeadRef(LeadKind.CALL, call.id), client, None, timedelta(seconds=300))


def test_it_keeps_the_phone_as_it_was_written_too(stage: Stage, shop: Player) -> None:
    take_in(stage, shop, incoming("+7 (920) 555-00-55"))
    (row,) = rows_of(stage.database, shop)["call"]
    assert "+7 (920) 555-00-55" in row


@pytest.mark.parametrize("phone", ["", "none", "8-800", "Скрытый номер"])
def test_it_keeps_a_call_whose_phone_nobody_can_have(stage: Stage, shop: Player, phone: str) -> None:
    (call,) = take_in(stage, shop, incoming(phone))
    assert story_of(stage, shop, call).client == Client(story_of(stage, shop, call).client.id, None)
    assert "lead_contact" not in rows_of(stage.database, shop)


def test_it_takes_in_a_reference_once(stage: Stage, shop: Player) -> None:
    first, refused, other = take_in(
        stage, shop, incoming(reference="ref"), incoming("79000000001", "ref"), incoming(reference="REF")
    )
    assert isinstance(refused, NameTaken)
    assert refused.facts == {"name": "ref", "lead_id": first.id}
    assert (first.reference, other.reference) == ("ref", "REF")
    stored = rows_of(stage.database, shop)
    (again,) = take_in(stage, shop, incoming("79111111111", "ref"))
    assert isinstance(again, NameTaken)
    assert rows_of(stage.database, shop) == stored


def test_it_takes_in_a_sip_id_once_too(stage: Stage, shop: Player) -> None:
    first, refused = take_in(
        stage,
        shop,
        incoming(reference="a", circumstances=Circumstances(sip_id="s")),
        incoming(reference="b", circumstances=Circumstances(sip_id="s")),
    )
    assert refused.facts == {"name": "s", "lead_id": first.id}
    (again,) = take_in(stage, shop, incoming(circumstances=Circumstances(sip_id="s")))
    assert again.facts == {"name": "s", "lead_id": first.id}
    (free,) = take_in(stage, shop, incoming(reference="b"))
    assert isinstance(free, Call), "a refused call takes no name"


def test_it_keeps_how_a_call_went_and_what_is_said_of_it(stage: Stage, shop: Player) -> None:
    with_field = stage.open_site(fields=["margin"])
    went = Circumstances("sip", False, timedelta(seconds=9), "74950000000", "74951111111", "http://r", "ats", "m")
    said = Annotations("Коля", "слова", ("a", "b"), {"margin": "1", "other": "2"}, YANDEX)
    (call,) = take_in(stage, with_field, incoming(circumstances=went, annotations=said))
    stored = kept_of(stage, with_field)
    assert circumstance_columns(went).items() <= stored.items()
    assert (stored["is_successful"], stored["waiting_seconds"], stored["sip_id"]) == (False, 9, "sip")
    result = [stored[name] for name in ("manager", "comment", "tags", "custom_values")]
    assert result == ["Коля", "слова", ["a", "b"], {"margin": "1"}]
    unknown = rows_of(stage.database, with_field)["unknown_field"]
    assert [field[1:3] for field in unknown] == [("other", 1)]
    assert story_of(stage, with_field, call).stated_source == YANDEX


def test_it_keeps_nothing_where_nothing_is_said(stage: Stage, shop: Player) -> None:
    (call,) = take_in(stage, shop, incoming())
    said = ("id", "started_at", "duration_seconds", "phone", "client_id", "recorded_at", "site_id")
    assert {value for name, value in kept_of(stage, shop).items() if name not in said} == {None}
    assert story_of(stage, shop, call).stated_source is None


def test_it_takes_in_any_number_of_calls_without_a_reference(stage: Stage, shop: Player) -> None:
    same = incoming()
    calls = [*take_in(stage, shop, same, same), *take_in(stage, shop, same)]
    assert len({call.id for call in calls}) == 3
    assert len(spans_of(stage, shop, PHONE)) == 3


def test_it_knows_a_person_by_the_phone(stage: Stage, shop: Player) -> None:
    calls = take_in(stage, shop, incoming(PHONE), incoming("8 920 555 00 55"), incoming("79000000001"))
    calls += take_in(stage, shop, incoming("+79205550055"))
    owners = [story_of(stage, shop, call).client.id for call in calls]
    assert owners[0] == owners[1] == owners[3] != owners[2]
    assert len(rows_of(stage.database, shop)["client"]) == 2


def test_it_leaves_the_references_and_people_of_sites_to_each_of_them(stage: Stage, shop: Player) -> None:
    neighbour = stage.open_site(time_zone=VLADIVOSTOK)
    visit = stage.visit(shop, NOON - HOUR, YANDEX)
    (mine,) = take_in(stage, shop, incoming(PHONE, "ref", client_name="Иван", visit_id=visit.id))
    stored = rows_of(stage.database, shop)
    (theirs,) = take_in(stage, neighbour, incoming(PHONE, "ref", visit_id=visit.id))
    assert isinstance(theirs, Call)
    story = story_of(stage, neighbour, theirs)
    assert (story.client.name, story.visit) == (None, None)
    assert rows_of(stage.database, shop) == stored
    assert [span.ref.id for span in spans_of(stage, neighbour, PHONE)] == [theirs.id]
    assert [span.ref.id for span in spans_of(stage, shop, PHONE)] == [mine.id]


def test_it_asks_nothing_of_an_empty_batch(stage: Stage, shop: Player) -> None:
    assert take_in(stage, shop) == []
    assert rows_of(stage.database, shop) == {}


# Credit.


def test_it_credits_a_visit_under_every_model(stage: Stage, shop: Player) -> None:
    early = stage.visit(shop, NOON - 3 * HOUR, YANDEX)
    late = stage.visit(shop, NOON - HOUR, DIRECT)
    (call,) = take_in(stage, shop, incoming(visit_id=late.id))
    assert credited_visit(story_of(stage, shop, call, LAST)) == late
    assert credited_visit(story_of(stage, shop, call, NON_DIRECT)) == early
    assert {row[2] for row in rows_of(stage.database, shop)["lead_credit"]} == set(AttributionModel)


@pytest.mark.parametrize(
    ("shift", "counts"),
    [
        (-CREDIT_LOOKBACK, True),
        (-CREDIT_LOOKBACK - timedelta(microseconds=1), False),
        (timedelta(0), False),
        (timedelta(microseconds=1), False),
    ],
)
def test_it_credits_no_visit_outside_the_look_back(stage: Stage, shop: Player, shift: timedelta, counts: bool) -> None:
    own = stage.visit(shop, NOON - HOUR, DIRECT)
    other = stage.visit(shop, NOON + shift, GOOGLE)
    (call,) = take_in(stage, shop, incoming(visit_id=own.id))
    assert credited_visit(story_of(stage, shop, call)) == (other if counts else own)


def test_it_credits_only_visits_of_the_same_visitor(stage: Stage, shop: Player) -> None:
    own = stage.visit(shop, NOON - 2 * HOUR, DIRECT, visitor="one")
    stage.visit(shop, NOON - HOUR, GOOGLE, visitor="two")
    (call,) = take_in(stage, shop, incoming(visit_id=own.id))
    assert credited_visit(story_of(stage, shop, call)) == own


def test_it_credits_the_visit_a_call_came_from_even_when_it_began_later(stage: Stage, shop: Player) -> None:
    own = stage.visit(shop, NOON + MINUTE, YANDEX)
    (call,) = take_in(stage, shop, incoming(visit_id=own.id))
    assert credited_visit(story_of(stage, shop, call)) == own


def test_it_credits_nothing_for_a_visit_it_does_not_know(stage: Stage, shop: Player) -> None:
    (call,) = take_in(stage, shop, incoming(visit_id=1))
    assert story_of(stage, shop, call).visit is None


def test_it_credits_each_call_of_a_batch_by_its_own_visit(stage: Stage, shop: Player) -> None:
    visits = [
        stage.visit(shop, NOON - hours * HOUR, source, visitor=visitor)
        for hours, source, visitor in ((5, YANDEX, "first"), (4, GOOGLE, "second"), (3, DIRECT, "second"))
    ]
    first, second, nobody = take_in(
        stage, shop, incoming(visit_id=visits[0].id), incoming(visit_id=visits[2].id), incoming()
    )
    result = [credited_visit(story_of(stage, shop, call)) for call in (first, second, nobody)]
    assert result == [visits[0], visits[1], None]
