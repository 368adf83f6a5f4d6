"""Contacts that an earlier release read otherwise are read again, and people and matches follow."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, update

from cast import Player, Stage
from dealtrace.attribution.credit import AttributionModel
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.leads.lead_request import IncomingLeadRequest
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.leads import renormalise_contacts
from dealtrace.operations.leads.register_lead_requests import register_lead_requests
from dealtrace.operations.leads.renormalise_contacts import ContactChunk, renormalise_next_contacts
from dealtrace.storage.leads.lead_summaries import find_lead_summaries
from dealtrace.storage.leads.normalisation_progress import count_left_to_normalise, find_progress
from dealtrace.storage.schema.tables.deals import deal, deal_contact
from dealtrace.storage.schema.tables.leads import client, contact, contact_reading, lead_contact, lead_request
from stored import deal_of, rows_of
from write_commands import NOON, by_contact, registration

WRITTEN = "8 (495) 123-45-67 вн.5"
OLD_FORM, NEW_FORM = "849512345675", "74951234567"
BEFORE = NOON - timedelta(minutes=10)


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


def make_old(stage: Stage, player: Player) -> None:
    """Store the contacts of a site as if an earlier release had read them."""
    mine = player.site.id
    with stage.database.write() as connection:
        for table in (lead_contact, contact):
            of_phone = (table.c.site_id == mine, table.c.contact == NEW_FORM)
            connection.execute(update(table).where(*of_phone).values(contact=OLD_FORM))
        connection.execute(update(deal).where(deal.c.site_id == mine).values(clue_phone=None, clue_further=None))
        connection.execute(deal_contact.delete().where(deal_contact.c.site_id == mine))
        connection.execute(insert(contact_reading).values(site_id=mine, stage="calls", last_id=0))


def read_all(stage: Stage, player: Player, *, at_most: int | None = None) -> list[ContactChunk]:
    chunks: list[ContactChunk] = []
    while at_most is None or len(chunks) < at_most:
        with stage.database.write() as connection:
            chunk = renormalise_next_contacts(stage.work(connection, player, datetime.now(UTC)))
        if chunk is None:
            break
        chunks.append(chunk)
    return chunks


def unread(stage: Stage, player: Player) -> int:
    with stage.database.read() as connection:
        reading = find_progress(connection, player.site.id)
        return count_left_to_normalise(connection, player.site.id, reading) if reading is not None else 0


def test_leads_clients_and_deals_are_as_if_this_release_had_read_them(stage: Stage, shop: Player) -> None:
    call = stage.call(shop, BEFORE, phone=WRITTEN, client_name="Ivan")
    (receipt,) = stage.perform(register_deals, shop, registration("n", clue=by_contact(WRITTEN)))
    expected = rows_of(stage.database, shop)
    make_old(stage, shop)
    with stage.database.write() as connection:
        connection.execute(update(deal).where(deal.c.site_id == shop.site.id).values(lead_id=None, lead_kind=None))
    assert unread(stage, shop) == 3
    chunks = read_all(stage, shop)
    assert unread(stage, shop) == 0
    assert (sum(chunk.contacts_changed for chunk in chunks), sum(chunk.deals_changed for chunk in chunks)) == (2, 1)
    assert deal_of(stage.database, shop, receipt.deal_id).lead == LeadRef(LeadKind.CALL, call.id)
    stored = rows_of(stage.database, shop)
    assert stored["lead_contact"] == expected["lead_contact"]
    assert [row[1:3] for row in stored["contact"]] == [row[1:3] for row in expected["contact"]]
    assert stored["client"] == expected["client"]
    assert "contact_reading" not in stored


def test_a_deal_finds_a_late_lead_by_the_second_phone_it_had_all_along(stage: Stage, shop: Player) -> None:
    two = "+7 920 555-00-55, +7 920 555-00-66"
    (receipt,) = stage.perform(register_deals, shop, registration("n", clue=by_contact(two)))
    make_old(stage, shop)
    read_all(stage, shop)
    assert deal_of(stage.database, shop, receipt.deal_id).clue == by_contact(two)
    call = stage.call(shop, BEFORE, phone="79205550066")
    assert deal_of(stage.database, shop, receipt.deal_id).lead == LeadRef(LeadKind.CALL, call.id)


def test_people_join_and_part_as_their_leads_say(stage: Stage, shop: Player) -> None:
    sent = (
        IncomingLeadRequest(NOON, "79205550055", "ivan@example.ru"),
        IncomingLeadRequest(NOON, "79205550066", "1@1.ru"),
        IncomingLeadRequest(NOON, None, "1@1.ru"),
        IncomingLeadRequest(NOON, None, "1@1.ru"),
    )
    refs = [LeadRef(LeadKind.LEAD_REQUEST, stored.id) for stored in stage.perform(register_lead_requests, shop, *sent)]
    with stage.database.write() as connection:
        for table in (lead_request, contact):
            (first, *_) = connection.execute(client.select().where(client.c.site_id == shop.site.id)).all()
            mine = update(table).where(table.c.site_id == shop.site.id)
            connection.execute(mine.values(client_id=first.id))
        connection.execute(update(contact).where(contact.c.site_id == shop.site.id).values(set_apart=None))
        connection.execute(insert(contact_reading).values(site_id=shop.site.id, stage="clients", last_id=0))
    read_all(stage, shop)
    with stage.database.read() as connection:
        summaries = find_lead_summaries(connection, shop.site.id, refs, AttributionModel.LAST_INTERACTION)
    assert len({lead_summary.client.id for lead_summary in summaries.values()}) == len(refs)


def test_a_client_of_the_old_form_becomes_an_alias_of_the_one_who_has_the_new(stage: Stage, shop: Player) -> None:
    old = stage.call(shop, BEFORE, phone=WRITTEN, client_name="Ivan")
    make_old(stage, shop)
    new = stage.call(shop, BEFORE, phone=NEW_FORM)
    refs = [LeadRef(LeadKind.CALL, call.id) for call in (old, new)]
    read_all(stage, shop)
    with stage.database.read() as connection:
        summaries = find_lead_summaries(connection, shop.site.id, refs, AttributionModel.LAST_INTERACTION)
    assert summaries[refs[0]].client == summaries[refs[1]].client
    assert summaries[refs[0]].client.name == "Ivan"
    assert summaries[refs[0]].client.phones == (NEW_FORM,)


def test_it_continues_where_it_stopped(stage: Stage, shop: Player, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renormalise_contacts, "CHUNK", 2)
    for minute in range(5):
        stage.call(shop, BEFORE + timedelta(minutes=minute), phone=WRITTEN)
    expected = rows_of(stage.database, shop)["lead_contact"]
    make_old(stage, shop)
    before = unread(stage, shop)
    read_all(stage, shop, at_most=2)
    assert unread(stage, shop) == before - 4
    read_all(stage, shop)
    assert rows_of(stage.database, shop)["lead_contact"] == expected
    assert read_all(stage, shop) == []
