"""Rules of the domain that SQL repeats: over random data both give the same answers, on both engines."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, cast, literal, select, update

from cast import MOSCOW, Stage
from dealtrace.accounts.clock_set_back import CLOCKS_APART_MAX
from dealtrace.accounts.site import Site, SiteId
from dealtrace.accounts.webhook import BodyStyle, EventKind, Webhook, WebhookId
from dealtrace.attribution.credit import AttributionModel, credits_under, touches_of
from dealtrace.attribution.traffic_source import NOWHERE, TrafficSource
from dealtrace.attribution.visit import Visit, VisitId
from dealtrace.deals.deal import Deal, DealId
from dealtrace.deals.lead_clue import LeadClue, SearchContacts
from dealtrace.leads.call import Call, CallId, Circumstances
from dealtrace.leads.call_outcome import CallPhase, is_answered, is_missed, phase_of
from dealtrace.leads.contact import StatedContact
from dealtrace.leads.lead import LeadKind, LeadRef, LeadSpan
from dealtrace.leads.lead_request import LeadRequest, LeadRequestId
from dealtrace.leads.missed_calls import RingBack
from dealtrace.leads.qualification import Predecessors, Qualification, is_target_call, qualification_of
from dealtrace.matching.window import window_of
from dealtrace.operations.reports.ask import stored_facts
from dealtrace.reports.facts import Fact
from dealtrace.storage.database.column_types import Instant
from dealtrace.storage.database.due import is_due
from dealtrace.storage.database.engine import Database
from dealtrace.storage.deals.daily_counts import list_miscounted_days
from dealtrace.storage.deals.deal_rows import DealToInsert
from dealtrace.storage.deals.deals import insert_deals
from dealtrace.storage.deals.lead_links import find_ids_by_contact
from dealtrace.storage.id_blocks import IdBlocks
from dealtrace.storage.journals.keyset_pages import Cursor, find_page
from dealtrace.storage.journals.lead_journal import LeadField, LeadFilter, LeadQuery, QualificationFilter, query_leads
from dealtrace.storage.journals.lead_list import LeadFilters, query_lead_list
from dealtrace.storage.leads.contact_rows import SpanQuery, insert_spans, list_spans
from dealtrace.storage.leads.lead_rows import NewLead
from dealtrace.storage.leads.leads import insert_leads
from dealtrace.storage.leads.missed_calls import find_ring_back
from dealtrace.storage.leads.qualification import find_qualifications
from dealtrace.storage.reports.fact_tables import DealTime
from dealtrace.storage.schema.tables.leads import LEAD_TABLES, call
from dealtrace.storage.visits.credits import find_credited_visits, replace_credits
from dealtrace.storage.visits.traffic_sources import intern_sources
from dealtrace.storage.visits.visits import insert_visits
from dealtrace.webhooks.retry import PAUSE_MAX, is_attempt_due
from examples import examples
from write_commands import NOON

EXAMPLES = examples(40)
DAY, SECOND, MICROSECOND = timedelta(days=1), timedelta(seconds=1), timedelta(microseconds=1)
CONTACT = "79205550055"
SITE_IDS = count(1)
ids_of = count(1).__next__

moments = st.builds(
    lambda days, microseconds: NOON + DAY * days + MICROSECOND * microseconds,
    st.integers(-2, 2),
    st.sampled_from([0, 0, 0, -1, 1]),
)
"""Instants that are often equal, and often exactly some days apart, give or take a microsecond."""


@contextmanager
def new_site(database: Database, **values: object) -> Iterator[tuple[Connection, Site]]:
    site = Site(SiteId(next(SITE_IDS)), "Shop", MOSCOW, **values)  # type: ignore[arg-type]
    with database.write() as connection:
        yield connection, site


# What leads count for.


@dataclass(frozen=True)
class RandomLead:
    client_id: int
    started_at: datetime
    seconds: int
    is_successful: bool | None
    is_deleted: bool


random_leads = st.lists(
    st.builds(
        RandomLead,
        client_id=st.sampled_from([1, 1, 1, 2]),
        started_at=moments,
        seconds=st.sampled_from([0, 29, 30, 31, 300]),
        is_successful=st.sampled_from([None, True, False]),
        is_deleted=st.sampled_from([False, False, True]),
    ),
    min_size=2,
    max_size=6,
)


def store(connection: Connection, site: Site, kind: LeadKind, leads: Sequence[RandomLead]) -> dict[int, RandomLead]:
    by_id = {ids_of(): lead for lead in leads}
    rows = [
        NewLead(
            Call(CallId(lead_id), None, lead.started_at, SECOND * lead.seconds)
            if kind is LeadKind.CALL
            else LeadRequest(LeadRequestId(lead_id), str(lead_id), lead.started_at, ""),
            lead.client_id,
            CONTACT,
            None,
            (),
            circumstances=Circumstances(is_successful=lead.is_successful),
        )
        for lead_id, lead in by_id.items()
    ]
    insert_leads(connection, site.id, rows, NOON)
    table = LEAD_TABLES[kind]
    deleted = [lead_id for lead_id, lead in by_id.items() if lead.is_deleted]
    connection.execute(update(table).where(table.c.site_id == site.id, table.c.id.in_(deleted)).values(deleted_at=NOON))
    return by_id


def qualification_by_the_rules(kind: LeadKind, leads: dict[int, RandomLead], lead_id: int, site: Site) -> Qualification:
    def is_target(lead: RandomLead) -> bool:
        circumstances = Circumstances(is_successful=lead.is_successful)
        return kind is not LeadKind.CALL or is_target_call(circumstances, SECOND * lead.seconds, site.target_call)

    lead = leads[lead_id]
    earlier = [
        other
        for other_id, other in leads.items()
        if other.client_id == lead.client_id
        and not other.is_deleted
        and (other.started_at, other_id) < (lead.started_at, lead_id)
    ]
    before = Predecessors(
        max((other.started_at for other in earlier), default=None),
        max((other.started_at for other in earlier if is_target(other)), default=None),
    )
    return qualification_of(lead.started_at, before, site.unique_depth, is_target=is_target(lead))


@settings(max_examples=EXAMPLES)
@given(
    leads=random_leads,
    kind=st.sampled_from(LeadKind),
    depth=st.sampled_from([DAY, 2 * DAY, None]),
    target=st.sampled_from([timedelta(0), 30 * SECOND]),
)
def test_what_leads_count_for(
    shared_stage: Stage, leads: list[RandomLead], kind: LeadKind, depth: timedelta | None, target: timedelta
) -> None:
    with new_site(shared_stage.database, unique_depth=depth, target_call=target) as (connection, site):
        by_id = store(connection, site, kind, leads)
        expected = {LeadRef(kind, lead_id): qualification_by_the_rules(kind, by_id, lead_id, site) for lead_id in by_id}
        assert find_qualifications(connection, site, expected) == expected
        for counting, counts in (
            (QualificationFilter.UNIQUE, lambda found: found.is_unique),
            (QualificationFilter.TARGET, lambda found: found.is_target),
            (QualificationFilter.UNIQUE_TARGET, lambda found: found.is_unique_target),
        ):
            query = LeadQuery(kind, AttributionModel.LAST_INTERACTION, qualifications=frozenset({counting}))
            page = find_page(connection, query_leads(site, query), Cursor(), 100)
            listed = {ref.id for ref, found in expected.items() if counts(found) and not by_id[ref.id].is_deleted}
            assert set(page.ids) == listed, counting


# Whether calls were answered or missed, and which of them are to be returned.


@dataclass(frozen=True)
class RandomCall:
    client_id: int
    started_at: datetime
    seconds: int
    is_successful: bool | None
    pbx: str | None
    phone: str
    ring_back: RingBack | None
    is_deleted: bool

    @property
    def details(self) -> Circumstances:
        return Circumstances(is_successful=self.is_successful, pbx=self.pbx)

    @property
    def duration(self) -> timedelta:
        return SECOND * self.seconds


random_calls = st.lists(
    st.builds(
        RandomCall,
        client_id=st.sampled_from([1, 2, 3]),
        started_at=moments,
        seconds=st.sampled_from([0, 0, 1, 30]),
        is_successful=st.sampled_from([None, None, True, False]),
        pbx=st.sampled_from([None, "", "mango"]),
        phone=st.sampled_from([CONTACT, CONTACT, CONTACT, ""]),
        ring_back=st.sampled_from([None, None, *RingBack]),
        is_deleted=st.sampled_from([False, False, False, True]),
    ),
    min_size=1,
    max_size=8,
)


def store_calls(connection: Connection, site: Site, calls: Sequence[RandomCall]) -> dict[int, RandomCall]:
    by_id = {ids_of(): each for each in calls}
    rows = [
        NewLead(
            Call(CallId(call_id), None, each.started_at, each.duration),
            each.client_id,
            each.phone,
            None,
            (),
            circumstances=each.details,
        )
        for call_id, each in by_id.items()
    ]
    insert_leads(connection, site.id, rows, NOON)
    for call_id, each in by_id.items():
        values = {"ring_back": each.ring_back, "deleted_at": NOON if each.is_deleted else None}
        connection.execute(update(call).where(call.c.site_id == site.id, call.c.id == call_id).values(values))
    return by_id


def outcome_by_the_rules(each: RandomCall) -> str:
    """Return whether a call is in progress, answered or missed; no call is two of these, or none."""
    outcomes = {
        "in progress": phase_of(each.details, each.duration) is CallPhase.ONGOING,
        "answered": is_answered(each.details, each.duration),
        "missed": is_missed(each.details, each.duration),
    }
    (outcome,) = (name for name, is_so in outcomes.items() if is_so)
    return outcome


@settings(max_examples=EXAMPLES)
@given(calls=random_calls, target=st.sampled_from([timedelta(0), 30 * SECOND]))
def test_whether_calls_were_answered_or_missed(shared_stage: Stage, calls: list[RandomCall], target: timedelta) -> None:
    with new_site(shared_stage.database, target_call=target) as (connection, site):
        stored = store_calls(connection, site, calls)
        by_id = {call_id: each for call_id, each in stored.items() if not each.is_deleted}
        outcomes = {call_id: outcome_by_the_rules(each) for call_id, each in by_id.items()}
        facts = stored_facts(connection, site)
        attributes = ("is_answered", "is_missed", "is_target")
        rows = facts.fetch(facts.tables.rows(Fact.LEADS, attributes, DealTime.HAPPENED))
        assert {tuple(row) for row in rows} == {
            (
                call_id,
                outcomes[call_id] == "answered",
                outcomes[call_id] == "missed",
                is_target_call(each.details, each.duration, target),
            )
            for call_id, each in by_id.items()
        }
        missed = {call_id for call_id, each in by_id.items() if outcomes[call_id] == "missed" and each.phone}
        latest = {
            max((each.started_at, call_id) for call_id, each in by_id.items() if each.client_id == client_id)[1]
            for client_id in {each.client_id for each in by_id.values()}
        }
        marked = {call_id for call_id in missed if by_id[call_id].ring_back is not None}
        assert calls_listed(connection, site, to_ring_back=True) == missed & latest - marked
        assert calls_listed(connection, site, is_dealt_with=True) == marked
        for call_id, outcome in outcomes.items():
            found = find_ring_back(connection, site.id, call_id)
            assert found is not None
            assert found.is_missed is (outcome == "missed")


def calls_listed(connection: Connection, site: Site, **filters: bool) -> set[int]:
    query = query_lead_list(site.id, LeadFilters(LeadKind.CALL, **filters))  # type: ignore[arg-type]
    return set(find_page(connection, query, Cursor(), 100).ids)


# Which visit is credited.


@settings(max_examples=EXAMPLES)
@given(
    visits=st.lists(st.tuples(moments, st.sampled_from([NOWHERE, TrafficSource("yandex", "cpc")])), max_size=5),
    lead_at=moments,
    own=st.integers(0, 4),
)
def test_which_visit_is_credited(
    shared_stage: Stage, visits: list[tuple[datetime, TrafficSource]], lead_at: datetime, own: int
) -> None:
    sources = IdBlocks(shared_stage.database.writer)
    sources.ensure(2)
    with new_site(shared_stage.database) as (connection, site):
        (lead_id,) = store(connection, site, LeadKind.CALL, [RandomLead(1, lead_at, 30, True, False)])
        stored = [Visit(VisitId(ids_of()), "visitor", at, source) for at, source in visits]
        source_ids = intern_sources(connection, sources, site.id, {visit.traffic_source for visit in stored})
        if stored:
            insert_visits(connection, site.id, stored, source_ids)
        touches = touches_of(lead_at, stored[own % len(stored)], stored) if stored else []
        credited = {model: credits_under(model, touches) for model in AttributionModel}
        replace_credits(connection, site.id, {lead_id: credited})
        for model, shares in credited.items():
            expected = {lead_id: shares[0].visit} if shares else {}
            assert find_credited_visits(connection, site.id, [lead_id], model) == expected
            source = shares[0].visit.traffic_source.source if shares else ""
            query = LeadQuery(LeadKind.CALL, model, matches=(LeadFilter(LeadField.SOURCE, source),))
            assert find_page(connection, query_leads(site, query), Cursor(), 9).ids == [lead_id]


# When a deal may have grown out of a lead, and on which days deals count.

thresholds = st.sampled_from([timedelta(0), SECOND, DAY, 3 * DAY])
durations = st.sampled_from([timedelta(0), 300 * SECOND, DAY])


def deal_of_a_contact(happened_at: datetime, threshold: timedelta) -> Deal:
    contact = StatedContact(CONTACT, CONTACT)
    clue = LeadClue(None, SearchContacts(contact, None, threshold))
    number = ids_of()
    bare = Deal(DealId(number), str(number), "new", Decimal(0), happened_at, NOON, NOON, "crm")
    return replace(bare, clue=clue)


@settings(max_examples=EXAMPLES)
@given(
    deals=st.lists(st.tuples(moments, thresholds), min_size=1, max_size=6),
    lead=st.tuples(moments, durations, st.sampled_from([CONTACT, "79990001122"])),
)
def test_when_a_deal_may_have_grown_out_of_a_lead(
    shared_stage: Stage, deals: list[tuple[datetime, timedelta]], lead: tuple[datetime, timedelta, str]
) -> None:
    started_at, duration, contact = lead
    span = LeadSpan(LeadRef(LeadKind.CALL, ids_of()), contact, started_at, started_at + duration)
    with new_site(shared_stage.database) as (connection, site):
        stored = [deal_of_a_contact(happened_at, threshold) for happened_at, threshold in deals]
        insert_deals(connection, site.id, [DealToInsert(deal, "", None) for deal in stored], {})
        insert_spans(connection, site.id, [span])
        expected = set()
        for deal, (happened_at, threshold) in zip(stored, deals, strict=True):
            is_near = contact == CONTACT and window_of(span, threshold).holds(happened_at)
            expected |= {deal.id} if is_near else set()
            query = SpanQuery(CONTACT, happened_at, happened_at - threshold)
            assert list_spans(connection, site.id, [query]) == ([span] if is_near else [])
        assert find_ids_by_contact(connection, site.id, [span]) == expected


@settings(max_examples=EXAMPLES)
@given(happened=st.lists(st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=st.just(UTC)), max_size=5))  # noqa: DTZ001 - Hypothesis adds the zone
def test_on_which_days_deals_count(shared_stage: Stage, happened: list[datetime]) -> None:
    with new_site(shared_stage.database) as (connection, site):
        deals = [DealToInsert(deal_of_a_contact(at, DAY), "", at) for at in happened]
        insert_deals(connection, site.id, deals, {})
        assert list_miscounted_days(connection, site.id) == []


# When something planned is due.

WEBHOOK = Webhook(WebhookId(1), 1, "https://crm.example/", frozenset(EventKind), BodyStyle.FORM, "whsec_", NOON)
distances = st.sampled_from([timedelta(0), PAUSE_MAX, PAUSE_MAX + CLOCKS_APART_MAX]) | st.timedeltas(-DAY, DAY)
around = st.sampled_from([timedelta(0), MICROSECOND, -MICROSECOND])


@settings(max_examples=EXAMPLES)
@given(planned=st.lists(st.builds(lambda apart, more: NOON + apart + more, distances, around), min_size=1, max_size=9))
def test_when_something_planned_is_due(shared_stage: Stage, planned: list[datetime]) -> None:
    expected = [is_attempt_due(replace(WEBHOOK, next_attempt_at=at), NOON) for at in planned]
    due = [
        is_due(cast(literal(at, Instant), Instant), NOON, PAUSE_MAX).label(f"due_{n}") for n, at in enumerate(planned)
    ]
    with shared_stage.database.read() as connection:
        assert list(map(bool, connection.execute(select(*due)).one())) == expected
