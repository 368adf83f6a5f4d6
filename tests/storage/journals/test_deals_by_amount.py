"""Lists of deals in every order: each page follows the one before, whatever the amounts."""

from datetime import timedelta
from decimal import Decimal

import pytest

from cast import Player, Stage
from dealtrace.deals.currency import CurrencyRate
from dealtrace.deals.matchers import WITHOUT_SOURCE
from dealtrace.operations.deals.register import register_deals
from dealtrace.storage.journals.deal_list import DealFilters, query_deal_list
from dealtrace.storage.journals.deals_by_amount import AmountKey, find_by_amount
from dealtrace.storage.journals.keyset_pages import SortKey, find_oldest
from dealtrace.storage.reports.currency_rates import upsert_rates
from write_commands import NOON, registration

AMOUNTS = (None, "5", "-1.5", "5", None, "0", "100000000", "5.0001", None, "0", "5")


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


@pytest.fixture
def ids(stage: Stage, shop: Player) -> dict[int, Decimal | None]:
    """Register deals, two of an instant, and give their amounts by id; a neighbour has one more."""
    amounts = [Decimal(text) if text is not None else None for text in AMOUNTS]
    for player in (shop, stage.open_site()):
        deals = [
            registration(f"{place}", amount_rub=amount, happened_at=NOON + timedelta(minutes=place // 2))
            for place, amount in enumerate(amounts)
        ]
        stage.perform(register_deals, player, *deals)
    with stage.database.read() as connection:
        query = query_deal_list(shop.site, DealFilters())
        found = find_oldest(connection, query, None, len(AMOUNTS)).ids
    return dict(zip(found, amounts, strict=True))


def by_amount(
    stage: Stage, player: Player, filters: DealFilters, limit: int, *, highest_first: bool
) -> list[list[int]]:
    """List the pages of a list."""
    pages, after = [], None
    with stage.database.read() as connection:
        while True:
            query = query_deal_list(player.site, filters)
            page = find_by_amount(connection, query, after, limit, highest_first=highest_first)
            pages.append(page.ids)
            if (after := page.end) is None:
                return pages


def pages_of(ids: list[int], limit: int) -> list[list[int]]:
    return [ids[place : place + limit] for place in range(0, len(ids), limit)]


def in_order(amounts: dict[int, Decimal | None], *, highest_first: bool) -> list[int]:
    known = sorted((amount, id_) for id_, amount in amounts.items() if amount is not None)
    unknown = sorted(id_ for id_, amount in amounts.items() if amount is None)
    return [id_ for _, id_ in known[:: -1 if highest_first else 1]] + unknown[:: -1 if highest_first else 1]


@pytest.mark.parametrize("highest_first", [True, False])
@pytest.mark.parametrize("limit", [1, 2, 3, len(AMOUNTS), 100])
def test_deals_follow_by_amount_and_those_without_one_are_last(
    stage: Stage, shop: Player, ids: dict[int, Decimal | None], limit: int, *, highest_first: bool
) -> None:
    expected = pages_of(in_order(ids, highest_first=highest_first), limit)
    assert by_amount(stage, shop, DealFilters(), limit, highest_first=highest_first) == expected


def test_filters_and_the_period_hold_on_every_page(stage: Stage, shop: Player, ids: dict[int, Decimal | None]) -> None:
    within = DealFilters(since=NOON + timedelta(minutes=1), until=NOON + timedelta(minutes=4), source="nowhere")
    assert by_amount(stage, shop, within, 2, highest_first=True) == [[]]
    place = dict(zip(list(ids)[2:8], list(ids.values())[2:8], strict=True))
    pages = by_amount(stage, shop, DealFilters(since=within.since, until=within.until), 4, highest_first=True)
    assert [id_ for page in pages for id_ in page] == in_order(place, highest_first=True)


def test_a_key_of_a_deal_that_is_gone_still_is_a_place(
    stage: Stage, shop: Player, ids: dict[int, Decimal | None]
) -> None:
    query = query_deal_list(shop.site, DealFilters())
    with stage.database.read() as connection:
        page = find_by_amount(connection, query, AmountKey(49_999, 10**15), 3, highest_first=False)
    assert [ids[id_] for id_ in page.ids] == [Decimal(5)] * 3


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_amounts_in_other_currencies_follow_by_their_worth(stage: Stage, shop: Player, limit: int) -> None:
    sums = [("1", "usd"), ("89.9999", None), ("-1", "usd"), ("1000", "eur"), ("90.0001", None), (None, "usd")]
    shape = [
        {"amount_rub": Decimal(text) if text is not None else None, "currency": currency, "matchers": (WITHOUT_SOURCE,)}
        for text, currency in sums
    ]
    deals = [registration(f"{place}", **fields) for place, fields in enumerate(shape)]
    ids = [receipt.deal_id for receipt in stage.perform(register_deals, shop, *deals)]
    with stage.database.write() as connection:
        upsert_rates(connection, shop.site, [CurrencyRate("usd", NOON.date(), Decimal(90))])
    for highest_first, order in ((True, [4, 0, 1, 2, 5, 3]), (False, [2, 1, 0, 4, 3, 5])):
        pages = by_amount(stage, shop, DealFilters(), limit, highest_first=highest_first)
        assert [id_ for page in pages for id_ in page] == [ids[place] for place in order]


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 100])
def test_the_oldest_deals_come_first_and_a_place_before_the_period_is_its_beginning(
    stage: Stage, shop: Player, ids: dict[int, Decimal | None], limit: int
) -> None:
    query = query_deal_list(shop.site, DealFilters(since=NOON + timedelta(minutes=1)))
    pages, after = [], SortKey(NOON, 0)
    with stage.database.read() as connection:
        while True:
            page = find_oldest(connection, query, after, limit)
            pages.append(page.ids)
            if page.end is None:
                break
            after = page.end
    assert pages == pages_of(list(ids)[2:], limit)
