"""Where SQL repeats a rule of the domain, both say the same of whatever is stored."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from cast import Player, Stage
from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.origin import Origin, origin_of_deal
from dealtrace.attribution.traffic_source import TrafficSource, part_key
from dealtrace.attribution.visit import VisitId
from dealtrace.deals.deal import DealId
from dealtrace.deals.lead_clue import NO_CLUE
from dealtrace.deals.matchers import Matcher, MatcherKind
from dealtrace.leads.annotations import Annotations
from dealtrace.leads.lead import LeadKind
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.reports.ask import stored_facts
from dealtrace.reports.facts import Fact
from dealtrace.storage.deals.deals import list_deals_by_id
from dealtrace.storage.journals.call_counts import count_by_term
from dealtrace.storage.journals.deal_entries import list_deal_entries
from dealtrace.storage.journals.deal_list import DealFilters, query_deal_list
from dealtrace.storage.journals.keyset_pages import Cursor, find_page
from dealtrace.storage.journals.lead_entries import LeadEntry, list_lead_entries
from dealtrace.storage.journals.lead_journal import LeadField, LeadFilter, LeadOperator, LeadQuery, query_leads
from dealtrace.storage.leads.lead_summaries import find_lead_summaries
from dealtrace.storage.reports.fact_tables import DealTime
from dealtrace.storage.visits.credits import find_deal_visits
from write_commands import NOON, by_call, by_lead_request, registration

EXAMPLES = 15
LEADS_MAX = 4
HELD = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
TEXTS = ("", "a", "A", "a%", "яндекс")
DrawnVisit = tuple[TrafficSource, TrafficSource, str | None]
"""Of a visit: source, utm tags and client id."""

VALUE_OF = {
    LeadField.SOURCE: lambda origin: origin.source.source,
    LeadField.MEDIUM: lambda origin: origin.source.medium,
    LeadField.TERM: lambda origin: origin.source.term,
    LeadField.UTM_SOURCE: lambda origin: origin.utm.source,
    LeadField.UTM_MEDIUM: lambda origin: origin.utm.medium,
    LeadField.UTM_CAMPAIGN: lambda origin: origin.utm.campaign,
    LeadField.UTM_CONTENT: lambda origin: origin.utm.content,
    LeadField.UTM_TERM: lambda origin: origin.utm.term,
    LeadField.GOOGLE_CLIENT_ID: lambda origin: origin.details.google_client_id or "",
}
ACCEPTS = {
    LeadOperator.EQUAL: lambda value, text: value == text,
    LeadOperator.NOT_EQUAL: lambda value, text: value != text,
    LeadOperator.CONTAINS: lambda value, text: text in value if text else value == "",
    LeadOperator.NOT_CONTAINS: lambda value, text: text not in value if text else value != "",
}


@dataclass(frozen=True)
class Drawn:
    """A lead to store: its kind, what its visit is (`None`: no visit), and the source it states.

    `credited` is an earlier visit of the same visitor, `None` without one.
    """

    kind: LeadKind
    visit: DrawnVisit | None
    credited: DrawnVisit | None
    stated: TrafficSource | None


sources = st.builds(TrafficSource, *[st.sampled_from(TEXTS)] * len(fields(TrafficSource)))
visits = st.tuples(sources, sources, st.sampled_from([None, "", "a"]))
leads = st.builds(Drawn, st.sampled_from(LeadKind), st.none() | visits, st.none() | visits, st.none() | sources)
DrawnDeal = tuple[Drawn | None, TrafficSource | None, DrawnVisit | None]
deals = st.tuples(st.none() | leads, st.none() | sources, st.none() | visits)
"""A deal's lead, the source that it states, and, if it has no lead, the visit that it names."""


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each example opens a site of its own."""
    return shared_stage


def visit_of(stage: Stage, player: Player, number: int, drawn: DrawnVisit, age: timedelta) -> VisitId:
    source, utm, client_id = drawn
    result = {"visitor": f"v{number}", "utm": utm, "google_client_id": client_id}
    return stage.visit(player, NOON - age, source, **result).id


def store(stage: Stage, player: Player, number: int, drawn: Drawn) -> int:
    visit_id = None
    for visit, age in ((drawn.credited, timedelta(hours=2)), (drawn.visit, timedelta(hours=1))):
        if drawn.visit is not None and visit is not None:
            visit_id = visit_of(stage, player, number, visit, age)
    more = {
        "phone": f"7920000{number:04}",
        "visit_id": visit_id,
        "annotations": Annotations(stated_source=drawn.stated),
    }
    took = stage.call if drawn.kind is LeadKind.CALL else stage.lead_request
    return int(took(player, NOON + number * timedelta(minutes=1), **more).id)


def entries_of(stage: Stage, player: Player, kind: LeadKind, ids: Sequence[int]) -> list[LeadEntry]:
    with stage.database.read() as connection:
        return list_lead_entries(connection, player.site, kind, ids, AttributionModel.FIRST_INTERACTION)


def found_by(stage: Stage, player: Player, kind: LeadKind, match: LeadFilter) -> set[int]:
    query = LeadQuery(kind, AttributionModel.FIRST_INTERACTION, matches=(match,))
    with stage.database.read() as connection:
        return set(find_page(connection, query_leads(player.site, query), Cursor(), 100).ids)


@HELD
@given(st.lists(leads, min_size=1, max_size=LEADS_MAX), st.sampled_from(list(VALUE_OF)), st.sampled_from(TEXTS))
def test_a_filter_finds_the_leads_whose_origin_it_fits(
    stage: Stage, drawn: list[Drawn], field: LeadField, text: str
) -> None:
    player = stage.open_site()
    ids = [store(stage, player, number, item) for number, item in enumerate(drawn)]
    for kind in LeadKind:
        of_kind = [lead_id for lead_id, item in zip(ids, drawn, strict=True) if item.kind is kind]
        origins: dict[int, Origin] = {entry.lead.id: entry.origin for entry in entries_of(stage, player, kind, of_kind)}
        for operator, accepts in ACCEPTS.items():
            expected = {lead_id for lead_id, origin in origins.items() if accepts(VALUE_OF[field](origin), text)}
            assert found_by(stage, player, kind, LeadFilter(field, text, operator)) == expected


@HELD
@given(st.lists(leads, min_size=1, max_size=LEADS_MAX))
def test_keywords_are_counted_by_the_origins_of_calls(stage: Stage, drawn: list[Drawn]) -> None:
    player = stage.open_site()
    ids = [store(stage, player, number, item) for number, item in enumerate(drawn) if item.kind is LeadKind.CALL]
    medium = "a"
    query = LeadQuery(
        LeadKind.CALL, AttributionModel.FIRST_INTERACTION, matches=(LeadFilter(LeadField.MEDIUM, medium),)
    )
    with stage.database.read() as connection:
        counted = count_by_term(connection, query_leads(player.site, query), 100)
    entries = entries_of(stage, player, LeadKind.CALL, ids)
    origins = [entry.origin for entry in entries]
    assert dict(counted) == Counter(origin.source.term for origin in origins if origin.source.medium == medium)


@HELD
@given(st.lists(deals, min_size=1, max_size=LEADS_MAX))
def test_the_journal_of_deals_gathers_the_origin_that_the_deal_and_its_lead_have(
    stage: Stage, drawn: list[DrawnDeal]
) -> None:
    player = stage.open_site()
    ids = register(stage, player, drawn)
    with stage.database.read() as connection:
        entries = list_deal_entries(connection, player.site.id, ids, AttributionModel.FIRST_INTERACTION)
        of_deal = origins_of(connection, player, ids)
    assert {entry.id: entry.origin for entry in entries} == of_deal


@HELD
@given(st.lists(deals, min_size=1, max_size=LEADS_MAX), st.sampled_from([*TEXTS[1:], " a", "b", "(not set)"]))
def test_the_list_of_deals_finds_those_whose_origin_has_a_source_and_those_that_have_any(
    stage: Stage, drawn: list[DrawnDeal], text: str
) -> None:
    player = stage.open_site(attribution=AttributionModel.FIRST_INTERACTION)
    ids = register(stage, player, drawn)
    with stage.database.read() as connection:
        origins = origins_of(connection, player, ids)
        facts = stored_facts(connection, player.site)
        rows = facts.fetch(facts.tables.rows(Fact.DEALS, ["is_matched"], DealTime.HAPPENED))
        of_source = listed(connection, player, source=text)
        matched, unmatched = (listed(connection, player, is_matched=is_matched) for is_matched in (True, False))
    expected = {deal_id for deal_id, origin in origins.items() if part_key(origin.source.source) == part_key(text)}
    assert of_source == expected
    assert matched == {deal_id for deal_id, (lead, *_) in zip(ids, drawn, strict=True)
                       if lead is not None or origins[deal_id].is_known}  # fmt: skip
    assert unmatched == set(ids) - matched
    assert {tuple(row) for row in rows} == {(deal_id, deal_id in matched) for deal_id in ids}


def register(stage: Stage, player: Player, drawn: Sequence[DrawnDeal]) -> list[DealId]:
    """Register deals and return their ids; each has the lead or else the visit that was drawn for it."""
    wanted = []
    for number, (lead, stated, visit) in enumerate(drawn):
        clue, matchers = NO_CLUE, None
        if lead is not None:
            name = by_call if lead.kind is LeadKind.CALL else by_lead_request
            clue = name(store(stage, player, number, lead))
        elif visit is not None:
            visit_id = visit_of(stage, player, number, visit, timedelta(hours=1))
            matchers = (Matcher(MatcherKind.VISIT, visit_ids=(visit_id,)),)
        wanted.append(registration(str(number), clue=clue, stated_source=stated, matchers=matchers))
    return [receipt.deal_id for receipt in stage.perform(register_deals, player, *wanted)]


def origins_of(connection: Connection, player: Player, ids: Sequence[DealId]) -> dict[DealId, Origin]:
    """Return what `origin_of_deal` says of deals, by id, from what each deal and its lead have."""
    model = AttributionModel.FIRST_INTERACTION
    stored = list_deals_by_id(connection, player.site.id, ids)
    refs = [deal.lead for deal in stored if deal.lead is not None]
    summaries = find_lead_summaries(connection, player.site.id, refs, model)
    visits_of_deals = find_deal_visits(connection, player.site.id, stored, model)
    return {
        deal.id: origin_of_deal(
            summaries[deal.lead].origin if deal.lead is not None else None,
            deal.stated_source,
            visits_of_deals.get(deal.id),
        )
        for deal in stored
    }


def listed(connection: Connection, player: Player, **filters: Any) -> set[int]:
    query = query_deal_list(player.site, DealFilters(**filters))
    return set(find_page(connection, query, Cursor(), 100).ids)
