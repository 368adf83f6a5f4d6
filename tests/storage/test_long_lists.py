"""Lists that are longer than the parameters of a statement: 32,766 on SQLite and 65,535 on PostgreSQL."""

from collections.abc import Callable

import pytest
from sqlalchemy import Connection

from cast import Player, Stage
from dealtrace.attribution.credit import WHOLE, AttributionModel, Credit
from dealtrace.attribution.traffic_source import NOWHERE
from dealtrace.attribution.visit import Visit, VisitId
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.mails.mail import MailPurpose
from dealtrace.storage.database.engine import Database
from dealtrace.storage.deals.deals import find_deleted
from dealtrace.storage.id_blocks import IdBlocks
from dealtrace.storage.leads import contact_groups, contact_rows, qualification
from dealtrace.storage.mails.outbox import delete_mails, delete_waiting_mails
from dealtrace.storage.visits import visits
from dealtrace.storage.visits.credits import (
    CreditKey,
    find_credits_under,
    list_leads_of_visitors,
    list_matched_visits,
    list_visited_leads,
    replace_credits,
)
from dealtrace.storage.visits.traffic_sources import intern_sources
from write_commands import NOON

IDS = range(1, 66_001)
TEXTS = [str(number) for number in IDS]
LEADS = [LeadRef(LeadKind.CALL, number) for number in IDS]
SUBJECTS, PURPOSES = list(IDS), list(MailPurpose)
STATEMENTS: dict[str, Callable[[Connection, Player], object]] = {
    "contacts": lambda connection, shop: contact_groups.delete_contacts(connection, shop.site.id, TEXTS),
    "aliases": lambda connection, shop: contact_groups.set_aliases(connection, shop.site.id, 1, IDS),
    "free clients": lambda connection, shop: contact_groups.find_free_clients(connection, shop.site.id, IDS),
    "contact rows": lambda connection, shop: contact_rows.delete_contact_rows(
        connection, shop.site.id, LeadKind.CALL, IDS
    ),
    "spans": lambda connection, shop: contact_rows.find_spans_of_leads(connection, shop.site.id, LeadKind.CALL, IDS),
    "latest end": lambda connection, shop: contact_rows.find_latest_end(
        connection, shop.site.id, {LeadKind.CALL: TEXTS}, NOON
    ),
    "unique leads": lambda connection, shop: qualification.find_unique_leads(connection, shop.site, LEADS),
    "deleted deals": lambda connection, shop: find_deleted(connection, shop.site.id, TEXTS),
    "mails": lambda connection, _: delete_mails(connection, PURPOSES, SUBJECTS),
    "waiting mails": lambda connection, shop: delete_waiting_mails(
        connection, shop.site.id, PURPOSES, SUBJECTS, address="ann@example.org"
    ),
    "visits": lambda connection, shop: visits.list_visits_of_visitors(connection, shop.site.id, TEXTS),
    "count of visits": lambda connection, shop: visits.count_visits_of_visitors(connection, shop.site.id, TEXTS),
    "recent visits": lambda connection, shop: visits.find_recent_visits(connection, shop.site.id, TEXTS, NOON),
    "named visits": lambda connection, shop: list_matched_visits(connection, shop.site.id, TEXTS),
    "visited leads": lambda connection, shop: list_visited_leads(connection, shop.site.id, LEADS),
    "leads of visitors": lambda connection, shop: list_leads_of_visitors(connection, shop.site.id, TEXTS),
}


@pytest.fixture(scope="module")
def database(shared_stage: Stage) -> Database:
    """Give one database to all tests here: each opens sites of its own."""
    return shared_stage.database


@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=STATEMENTS)
def test_a_list_of_any_length_is_one_statement(
    database: Database, shop: Player, statement: Callable[[Connection, Player], object]
) -> None:
    with database.write() as connection:
        assert not statement(connection, shop)


def test_credits_of_very_many_leads_are_replaced_at_once(database: Database, ids: IdBlocks, shop: Player) -> None:
    again = [Credit(Visit(VisitId(1), "robot", NOON, NOWHERE), WHOLE)]
    keys = [CreditKey(number) for number in IDS]
    with database.write() as connection:
        source_ids = intern_sources(connection, ids, shop.site.id, {NOWHERE})
        visits.insert_visits(connection, shop.site.id, [again[0].visit], source_ids)
        replace_credits(connection, shop.site.id, {key: {AttributionModel.LAST_INTERACTION: again} for key in keys})
        replace_credits(connection, shop.site.id, {key: {} for key in keys})
        assert not find_credits_under(connection, shop.site.id, keys, AttributionModel.LAST_INTERACTION)
