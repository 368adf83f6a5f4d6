"""SQLite, which plans without statistics, finds few rows of many by the index of what is asked for."""

from collections.abc import Callable

import pytest
from sqlalchemy import Connection

from cast import Player
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.leads.search_field import SearchText
from dealtrace.storage.database.engine import Database
from dealtrace.storage.deals.deals import find_deleted, list_deals_by_key
from dealtrace.storage.deals.lead_links import find_deals_of_leads
from dealtrace.storage.journals.client_timeline import list_deal_ids_by_contact, list_lead_ids, list_newest_visits
from dealtrace.storage.journals.search_rows import (
    SearchedRows,
    _deals_of_named,
    _list_contacts,
    find_searched_deals,
)
from dealtrace.storage.leads.clients import _LIST_CLIENTS
from dealtrace.storage.leads.contact_groups import find_client_of_leads
from dealtrace.storage.leads.contact_rows import _LIST_SPANS
from dealtrace.storage.visits.visits import find_recent_visits
from plans import plan_of, plans_of, statements_on
from write_commands import NOON

WHOLE_SITE = "(site_id=?)"
LOOKUPS: dict[str, Callable[[Connection, int], object]] = {
    "deals by numbers": lambda connection, site: list_deals_by_key(
        connection, site, ids=[5], numbers=["a", "b"], lock=False
    ),
    "many deals by id": lambda connection, site: list_deals_by_key(
        connection, site, ids=range(1000), numbers=[], lock=False
    ),
    "many deals by number": lambda connection, site: list_deals_by_key(
        connection, site, ids=[], numbers=[str(number) for number in range(1000)], lock=False
    ),
    "deals by numbers, also deleted ones": lambda connection, site: list_deals_by_key(
        connection, site, ids=[5], numbers=["a", "b"], with_deleted=True, lock=False
    ),
    "deleted deals by numbers": lambda connection, site: find_deleted(connection, site, ["a", "b"]),
    "deals by a search": lambda connection, site: find_searched_deals(connection, site, SearchText("5", 5, ("79001",))),
    "deals with the contacts of clients": lambda connection, site: [
        connection.execute(query).all()
        for query in _deals_of_named(connection, site, SearchText("5", 5), ["79001", "a@example.com"])
    ],
    "contacts of clients": lambda connection, site: _list_contacts(
        connection, site, SearchedRows({1, 2}, is_cut=False)
    ),
    "deals of leads": lambda connection, site: find_deals_of_leads(connection, site, LeadKind.CALL, [1, 2]),
    "visits of visitors": lambda connection, site: find_recent_visits(connection, site, ["a", "b"], NOON),
    "calls of a client": lambda connection, site: list_lead_ids(connection, site, LeadKind.CALL, [1, 2]),
    "requests of a client": lambda connection, site: list_lead_ids(connection, site, LeadKind.LEAD_REQUEST, [1, 2]),
    "deals of a client's contacts": lambda connection, site: list_deal_ids_by_contact(
        connection, site, ["79001", "a@example.com"]
    ),
    "visits of a client's browsers": lambda connection, site: list_newest_visits(connection, site, ["a", "b"]),
    "clients of leads": lambda connection, site: find_client_of_leads(
        connection, site, [LeadRef(LeadKind.CALL, 1), LeadRef(LeadKind.LEAD_REQUEST, 2)]
    ),
}

pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)


@pytest.mark.parametrize("lookup", LOOKUPS.values(), ids=LOOKUPS)
def test_it_does_not_read_the_whole_site(
    shop: Player, database: Database, lookup: Callable[[Connection, int], object]
) -> None:
    with database.read() as connection, statements_on(database.reader) as sent:
        lookup(connection, shop.site.id)
    plans = plans_of(database, sent)
    assert "SEARCH" in plans
    assert WHOLE_SITE not in plans, plans


def test_the_name_of_a_client_without_one_is_looked_up_among_those_that_became_one_with_it(database: Database) -> None:
    with database.read() as connection:
        plan = plan_of(database, _LIST_CLIENTS, connection, {"site_id": 1, "ids": [1, 2]})
    assert "ix_client_leading" in plan
    assert WHOLE_SITE not in plan, plan


def test_of_a_phone_with_very_many_leads_those_near_a_deal_are_read(database: Database) -> None:
    with database.read() as connection:
        plan = plan_of(database, _LIST_SPANS, connection, {"site_id": 1, "queries": "[]"})
    assert "(site_id=? AND contact=? AND started_at>? AND started_at<?)" in plan, plan
