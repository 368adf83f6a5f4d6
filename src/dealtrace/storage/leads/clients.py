"""Clients and their contacts."""

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
_NAME_NAMELESS = (
    update(client)
    .where(client.c.site_id == bindparam("of_site"), client.c.id == bindparam("of_client"), client.c.name.is_(None))
    .values(name=bindparam("learnt"))
)

_LIST_CLIENTS = CompiledStatement(
    select(client.c.id, client.c.name, contact.c.contact)
    .outerjoin(contact, and_(contact.c.site_id == client.c.site_id, contact.c.client_id == client.c.id))
    .where(client.c.site_id == bindparam("site_id"), is_among_many(client.c.id, "ids"))
    .order_by(contact.c.known_since, contact.c.contact)
)


def list_client_ids(connection: Connection, site_id: int, contacts: Iterable[str]) -> dict[str, int]:
    """Find whose these contacts are; unknown ones are missing."""
    wanted = sorted(set(contacts))
    if not wanted:
        return {}
    rows = _FIND_CLIENT_IDS.fetch(connection, {"site_id": site_id, "contacts": wanted})
    return {value: owner for value, owner in rows}  # noqa: C416 - rows of two, to a type checker of any


def insert_clients(connection: Connection, site_id: int, clients: Sequence[Client]) -> None:
    """Keep new clients; their contacts are kept by `insert_contacts`."""
    _INSERT_CLIENT.run_many(connection, [{"site_id": site_id, "id": one.id, "name": one.name} for one in clients])


def name_unnamed_clients(connection: Connection, site_id: int, names: Mapping[int, str]) -> None:
    """Keep the names of clients that have none yet."""
    if names:
        rows = [{"of_site": site_id, "of_client": owner, "learnt": name} for owner, name in names.items()]
        connection.execute(_NAME_NAMELESS, rows)


def insert_contacts(connection: Connection, site_id: int, owners: dict[str, int], now: datetime) -> None:
    """Keep new contacts, each with its client."""
    rows = [
        {"site_id": site_id, "contact": value, "client_id": owner, "known_since": now}
        for value, owner in sorted(owners.items())
    ]
    _INSERT_CONTACT.run_many(connection, rows)


def list_clients(connection: Connection, site_id: int, ids: Iterable[int]) -> dict[int, Client]:
    """List clients with all their contacts."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    names: dict[int, str | None] = {}
    phones: dict[int, list[str]] = {}
    emails: dict[int, list[str]] = {}
    for client_id, name, value in _LIST_CLIENTS.fetch(connection, {"site_id": site_id, "ids": wanted}):
        names[client_id] = name
        if value is not None:
            (emails if "@" in value else phones).setdefault(client_id, []).append(value)
    return {
        client_id: Client(
            ClientId(client_id), name, phones=tuple(phones.get(client_id, ())), emails=tuple(emails.get(client_id, ()))
        )
        for client_id, name in names.items()
    }
