"""What the journal of deals tells: the same as the deals, the summaries of their leads and their tags, read apart."""

from datetime import timedelta

import pytest

from cast import Player, Stage
from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.deals.deal import Deal, DealId
from dealtrace.deals.deal_key import DealKey
from dealtrace.deals.matchers import WITHOUT_SOURCE
from dealtrace.leads.annotations import Annotations
from dealtrace.leads.lead_summary import LeadSummary
from dealtrace.operations.deals.delete import delete_deals
from dealtrace.operations.deals.register import register_deals
from dealtrace.storage.deals.deals import list_deals_by_id
from dealtrace.storage.journals import deal_entries
from dealtrace.storage.journals.deal_entries import DealEntry, list_deal_entries
from dealtrace.storage.leads.lead_summaries import find_lead_summaries
from plans import full_scans, plan_of
from write_commands import NOON, by_call, by_contact, by_lead_request, registration

HOUR = timedelta(hours=1)
GOOGLE, YANDEX, BOARD = (TrafficSource(source, "cpc") for source in ("google", "yandex", "board"))
LAST, NON_DIRECT = AttributionModel.LAST_INTERACTION, AttributionModel.LAST_NON_DIRECT


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


@pytest.fixture(scope="module")
def shop(stage: Stage) -> Player:
    return stage.open_site(fields=["margin"], contact_matching=True)


@pytest.fixture(scope="module")
def deals(stage: Stage, shop: Player) -> list[DealId]:
    """Register a deal of every kind: without a lead, by call, by lead request, with and without visit or source."""
    stage.visit(shop, NOON - 3 * HOUR, YANDEX, visitor="anna", landing_url="https://shop.example/", city="moscow")
    direct = stage.visit(shop, NOON - 2 * HOUR, TrafficSource("(direct)", "(none)"), visitor="anna")
    visited = stage.call(shop, NOON, phone="79200000001", client_name="Анна", visit_id=direct.id)
    unknown = stage.call(shop, NOON, seconds=0, phone="79200000002", annotations=Annotations(stated_source=BOARD))
    form = stage.lead_request(
        shop, NOON, phone="79200000003", form_name="Обратный звонок", annotations=Annotations(stated_source=GOOGLE)
    )
    said = {"tags": ("б", "а"), "custom_values": {"margin": "1"}, "comment": "к обеду", "manager": "Пётр"}
    sent = [
        registration("1", currency="usd", matchers=(WITHOUT_SOURCE,)),
        registration("2", stated_source=BOARD, **said),
        registration("3", clue=by_call(visited.id), stated_source=GOOGLE),
        registration("4", clue=by_call(unknown.id)),
        registration("5", clue=by_lead_request(form.id), tags=("в",)),
        registration("6", clue=by_contact("8 920 000-00-09", "Nobody@shop.example")),
        registration("7", clue=by_contact("79200000001")),
    ]
    ids = [receipt.deal_id for receipt in stage.perform(register_deals, shop, *sent)]
    stage.perform(delete_deals, shop, DealKey(ids[-1], None))
    return ids


def put_together(deal: Deal, lead_summary: LeadSummary | None) -> DealEntry:
    contact = deal.clue.contact
    phone, email = (contact.phone, contact.email) if contact is not None else (None, None)
    return DealEntry(
        deal.id,
        deal.number,
        deal.status,
        deal.amount_rub,
        deal.happened_at,
        deal.touched_at,
        deal.service,
        deal.manager,
        deal.comment,
        phone.as_sent if phone is not None else None,
        email.as_sent if email is not None else None,
        deal.custom_values or None,
        deal.stated_source,
        deal.tags,
        lead_summary,
        currency=deal.currency,
    )


@pytest.mark.parametrize("model", [LAST, NON_DIRECT])
def test_it_tells_what_is_told_apart(stage: Stage, shop: Player, deals: list[DealId], model: AttributionModel) -> None:
    with stage.database.read() as connection:
        found = list_deals_by_id(connection, shop.site.id, deals)
        summaries = find_lead_summaries(connection, shop.site.id, [item.lead for item in found if item.lead], model)
        entries = list_deal_entries(connection, shop.site.id, deals, model)
    assert entries == [put_together(item, summaries.get(item.lead) if item.lead else None) for item in found]
    sources = [
        entry.lead_summary.visit.credited.traffic_source
        for entry in entries
        if entry.lead_summary and entry.lead_summary.visit
    ]
    assert [source.source for source in sources] == (["(direct)"] * 2 if model is LAST else ["yandex"] * 2)


def test_it_keeps_the_order_and_leaves_out_whom_it_does_not_know(
    stage: Stage, shop: Player, deals: list[DealId]
) -> None:
    neighbour = stage.open_site()
    with stage.database.read() as connection:
        backwards = list_deal_entries(connection, shop.site.id, [deals[4], 404, deals[0]], LAST)
        assert [entry.id for entry in backwards] == [deals[4], deals[0]]
        assert list_deal_entries(connection, neighbour.site.id, deals, LAST) == []
        assert list_deal_entries(connection, shop.site.id, [], LAST) == []


def test_it_finds_all_of_it_by_indexes(stage: Stage, shop: Player, deals: list[DealId]) -> None:
    sent = {"site_id": shop.site.id, "ids": deals, "model": int(LAST)}
    with stage.database.read() as connection:
        if not stage.database.is_sqlite:  # nobody would ask an index about so few rows
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        plan = plan_of(stage.database, deal_entries._ENTRIES, connection, sent)
    assert full_scans(stage.database, plan) == []
