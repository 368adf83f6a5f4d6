"""Clients and the contacts by which they are recognised."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, insert, select, update

from dealtrace.leads.client import Client, ClientId
from dealtrace.storage.database.column_types import is_among, is_among_many
from dealtrace.storage.database.compiled_statement import CompiledStatement
from dealtrace.storage.schema.tables.leads import client, contact

_FIND_CLIENT_IDS = CompiledStatement(
    select(contact.c.contact, contact.c.client_id).where(
        contact.c.site_id == bindparam("site_id"), is_among(contact.c.contact, "contacts")
    )
)
_INSERT_CLIENT = CompiledStatement(insert(client))
_INSERT_CONTACT = CompiledStatement(insert(contact))
_NAME_UNNAMED = (
    update(client)
    .where(client.c.site_id == bindparam("of_site"), client.c.id == bindparam("of_client"), client.c.name.is_(None))
    .values(name=bindparam("new_name"))
)

_LIST_CLIENTS = CompiledStatement(
    select(client.c.id, client.c.name, contact.c.contact)
    .outerjoin(contact, and_(contact.c.site_id == client.c.site_id, contact.c.client_id == client.c.id))
    .where(client.c.site_id == bindparam("site_id"), is_among_many(client.c.id, "ids"))
    .order_by(contact.c.known_since, contact.c.contact)
)


def find_client_ids(connection: Connection, site_id: int, contacts: Iterable[str]) -> dict[str, int]:
    """Find the ids of the clients who have these contacts, by contact; unknown contacts are missing."""
    keys = sorted(set(contacts))
    if not keys:
        return {}
    rows = _FIND_CLIENT_IDS.fetch(connection, {"site_id": site_id, "contacts": keys})
    return {value: owner for value, owner in rows}  # noqa: C416 - a row is no pair to the type checker


def insert_clients(connection: Connection, site_id: int, clients: Sequence[Client]) -> None:
    """Store new clients without their contacts, which `insert_contacts` stores."""
    _INSERT_CLIENT.run_many(connection, [{"site_id": site_id, "id": new.id, "name": new.name} for new in clients])


def name_unnamed_clients(connection: Connection, site_id: int, names: Mapping[int, str]) -> None:
    """Give names to those of these clients that have none yet, by client id."""
    if names:
        rows = [{"of_site": site_id, "of_client": owner, "new_name": name} for owner, name in names.items()]
        connection.execute(_NAME_UNNAMED, rows)


def insert_contacts(connection: Connection, site_id: int, owners: Mapping[str, int], now: datetime) -> None:
    """Store new contacts, each with the id of its client."""
    rows = [
        {"site_id": site_id, "contact": value, "client_id": owner, "known_since": now}
        for value, owner in sorted(owners.items())
    ]
    _INSERT_CONTACT.run_many(connection, rows)


def find_clients(connection: Connection, site_id: int, ids: Iterable[int]) -> dict[int, Client]:
    """Find clients with all their contacts, by id; unknown ids are missing."""
    keys = sorted(set(ids))
    if not keys:
        return {}
    names: dict[int, str | None] = {}
    phones: dict[int, list[str]] = {}
    emails: dict[int, list[str]] = {}
    for client_id, name, value in _LIST_CLIENTS.fetch(connection, {"site_id": site_id, "ids": keys}):
        names[client_id] = name
        if value is not None:
            (emails if "@" in value else phones).setdefault(client_id, []).append(value)
    return {
        client_id: Client(
            ClientId(client_id), name, phones=tuple(phones.get(client_id, ())), emails=tuple(emails.get(client_id, ()))
        )
        for client_id, name in names.items()
    }
