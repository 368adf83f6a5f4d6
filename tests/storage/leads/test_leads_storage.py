"""Calls and lead requests: kept, found by contact and time, by name, and told with their stories."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, insert

from dealtrace.attribution.credit import WHOLE, AttributionModel, Credit
from dealtrace.attribution.origin import LeadVisit
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.attribution.visit import Visit, VisitId
from dealtrace.leads.call import Call, CallId
from dealtrace.leads.client import Client, ClientId
from dealtrace.leads.lead import LeadKind, LeadRef, LeadSpan
from dealtrace.leads.lead_request import LeadRequest, LeadRequestId
from dealtrace.leads.lead_summary import LeadSummary
from dealtrace.leads.limits import CALL_DURATION_MAX
from dealtrace.storage.database.database_errors import is_lost_race
from dealtrace.storage.leads.clients import insert_clients
from dealtrace.storage.leads.contact_rows import SpanQuery, list_spans
from dealtrace.storage.leads.lead_rows import NewLead
from dealtrace.storage.leads.lead_summaries import find_lead_summaries
from dealtrace.storage.leads.leads import find_ids_by_reference, find_known_ids, find_visited_at, insert_leads
from dealtrace.storage.schema.tables.visits import traffic_source
from dealtrace.storage.visits.credits import replace_credits
from dealtrace.storage.visits.visits import insert_visits
from write_commands import NOON

MICROSECOND = timedelta(microseconds=1)
HOUR = timedelta(hours=1)
CALL, LEAD_REQUEST = LeadKind.CALL, LeadKind.LEAD_REQUEST
LAST, NON_DIRECT = AttributionModel.LAST_INTERACTION, AttributionModel.LAST_NON_DIRECT
CLIENT = Client(ClientId(9), "Иван")


@pytest.fixture
def connection(connection: Connection) -> Connection:
    for site_id in (1, 2):
        insert_clients(connection, site_id, [CLIENT])
    return connection


def call(number: int, contact: str = "79", *, at: datetime = NOON, minutes: int = 5, **more: Any) -> NewLead:
    lead = Call(CallId(number), more.get("reference"), at, timedelta(minutes=minutes), more.get("visit"))
    span = LeadSpan(LeadRef(CALL, number), contact, at, lead.ended_at, lead.reference or "")
    return NewLead(lead, CLIENT.id, contact, None, (span,))


def lead_request(number: int, *contacts: str, at: datetime = NOON, **more: Any) -> NewLead:
    lead = LeadRequest(LeadRequestId(number), f"R{number}", at, more.get("form", ""), more.get("visit"))
    ref = LeadRef(LEAD_REQUEST, number)
    spans = tuple(LeadSpan(ref, contact, at, at, lead.number) for contact in contacts)
    return NewLead(lead, CLIENT.id, None, None, spans)


def keep(connection: Connection, *leads: NewLead, site_id: int = 1) -> None:
    insert_leads(connection, site_id, leads, NOON)


def found(connection: Connection, *queries: tuple[str, datetime, datetime], site_id: int = 1) -> list[int]:
    return sorted(span.ref.id for span in list_spans(connection, site_id, [SpanQuery(*query) for query in queries]))


# By contact.


def test_it_finds_leads_of_a_contact_with_all_that_matching_needs(connection: Connection) -> None:
    leads = [call(1, reference="ref"), call(2), lead_request(3, "79", "a@b.ru")]
    keep(connection, *leads)
    spans = list_spans(connection, 1, [SpanQuery("79", NOON, NOON), SpanQuery("a@b.ru", NOON, NOON)])
    expected = [span for lead in leads for span in lead.spans]
    assert sorted(spans, key=repr) == sorted(expected, key=repr)


@pytest.mark.parametrize(
    ("until", "ended_since", "ids"),
    [
        (NOON, NOON, [1]),
        (NOON - MICROSECOND, NOON - HOUR, []),
        (NOON + HOUR, NOON + 5 * HOUR / 60, [1]),
        (NOON + HOUR, NOON + 5 * HOUR / 60 + MICROSECOND, []),
        (NOON + HOUR, NOON - HOUR, [1]),
    ],
)
def test_it_counts_both_ends_of_a_call(
    connection: Connection, until: datetime, ended_since: datetime, ids: list[int]
) -> None:
    keep(connection, call(1, minutes=5))
    assert found(connection, ("79", until, ended_since)) == ids


def test_it_finds_the_longest_call_until_its_end(connection: Connection) -> None:
    end = NOON + CALL_DURATION_MAX
    keep(connection, call(1, minutes=CALL_DURATION_MAX // timedelta(minutes=1)))
    assert found(connection, ("79", end, end)) == [1]
    assert found(connection, ("79", end + HOUR, end + MICROSECOND)) == []


def test_it_answers_many_queries_with_each_lead_once(connection: Connection) -> None:
    keep(connection, *[call(number, f"7{number}") for number in range(300)])
    wide = [(f"7{number}", NOON, NOON) for number in range(0, 600, 2)]
    assert found(connection, *wide, *wide) == list(range(0, 300, 2))
    assert found(connection, ("70", NOON, NOON), ("70", NOON + HOUR, NOON - HOUR)) == [0]
    assert found(connection) == []


def test_it_keeps_queries_apart_though_asked_together(connection: Connection) -> None:
    keep(connection, call(1, "71", at=NOON), call(2, "72", at=NOON + 3 * HOUR))
    assert found(connection, ("71", NOON + 4 * HOUR, NOON + 2 * HOUR), ("72", NOON, NOON - HOUR)) == []
    assert found(connection, ("71", NOON, NOON), ("72", NOON + 4 * HOUR, NOON)) == [1, 2]


@pytest.mark.parametrize("contact", ["'", '"', "\\", "ё@ё.рф", '","', "[", "%", "null", ""])
def test_it_compares_contacts_letter_for_letter(connection: Connection, contact: str) -> None:
    keep(connection, call(1, contact), call(2, contact + "x"))
    assert found(connection, (contact, NOON, NOON)) == [1]


def test_it_states_instants_far_away(connection: Connection) -> None:
    moments = [datetime.fromisoformat(text) for text in ("1970-01-01T00:00:00+00:00", "2999-01-01T00:00:00+00:00")]
    keep(connection, *[call(number, at=at, minutes=0) for number, at in enumerate(moments)])
    (early,), (late,) = (list_spans(connection, 1, [SpanQuery("79", at, at)]) for at in moments)
    assert [early.started_at, late.started_at] == moments


# By name.


def test_it_states_which_ids_are_leads_of_a_kind(connection: Connection) -> None:
    keep(connection, call(1), call(2), lead_request(3, "79"))
    keep(connection, call(4), lead_request(5), site_id=2)
    assert find_known_ids(connection, 1, CALL, [1, 2, 2, 3, 4, 404]) == {1, 2}
    assert find_known_ids(connection, 1, LEAD_REQUEST, [1, 3, 5]) == {3}
    assert find_known_ids(connection, 1, CALL, []) == set()


def test_it_finds_leads_by_their_foreign_name(connection: Connection) -> None:
    keep(connection, call(1, reference="a"), call(2, reference="R3"), lead_request(3), call(4))
    keep(connection, call(5, reference="theirs"), lead_request(6), site_id=2)
    assert find_ids_by_reference(connection, 1, CALL, ["a", "R3", "a", "A", "theirs", ""]) == {"a": 1, "R3": 2}
    assert find_ids_by_reference(connection, 1, LEAD_REQUEST, ["R3", "a", "R6"]) == {"R3": 3}
    assert find_ids_by_reference(connection, 1, LEAD_REQUEST, []) == {}


@pytest.mark.parametrize("second", [call(2, reference="a"), call(1, reference="b")], ids=["reference", "id"])
def test_it_calls_it_a_lost_race_when_somebody_came_first(connection: Connection, second: NewLead) -> None:
    keep(connection, call(1, reference="a"))
    with pytest.raises(Exception, match="call") as lost, connection.begin_nested():
        keep(connection, second)
    assert is_lost_race(lost.value)


def test_it_keeps_leads_of_one_name_in_two_sites(connection: Connection) -> None:
    for site_id in (1, 2):
        keep(connection, call(1, reference="a"), lead_request(2, "79"), site_id=site_id)
        assert found(connection, ("79", NOON, NOON), site_id=site_id) == [1, 2]
    assert found(connection, ("79", NOON, NOON), site_id=3) == []


def test_it_keeps_nothing_of_nothing(connection: Connection) -> None:
    keep(connection)
    assert find_visited_at(connection, 1, []) == {}
    assert find_lead_summaries(connection, 1, [], LAST) == {}


# Their visits.


@pytest.fixture
def visits(connection: Connection) -> list[Visit]:
    """Give two visits that both sites know."""
    made = [
        Visit(VisitId(number), "v", NOON - shift * HOUR, TrafficSource(name))
        for number, shift, name in ((21, 5, "yandex"), (22, 1, "(direct)"))
    ]
    for site_id in (1, 2):
        rows = [
            {"site_id": site_id, "id": visit.id, "digest": str(visit.id), **asdict(visit.traffic_source)}
            for visit in made
        ]
        connection.execute(insert(traffic_source), rows)
        insert_visits(connection, site_id, made, {visit.traffic_source: visit.id for visit in made})
    return made


def test_it_states_when_the_visits_of_leads_began(connection: Connection, visits: list[Visit]) -> None:
    keep(connection, call(1, visit=21), lead_request(2, visit=22), call(3), call(4, visit=404))
    keep(connection, call(5, visit=21), site_id=2)
    refs = [LeadRef(CALL, number) for number in (1, 3, 4, 5)] + [LeadRef(LEAD_REQUEST, number) for number in (2, 1)]
    assert find_visited_at(connection, 1, refs) == {
        LeadRef(CALL, 1): NOON - 5 * HOUR,
        LeadRef(LEAD_REQUEST, 2): NOON - HOUR,
    }


def test_it_states_the_stories_of_leads_by_the_model_that_is_asked_for(
    connection: Connection, visits: list[Visit]
) -> None:
    early, late = visits
    keep(
        connection,
        call(1, minutes=7, visit=22),
        lead_request(2, form="Обратный звонок", visit=22),
        call(3),
    )
    whole, half = [Credit(late, WHOLE)], [Credit(early, WHOLE // 2), Credit(late, WHOLE // 2)]
    replace_credits(connection, 1, {1: {LAST: [Credit(early, WHOLE)]}})
    replace_credits(connection, 1, {1: {LAST: whole, NON_DIRECT: half}, 2: {LAST: whole}})
    refs = [LeadRef(CALL, 1), LeadRef(LEAD_REQUEST, 2), LeadRef(CALL, 3), LeadRef(CALL, 404)]
    result = find_lead_summaries(connection, 1, refs, LAST)
    assert result == {
        refs[0]: LeadSummary(refs[0], CLIENT, LeadVisit(late, late), timedelta(minutes=7)),
        refs[1]: LeadSummary(refs[1], CLIENT, LeadVisit(late, late), form_name="Обратный звонок"),
        refs[2]: LeadSummary(refs[2], CLIENT, None, timedelta(minutes=5)),
    }
    under_another = find_lead_summaries(connection, 1, refs, NON_DIRECT)
    assert [story.visit for story in under_another.values()] == [LeadVisit(late, early), None, None]


def test_it_states_nothing_of_a_neighbours_leads(connection: Connection, visits: list[Visit]) -> None:
    keep(connection, call(1, visit=21), site_id=2)
    replace_credits(connection, 2, {1: {LAST: [Credit(visits[0], WHOLE)]}})
    refs = [LeadRef(CALL, 1), LeadRef(LEAD_REQUEST, 1)]
    assert find_lead_summaries(connection, 1, refs, LAST) == {}
    assert find_visited_at(connection, 1, refs) == {}
    assert list_spans(connection, 1, [SpanQuery("79", NOON, NOON)]) == []
