"""Clients, and the phones and e-mails by which they are recognised."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, func, insert, select, update

from dealtrace.leads.client import Client, ClientId
from dealtrace.leads.client_groups import UnlinkedReason, is_filler
from dealtrace.leads.contact import md5_of_phone
from dealtrace.record import record
from dealtrace.storage.database.column_types import is_among, is_among_many
from dealtrace.storage.database.compiled_statement import CompiledStatement
from dealtrace.storage.database.many_rows import execute_many
from dealtrace.storage.schema.tables.leads import client, contact

_FIND_CONTACTS = CompiledStatement(
    select(contact.c.contact, contact.c.client_id, contact.c.set_apart).where(
        contact.c.site_id == bindparam("site_id"), is_among(contact.c.contact, "contacts")
    )
)
_FIND_DIGESTS = CompiledStatement(
    select(contact.c.digest, contact.c.contact).where(
        contact.c.site_id == bindparam("site_id"), is_among(contact.c.digest, "digests")
    )
)
_INSERT_CLIENT = CompiledStatement(insert(client))
_INSERT_CONTACT = CompiledStatement(insert(contact))
_NAME_UNNAMED = (
    update(client)
    .where(client.c.site_id == bindparam("of_site"), client.c.id == bindparam("of_client"), client.c.name.is_(None))
    .values(name=bindparam("new_name"))
)

_LEADING, _NAMED = client.alias("leader"), client.alias("named")
_IS_LEADING = and_(
    _LEADING.c.site_id == client.c.site_id, _LEADING.c.id == func.coalesce(client.c.leading_id, client.c.id)
)
_IS_THEIRS = and_(
    contact.c.site_id == _LEADING.c.site_id,
    contact.c.client_id == _LEADING.c.id,
    func.coalesce(contact.c.set_apart, "") != UnlinkedReason.FILLER,
)
_NAME_OF_AN_ALIAS = (
    select(_NAMED.c.name)
    .where(_NAMED.c.site_id == _LEADING.c.site_id, _NAMED.c.leading_id == _LEADING.c.id, _NAMED.c.name.is_not(None))
    .order_by(_NAMED.c.id + 0)  # `+ 0`: SQLite would scan all clients of the site in the index of `id`
    .limit(1)
    .scalar_subquery()
)
_LIST_CLIENTS = CompiledStatement(
    select(
        client.c.id,
        _LEADING.c.id.label("leading_id"),
        func.coalesce(_LEADING.c.name, _NAME_OF_AN_ALIAS).label("name"),
        contact.c.contact,
    )
    .join(_LEADING, _IS_LEADING)
    .outerjoin(contact, _IS_THEIRS)
    .where(client.c.site_id == bindparam("site_id"), is_among_many(client.c.id, "ids"))
    .order_by(contact.c.known_since, contact.c.contact)
)


@record
class KnownContact:
    """A contact and its client.

    `unlinked_reason` is the reason why leads with this contact are not merged into one client, or `None` if they
    are merged.
    """

    client_id: int
    unlinked_reason: UnlinkedReason | None


def find_client_ids(connection: Connection, site_id: int, contacts: Iterable[str]) -> dict[str, int]:
    """Find the ids of clients, by contact in normal form; unknown contacts are left out."""
    return {value: known.client_id for value, known in find_known_contacts(connection, site_id, contacts).items()}


def find_known_contacts(connection: Connection, site_id: int, contacts: Iterable[str]) -> dict[str, KnownContact]:
    """Find contacts with their clients, by contact in normal form; unknown contacts are left out."""
    keys = sorted(set(contacts))
    if not keys:
        return {}
    rows = _FIND_CONTACTS.fetch(connection, {"site_id": site_id, "contacts": keys})
    return {
        value: KnownContact(owner, UnlinkedReason(reason) if reason is not None else None)
        for value, owner, reason in rows
    }


def find_phones_by_digest(connection: Connection, site_id: int, digests: Iterable[str]) -> dict[str, str]:
    """Find phones in normal form, by digest; unknown digests are left out."""
    keys = sorted(set(digests))
    if not keys:
        return {}
    rows = _FIND_DIGESTS.fetch(connection, {"site_id": site_id, "digests": keys})
    return {digest: phone for digest, phone in rows}  # noqa: C416 - mypy does not know that a row is a pair


def insert_clients(connection: Connection, site_id: int, clients: Sequence[Client]) -> None:
    """Store new clients, but not their contacts; `insert_contacts` stores those."""
    rows = [{"site_id": site_id, "id": new.id, "name": new.name, "leading_id": None} for new in clients]
    _INSERT_CLIENT.run_many(connection, rows)


def name_unnamed_clients(connection: Connection, site_id: int, names: Mapping[int, str]) -> None:
    """Store `names`, by client id, for the clients that have no name yet; other clients keep their names."""
    rows = [{"of_site": site_id, "of_client": owner, "new_name": name} for owner, name in names.items()]
    execute_many(connection, _NAME_UNNAMED, rows)


def insert_contacts(connection: Connection, site_id: int, owners: Mapping[str, int], now: datetime) -> None:
    """Store new contacts; `owners` maps each contact in normal form to the id of its client."""
    rows = [
        {
            "site_id": site_id,
            "contact": value,
            "client_id": owner,
            "known_since": now,
            "own_client_id": None,
            "set_apart": UnlinkedReason.FILLER if is_filler(value) else None,
            "digest": md5_of_phone(value),
        }
        for value, owner in sorted(owners.items())
    ]
    _INSERT_CONTACT.run_many(connection, rows)


def find_clients(connection: Connection, site_id: int, ids: Iterable[int]) -> dict[int, Client]:
    """Find clients with all their contacts, by id; unknown ids are left out.

    The id of a client that was merged into another client finds that other client.
    """
    keys = sorted(set(ids))
    if not keys:
        return {}
    leading: dict[int, tuple[int, str | None]] = {}
    phones: dict[int, list[str]] = {}
    emails: dict[int, list[str]] = {}
    for client_id, leading_id, name, value in _LIST_CLIENTS.fetch(connection, {"site_id": site_id, "ids": keys}):
        leading[client_id] = (leading_id, name)
        if value is not None:
            (emails if "@" in value else phones).setdefault(client_id, []).append(value)
    return {
        client_id: Client(
            ClientId(leading_id), name, phones=tuple(phones.get(client_id, ())), emails=tuple(emails.get(client_id, ()))
        )
        for client_id, (leading_id, name) in leading.items()
    }
