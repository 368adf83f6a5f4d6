"""Versions of deals, and the receipts that the first ones keep."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Connection

from cast import Player, Stage
from dealtrace.deals.deal import Deal, DealId
from dealtrace.deals.registration import Receipt
from dealtrace.deals.versions import DealVersion, VersionKind, first_version
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.operations.deals.register import register_deals
from dealtrace.storage.database.database_errors import is_lost_race
from dealtrace.storage.database.engine import Database, open_database
from dealtrace.storage.deals.deal_rows import DealToInsert
from dealtrace.storage.deals.deals import insert_deals
from dealtrace.storage.deals.versions import find_receipts, insert_versions, list_versions, list_versions_with_state
from write_commands import NOON, by_contact, registration

DEAL = Deal(DealId(1), "N", "new", Decimal(1000), NOON, NOON, NOON, "AmoCRM", custom_values={})


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    with database.write() as opened:
        for site_id in (1, 2):
            insert_deals(opened, site_id, [DealToInsert(DEAL, "", None), DealToInsert(_second(), "", None)], {})
        yield opened


def _second() -> Deal:
    return replace(DEAL, id=DealId(2), number="M")


def version(number: int, deal_id: int = 1, **more: Any) -> DealVersion:
    wanted = {"token_id": None, "before": {}, "after": {"status": f"s{number}"}, **more}
    return DealVersion(DealId(deal_id), number, VersionKind.CHANGED, NOON, **wanted)


def test_it_lists_the_versions_of_a_deal_the_first_first(connection: Connection) -> None:
    insert_versions(connection, 1, [version(number) for number in (3, 1, 10, 2)] + [version(1, deal_id=2)])
    insert_versions(connection, 2, [version(1, after={"status": "theirs"})])
    assert list_versions(connection, 1, 1) == [version(number) for number in (1, 2, 3, 10)]
    assert list_versions(connection, 1, 2) == [version(1, deal_id=2)]
    assert list_versions(connection, 2, 1) == [version(1, after={"status": "theirs"})]
    assert list_versions(connection, 1, 404) == []


FIELDS = ("status", "status_since", "details")
WRITTEN: list[dict[str, Any]] = [
    {"status": "new", "status_since": None, "comment": "", "details": {"status": "nested"}},
    {"comment": '"status": "quoted" %'},
    {"status": "paid"},
    {"manager": "Anna"},
    {"details": None},
    {"comment": "x"},
    {"comment": "y"},
]


@pytest.mark.parametrize("custom", [{}, {"custom_values": {"status": "as a custom field"}}])
@pytest.mark.parametrize("start", range(1, 9))
def test_a_page_of_versions_begins_with_the_state_before_it(
    connection: Connection, start: int, custom: dict[str, Any]
) -> None:
    written = [*WRITTEN[:5], {**WRITTEN[5], **custom}, *WRITTEN[6:]]
    all_versions = [version(number, after=after) for number, after in enumerate(written, 1)]
    insert_versions(connection, 1, [*all_versions, version(3, deal_id=2)])
    page = list_versions_with_state(connection, 1, 1, range(start, start + 2), FIELDS)
    if start == 1:
        assert page == all_versions[:2]
        return
    state: dict[str, Any] = {}
    for after in written[: start - 1]:
        state |= {name: value for name, value in after.items() if name in FIELDS}
    before, *shown = page
    assert shown == all_versions[start - 1 : start + 1]
    assert before == replace(all_versions[start - 2], after={**state, **written[start - 2]})


@pytest.mark.parametrize("kind", VersionKind)
def test_it_keeps_who_did_what_when(connection: Connection, kind: VersionKind) -> None:
    done = DealVersion(DealId(1), 1, kind, NOON + timedelta(microseconds=1), 10**10, {"a": None}, {"a": ["ё", "'"]})
    insert_versions(connection, 1, [done])
    assert list_versions(connection, 1, 1) == [done]


def test_it_keeps_values_as_json_does(connection: Connection) -> None:
    insert_versions(connection, 1, [version(1, after={"sum": Decimal("1.50"), "at": NOON, "tags": ("a",)})])
    (kept,) = list_versions(connection, 1, 1)
    assert kept.after == {"sum": "1.50", "at": "2018-03-26T09:00:00Z", "tags": ["a"]}


def test_it_keeps_nothing_of_nothing(connection: Connection) -> None:
    insert_versions(connection, 1, [])
    assert list_versions(connection, 1, 1) == []
    assert find_receipts(connection, 1, []) == {}


def test_it_never_writes_a_version_over(database: Database, connection: Connection) -> None:
    insert_versions(connection, 1, [version(1)])
    with pytest.raises(Exception, match="deal_version") as lost, connection.begin_nested():
        insert_versions(connection, 1, [version(1)])
    assert is_lost_race(lost.value)


@pytest.mark.parametrize("lead", [None, LeadRef(LeadKind.CALL, 7), LeadRef(LeadKind.LEAD_REQUEST, 7)])
@pytest.mark.parametrize("happened_at", [NOON, NOON + timedelta(microseconds=1)])
def test_it_states_what_a_registration_was_answered_with(
    connection: Connection, lead: LeadRef | None, happened_at: datetime
) -> None:
    deal = replace(DEAL, lead=lead, happened_at=happened_at)
    insert_versions(connection, 1, [first_version(deal, "1 000,00", None), version(2), version(2, deal_id=2)])
    expected = Receipt(DealId(1), "N", "new", "1 000,00", happened_at, lead)
    assert find_receipts(connection, 1, [1, 1, 2, 3]) == {1: expected}
    assert find_receipts(connection, 2, [1]) == {}


@pytest.fixture(scope="module")
def stage(new_database_url: Callable[[], str]) -> Iterator[Stage]:
    """Give one stage to the stories: each opens sites of its own."""
    database = open_database(new_database_url())
    yield Stage(database)
    database.close()


def test_it_states_the_receipts_of_a_whole_batch(stage: Stage, shop: Player) -> None:
    stage.call(shop, NOON)
    clue = by_contact("79205550055")
    sent = [registration(f"N{count}", amount_as_sent=f"{count},0", clue=clue) for count in range(50)]
    receipts = stage.perform(register_deals, shop, *sent)
    with stage.database.read() as connection:
        result = find_receipts(connection, shop.site.id, [receipt.deal_id for receipt in receipts])
    assert list(result.values()) == receipts
    assert all(receipt.call_id is not None for receipt in receipts)
