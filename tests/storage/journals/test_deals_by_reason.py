"""Lists of deals by the reason why they were matched: each reason lists the deals that show it, and no others."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from cast import Player, Stage
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.matching.match_reason import UNMATCHED_REASONS, MatchReason, match_reason_of
from dealtrace.operations.deals.pin import pin_deal
from dealtrace.operations.deals.register import register_deals
from dealtrace.storage.deals.deals import list_deals_by_id
from dealtrace.storage.deals.match_reasons import find_match_reasons
from dealtrace.storage.journals.deal_list import DealFilters, query_deal_list
from dealtrace.storage.journals.keyset_pages import count_rows, find_oldest
from dealtrace.storage.schema.tables.deals import deal
from plans import statements_on
from write_commands import NOON, by_call, by_contact, registration

DEALS_MAX = 10


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


def _listed(stage: Stage, player: Player, reason: MatchReason | None) -> list[int]:
    with stage.database.read() as connection:
        query = query_deal_list(player.site, DealFilters(reason=reason))
        return find_oldest(connection, query, None, DEALS_MAX).ids


@pytest.mark.parametrize("contact_matching", [True, False])
def test_each_reason_lists_the_deals_that_have_it(stage: Stage, *, contact_matching: bool) -> None:
    player = stage.open_site(contact_matching=contact_matching)
    call = stage.call(player, NOON - timedelta(minutes=5), phone="79161234567")
    deals = [
        registration("nothing"),
        registration("named", clue=by_call(call.id)),
        registration("unknown", clue=by_call(call.id + 1_000_000)),
        registration("phone", clue=by_contact("79161234567")),
        registration("stranger", clue=by_contact("79161112233")),
        registration("unusable", clue=by_contact("12")),
    ]
    stage.perform(register_deals, player, *deals)
    ids = _listed(stage, player, None)
    with stage.database.read() as connection:
        reasons = find_match_reasons(connection, player.site.id, ids, contact_matching=contact_matching)
    assert len(ids) == len(deals)
    assert len(set(reasons.values())) == len(deals) - (0 if contact_matching else 1), reasons
    for reason in MatchReason:
        assert _listed(stage, player, reason) == [id_ for id_ in ids if reasons[id_] == reason]


def test_a_stated_source_counts_for_a_deal_that_a_person_left_without_a_lead(stage: Stage) -> None:
    player = stage.open_site(contact_matching=True)
    stated = registration("stated", stated_source=TrafficSource("fair", "offline"))
    stage.perform(register_deals, player, stated, registration("bare"))
    ids = _listed(stage, player, None)
    with stage.database.write() as connection:
        for deal_id in ids:
            pin_deal(stage.work(connection, player), deal_id, None)
    with stage.database.read() as connection:
        found = find_match_reasons(connection, player.site.id, ids, contact_matching=True)
        in_python = [
            match_reason_of(each, None, contact_matching=True)
            for each in list_deals_by_id(connection, player.site.id, ids)
        ]
    assert sorted(found.values()) == sorted(in_python) == ["pinned_to_none", "stated_source"]
    assert len(_listed(stage, player, MatchReason.STATED_SOURCE)) == 1
    assert len(_listed(stage, player, MatchReason.PINNED_TO_NONE)) == 1


@pytest.mark.parametrize("reason", [*UNMATCHED_REASONS, MatchReason.STATED_SOURCE])
def test_deals_without_a_lead_are_found_without_joining_leads(shop: Player, reason: MatchReason) -> None:
    query = query_deal_list(shop.site, DealFilters(reason=reason))
    assert set(select(query.id).where(*query.conditions).get_final_froms()) == {deal}
    assert query.rows is deal


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_rows_of_deals_with_a_lead_are_not_read(stage: Stage, shop: Player) -> None:
    query = query_deal_list(shop.site, DealFilters(since=NOON, reason=MatchReason.NO_LEAD_NEAR))
    with stage.database.read() as connection, statements_on(stage.database.reader) as sent:
        count_rows(connection, query)
    with stage.database.write() as connection:
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        connection.exec_driver_sql("SET LOCAL enable_bitmapscan = off")
        plan = connection.exec_driver_sql(f"EXPLAIN {sent[0][0]}", sent[0][1]).scalars().all()
    sought = next(line for line in plan if "Index Cond" in line)
    assert "lead_kind IS NULL" in sought, plan
