"""Where SQL repeats a rule of the domain, both say the same of whatever is stored."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cast import Player, Stage
from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.origin import Origin, origin_of_deal
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.deals.lead_clue import NO_CLUE
from dealtrace.leads.annotations import Annotations
from dealtrace.leads.lead import LeadKind
from dealtrace.operations.deals.register import register_deals
from dealtrace.storage.deals.deals import list_deals_by_id
from dealtrace.storage.journals.call_counts import count_by_term
from dealtrace.storage.journals.deal_entries import list_deal_entries
from dealtrace.storage.journals.keyset_pages import Cursor, find_page
from dealtrace.storage.journals.lead_entries import LeadEntry, list_lead_entries
from dealtrace.storage.journals.lead_journal import Field, Filter, LeadQuery, Operator, query_leads
from dealtrace.storage.leads.lead_summaries import find_lead_summaries
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

VALUE_OF = {
    Field.SOURCE: lambda origin: origin.source.source,
    Field.MEDIUM: lambda origin: origin.source.medium,
    Field.TERM: lambda origin: origin.source.term,
    Field.UTM_SOURCE: lambda origin: origin.utm.source,
    Field.UTM_MEDIUM: lambda origin: origin.utm.medium,
    Field.UTM_CAMPAIGN: lambda origin: origin.utm.campaign,
    Field.UTM_CONTENT: lambda origin: origin.utm.content,
    Field.UTM_TERM: lambda origin: origin.utm.term,
    Field.GOOGLE_CLIENT_ID: lambda origin: origin.details.google_client_id or "",
}
ACCEPTS = {
    Operator.EQUAL: lambda value, text: value == text,
    Operator.NOT_EQUAL: lambda value, text: value != text,
    Operator.CONTAINS: lambda value, text: text in value if text else value == "",
    Operator.NOT_CONTAINS: lambda value, text: text not in value if text else value != "",
}


@dataclass(frozen=True)
class Drawn:
    """A lead to store: its kind, what its visit is (`None`: no visit), and the source it states.

    Of a visit: source, utm tags and client id; `credited` is an earlier visit of the same visitor, `None` without one.
    """

    kind: LeadKind
    visit: tuple[TrafficSource, TrafficSource, str | None] | None
    credited: tuple[TrafficSource, TrafficSource, str | None] | None
    stated: TrafficSource | None


sources = st.builds(TrafficSource, *[st.sampled_from(TEXTS)] * len(fields(TrafficSource)))
visits = st.tuples(sources, sources, st.sampled_from([None, "", "a"]))
leads = st.builds(Drawn, st.sampled_from(LeadKind), st.none() | visits, st.none() | visits, st.none() | sources)
deals = st.tuples(st.none() | leads, st.none() | sources)


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each example opens a site of its own."""
    return shared_stage


def store(stage: Stage, player: Player, number: int, drawn: Drawn) -> int:
    visit_id = None
    for visit, age in ((drawn.credited, timedelta(hours=2)), (drawn.visit, timedelta(hours=1))):
        if drawn.visit is not None and visit is not None:
            source, utm, client_id = visit
            result = {"visitor": f"v{number}", "utm": utm, "google_client_id": client_id}
            visit_id = stage.visit(player, NOON - age, source, **result).id
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


def found_by(stage: Stage, player: Player, kind: LeadKind, match: Filter) -> set[int]:
    query = LeadQuery(kind, AttributionModel.FIRST_INTERACTION, matches=(match,))
    with stage.database.read() as connection:
        return set(find_page(connection, query_leads(player.site, query), Cursor(), 100).ids)


@HELD
@given(st.lists(leads, min_size=1, max_size=LEADS_MAX), st.sampled_from(list(VALUE_OF)), st.sampled_from(TEXTS))
def test_a_filter_finds_the_leads_whose_origin_it_fits(
    stage: Stage, drawn: list[Drawn], field: Field, text: str
) -> None:
    player = stage.open_site()
    ids = [store(stage, player, number, item) for number, item in enumerate(drawn)]
    for kind in LeadKind:
        of_kind = [lead_id for lead_id, item in zip(ids, drawn, strict=True) if item.kind is kind]
        origins: dict[int, Origin] = {entry.lead.id: entry.origin for entry in entries_of(stage, player, kind, of_kind)}
        for operator, accepts in ACCEPTS.items():
            expected = {lead_id for lead_id, origin in origins.items() if accepts(VALUE_OF[field](origin), text)}
            assert found_by(stage, player, kind, Filter(field, text, operator)) == expected


@HELD
@given(st.lists(leads, min_size=1, max_size=LEADS_MAX))
def test_keywords_are_counted_by_the_origins_of_calls(stage: Stage, drawn: list[Drawn]) -> None:
    player = stage.open_site()
    ids = [store(stage, player, number, item) for number, item in enumerate(drawn) if item.kind is LeadKind.CALL]
    medium = "a"
    query = LeadQuery(LeadKind.CALL, AttributionModel.FIRST_INTERACTION, matches=(Filter(Field.MEDIUM, medium),))
    with stage.database.read() as connection:
        counted = count_by_term(connection, query_leads(player.site, query), 100)
    entries = entries_of(stage, player, LeadKind.CALL, ids)
    origins = [entry.origin for entry in entries]
    assert dict(counted) == Counter(origin.source.term for origin in origins if origin.source.medium == medium)


@HELD
@given(st.lists(deals, min_size=1, max_size=LEADS_MAX))
def test_the_journal_of_deals_gathers_the_origin_that_the_deal_and_its_lead_have(
    stage: Stage, drawn: list[tuple[Drawn | None, TrafficSource | None]]
) -> None:
    player = stage.open_site()
    wanted = []
    for number, (lead, stated) in enumerate(drawn):
        clue = NO_CLUE
        if lead is not None:
            name = by_call if lead.kind is LeadKind.CALL else by_lead_request
            clue = name(store(stage, player, number, lead))
        wanted.append(registration(str(number), clue=clue, stated_source=stated))
    ids = [receipt.deal_id for receipt in stage.perform(register_deals, player, *wanted)]
    model = AttributionModel.FIRST_INTERACTION
    with stage.database.read() as connection:
        entries = list_deal_entries(connection, player.site.id, ids, model)
        stored = list_deals_by_id(connection, player.site.id, ids)
        refs = [deal.lead for deal in stored if deal.lead is not None]
        summaries = find_lead_summaries(connection, player.site.id, refs, model)
    assert len(refs) == sum(lead is not None for lead, _ in drawn)
    of_deal = {
        deal.id: origin_of_deal(summaries[deal.lead].origin if deal.lead is not None else None, deal.stated_source)
        for deal in stored
    }
    assert {entry.id: entry.origin for entry in entries} == of_deal
