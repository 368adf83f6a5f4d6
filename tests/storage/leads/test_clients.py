"""Clients and their contacts."""

import sqlite3
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import Connection

from dealtrace.leads.client import Client, ClientId
from dealtrace.storage.database.engine import Database
from dealtrace.storage.leads.clients import find_client_ids, find_clients, insert_clients, insert_contacts
from write_commands import NOON

IVAN = Client(ClientId(1), "Иван")
NOBODY = Client(ClientId(2), None)


def test_it_keeps_people_with_their_contacts_in_the_order_they_became_known(connection: Connection) -> None:
    insert_clients(connection, 1, [IVAN, NOBODY])
    insert_contacts(connection, 1, {"79": 1, "bob@b.ru": 1}, NOON + timedelta(hours=1))
    insert_contacts(connection, 1, {"78": 1, "ann@a.ru": 1}, NOON + timedelta(hours=2))
    assert find_clients(connection, 1, [1, 2, 2, 3]) == {
        1: Client(ClientId(1), "Иван", ("79", "78"), ("bob@b.ru", "ann@a.ru")),
        2: NOBODY,
    }


def test_it_states_whose_contacts_are(connection: Connection) -> None:
    insert_clients(connection, 1, [IVAN, NOBODY])
    insert_contacts(connection, 1, {"79": 1, "78": 2}, NOON)
    assert find_client_ids(connection, 1, ["79", "78", "79", "77", ""]) == {"79": 1, "78": 2}


def test_it_asks_and_keeps_nothing_of_nothing(connection: Connection) -> None:
    insert_clients(connection, 1, [])
    insert_contacts(connection, 1, {}, NOON)
    assert find_clients(connection, 1, []) == {}
    assert find_client_ids(connection, 1, []) == {}


def test_it_keeps_the_people_of_sites_apart(connection: Connection) -> None:
    for site_id, name in ((1, "Иван"), (2, "Ольга")):
        insert_clients(connection, site_id, [Client(ClientId(1), name)])
        insert_contacts(connection, site_id, {"79": 1}, NOON)
    insert_contacts(connection, 2, {"78": 1}, NOON)
    assert find_clients(connection, 1, [1]) == {1: Client(ClientId(1), "Иван", ("79",))}
    assert find_clients(connection, 2, [1])[1].phones == ("78", "79")
    assert find_client_ids(connection, 1, ["78"]) == {}
    assert find_clients(connection, 3, [1]) == {}


@pytest.mark.parametrize(("contact", "owner"), [("79", 2), ("77", 3)], ids=["taken", "of nobody"])
def test_it_gives_a_contact_one_owner_there_is(database: Database, contact: str, owner: int) -> None:
    with database.write() as connection:
        insert_clients(connection, 1, [IVAN, NOBODY])
        insert_contacts(connection, 1, {"79": 1}, NOON)
    with pytest.raises((sqlite3.IntegrityError, psycopg.IntegrityError)), database.write() as connection:
        insert_contacts(connection, 1, {contact: owner}, NOON)
