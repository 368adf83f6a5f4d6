"""Deals in another currency, and deals with a contact that no lead can match, are found without reading the others."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Connection

from cast import Player, Stage
from dealtrace.storage.deals.deals import count_unusable_contacts
from dealtrace.storage.journals.deal_list import DealFilters, query_deal_list
from dealtrace.storage.journals.keyset_pages import count_rows, find_newest, find_oldest
from dealtrace.storage.reports.currency_rates import count_deals_without_rate, list_foreign_amounts
from plans import plans_by_index, statements_on
from write_commands import NOON

UNUSABLE = DealFilters(since=NOON - timedelta(days=28), until=NOON, is_contact_unusable=True)
ALL_UNUSABLE = DealFilters(is_contact_unusable=True)
DELETED = DealFilters(is_contact_unusable=True, is_deleted=True)
QUESTIONS: dict[str, tuple[str, Callable[[Connection, Player], object]]] = {
    "without a rate": ("ix_deal_foreign", lambda connection, shop: count_deals_without_rate(connection, shop.site.id)),
    "whose amounts a rate changes": (
        "ix_deal_foreign",
        lambda connection, shop: list_foreign_amounts(connection, shop.site.id, ["usd"], NOON, None, most=100),
    ),
    "count of a period": (
        "ix_deal_unusable",
        lambda connection, shop: count_rows(connection, query_deal_list(shop.site, UNUSABLE)),
    ),
    "newest": (
        "ix_deal_unusable",
        lambda connection, shop: find_newest(connection, query_deal_list(shop.site, UNUSABLE), None, 50),
    ),
    "oldest": (
        "ix_deal_unusable",
        lambda connection, shop: find_oldest(connection, query_deal_list(shop.site, ALL_UNUSABLE), None, 50),
    ),
    "deleted": (
        "ix_deal_unusable",
        lambda connection, shop: find_newest(connection, query_deal_list(shop.site, DELETED), None, 50),
    ),
    "of the overview": (
        "ix_deal_unusable",
        lambda connection, shop: count_unusable_contacts(connection, shop.site.id, NOON),
    ),
}


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


@pytest.mark.parametrize(("index", "ask"), QUESTIONS.values(), ids=QUESTIONS)
def test_rare_deals_are_found_by_an_index_of_their_own(
    stage: Stage, shop: Player, index: str, ask: Callable[[Connection, Player], object]
) -> None:
    with stage.database.read() as connection, statements_on(stage.database.reader) as sent:
        ask(connection, shop)
    plan = plans_by_index(stage.database, sent)
    assert f" {index}" in plan, plan
