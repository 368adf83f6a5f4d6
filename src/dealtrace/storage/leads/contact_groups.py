"""Group contacts into clients: find contacts that share a lead, and store the clients of contacts and leads."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, delete, func, select, update

from dealtrace.leads.client_groups import UnlinkedReason
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.record import record
from dealtrace.storage.database.column_types import is_among, is_in
from dealtrace.storage.database.compiled_statement import CompiledStatement
from dealtrace.storage.database.many_rows import execute_many
from dealtrace.storage.schema.tables.leads import LEAD_TABLES, client, contact, lead_contact

_PAGE = 500
_OTHER = lead_contact.alias("other")
_SAME_LEAD = and_(
    _OTHER.c.site_id == lead_contact.c.site_id,
    _OTHER.c.lead_id == lead_contact.c.lead_id,
    _OTHER.c.lead_kind == lead_contact.c.lead_kind,
)
_MINE = (lead_contact.c.site_id == bindparam("site_id"), is_among(lead_contact.c.contact, "contacts"))
_LIST_NEIGHBOURS = CompiledStatement(
    select(lead_contact.c.contact, _OTHER.c.contact.label("beside"))
    .distinct()
    .join(_OTHER, and_(_SAME_LEAD, _OTHER.c.contact != lead_contact.c.contact))
    .where(*_MINE)
)
_LIST_LEADS = CompiledStatement(
    select(lead_contact.c.lead_kind, lead_contact.c.lead_id, _OTHER.c.contact)
    .distinct()
    .join(_OTHER, _SAME_LEAD)
    .where(*_MINE)
)
_FIND_STARTS = CompiledStatement(
    select(lead_contact.c.contact, func.min(lead_contact.c.started_at, type_=lead_contact.c.started_at.type))
    .where(*_MINE)
    .group_by(lead_contact.c.contact)
)
_LIST_CONTACTS = CompiledStatement(
    select(contact.c.contact, contact.c.client_id, contact.c.own_client_id, contact.c.set_apart).where(
        contact.c.site_id == bindparam("site_id"), is_among(contact.c.client_id, "client_ids")
    )
)
_COUNT_CONTACTS = CompiledStatement(
    select(contact.c.client_id, func.count())
    .where(contact.c.site_id == bindparam("site_id"), is_among(contact.c.client_id, "client_ids"))
    .group_by(contact.c.client_id)
)
_UPDATE_CONTACT = (
    update(contact)
    .where(contact.c.site_id == bindparam("of_site"), contact.c.contact == bindparam("of_contact"))
    .values(
        {
            name: bindparam(f"new_{name}", type_=contact.c[name].type)
            for name in ("client_id", "own_client_id", "set_apart")
        }
    )
)
_SET_CLIENT = {
    kind: update(table)
    .where(table.c.site_id == bindparam("of_site"), table.c.id == bindparam("of_lead"))
    .values(client_id=bindparam("new_client_id"))
    for kind, table in LEAD_TABLES.items()
}


@record
class StoredContact:
    """A contact and its client.

    `own_client_id` is the client to which the contact was first assigned. `unlinked_reason` is the reason why leads
    with this contact are not merged into one client, or `None` if they are merged.
    """

    contact: str
    client_id: int
    own_client_id: int
    unlinked_reason: UnlinkedReason | None


def list_contacts(connection: Connection, site_id: int, client_ids: Collection[int]) -> list[StoredContact]:
    """List the contacts of clients in no particular order."""
    rows = _LIST_CONTACTS.fetch(connection, {"site_id": site_id, "client_ids": sorted(client_ids)})
    return [
        StoredContact(
            value, owner, own if own is not None else owner, UnlinkedReason(reason) if reason is not None else None
        )
        for value, owner, own, reason in rows
    ]


def count_contacts(connection: Connection, site_id: int, client_ids: Collection[int]) -> dict[int, int]:
    """Count the contacts of clients, by client id; clients without contacts are left out."""
    if not client_ids:
        return {}
    rows = _COUNT_CONTACTS.fetch(connection, {"site_id": site_id, "client_ids": sorted(client_ids)})
    return {client_id: contacts for client_id, contacts in rows}  # noqa: C416 - mypy does not know that a row is a pair


def find_neighbours(connection: Connection, site_id: int, contacts: Iterable[str]) -> dict[str, set[str]]:
    """Find, for each of `contacts`, the other contacts of the non-deleted leads with this contact."""
    found: dict[str, set[str]] = {}
    for value, other in _LIST_NEIGHBOURS.fetch(connection, {"site_id": site_id, "contacts": sorted(set(contacts))}):
        found.setdefault(value, set()).add(other)
    return found


def find_starts(connection: Connection, site_id: int, contacts: Iterable[str]) -> dict[str, datetime]:
    """Find when the earliest non-deleted lead with each contact began; contacts without a lead are left out."""
    rows = _FIND_STARTS.fetch(connection, {"site_id": site_id, "contacts": sorted(set(contacts))})
    return {value: started_at for value, started_at in rows}  # noqa: C416 - mypy does not know that a row is a pair


def find_contacts_of_leads(
    connection: Connection, site_id: int, contacts: Iterable[str]
) -> dict[LeadRef, tuple[str, ...]]:
    """Find the non-deleted leads that have one of the given contacts, with all contacts of each lead."""
    found: dict[LeadRef, tuple[str, ...]] = {}
    for kind, lead_id, value in _LIST_LEADS.fetch(connection, {"site_id": site_id, "contacts": sorted(set(contacts))}):
        ref = LeadRef(LeadKind(kind), lead_id)
        found[ref] = (*found.get(ref, ()), value)
    return found


def list_unlinked_contacts(connection: Connection, site_id: int, limit: int) -> list[tuple[str, UnlinkedReason]]:
    """List up to `limit` contacts whose leads are not merged into one client, alphabetically, each with the reason."""
    mine = select(contact.c.contact, contact.c.set_apart).where(
        contact.c.site_id == site_id, contact.c.set_apart.is_not(None)
    )
    rows = connection.execute(mine.order_by(contact.c.contact).limit(limit))
    return [(value, UnlinkedReason(reason)) for value, reason in rows]


def update_contacts(connection: Connection, site_id: int, contacts: Sequence[StoredContact]) -> None:
    """Store `client_id`, `own_client_id` and `unlinked_reason` of contacts that are already in the table."""
    rows = [
        {
            "of_site": site_id,
            "of_contact": changed.contact,
            "new_client_id": changed.client_id,
            "new_own_client_id": changed.own_client_id,
            "new_set_apart": changed.unlinked_reason,
        }
        for changed in contacts
    ]
    execute_many(connection, _UPDATE_CONTACT, rows)


def delete_contacts(connection: Connection, site_id: int, contacts: Collection[str]) -> None:
    """Delete contacts; the caller must have checked that no non-deleted lead has them."""
    if contacts:
        connection.execute(delete(contact).where(contact.c.site_id == site_id, is_in(contact.c.contact, contacts)))


def set_leading(connection: Connection, site_id: int, client_id: int, aliases: Collection[int]) -> None:
    """Merge the clients `aliases`, and all clients merged into them, into the client `client_id`.

    If the client `client_id` itself was merged into another client, that merge is undone first.
    """
    clients = client.c
    connection.execute(
        update(client).where(clients.site_id == site_id, clients.id == client_id).values(leading_id=None)
    )
    set_aliases(connection, site_id, client_id, aliases)


def set_aliases(connection: Connection, site_id: int, client_id: int, aliases: Collection[int]) -> None:
    """Merge the clients `aliases`, and all clients merged into them, into the client `client_id`."""
    for column in (client.c.id, client.c.leading_id):
        if aliases:
            theirs = (client.c.site_id == site_id, is_in(column, aliases))
            connection.execute(update(client).where(*theirs).values(leading_id=client_id))


def find_free_clients(connection: Connection, site_id: int, client_ids: Collection[int]) -> set[int]:
    """Find which of the given clients have no contacts and are not merged into another client."""
    has_contacts = (contact.c.site_id == client.c.site_id, contact.c.client_id == client.c.id)
    free = select(client.c.id).where(
        client.c.site_id == site_id,
        is_in(client.c.id, client_ids),
        client.c.leading_id.is_(None),
        ~select(contact.c.contact).where(*has_contacts).exists(),
    )
    return set(connection.execute(free).scalars()) if client_ids else set()


def find_client_of_leads(connection: Connection, site_id: int, leads: Collection[LeadRef]) -> dict[LeadRef, int]:
    """Find the client ids of leads, by lead; unknown leads are left out.

    `recorded_at` is selected, though not needed, so that SQLite looks the leads up by id. Without `recorded_at`, the
    index by client would contain all selected columns, and SQLite would scan all leads of the site in this index.
    """
    found: dict[LeadRef, int] = {}
    for kind, table in LEAD_TABLES.items():
        ids = sorted(ref.id for ref in leads if ref.kind is kind)
        for start in range(0, len(ids), _PAGE):
            mine = (table.c.site_id == site_id, table.c.id.in_(ids[start : start + _PAGE]))
            rows = connection.execute(select(table.c.id, table.c.client_id, table.c.recorded_at).where(*mine))
            found |= {LeadRef(kind, lead_id): client_id for lead_id, client_id, _ in rows}
    return found


def set_clients(connection: Connection, site_id: int, clients: Mapping[LeadRef, int]) -> None:
    """Store the client ids of leads."""
    for kind in LeadKind:
        rows = [
            {"of_site": site_id, "of_lead": ref.id, "new_client_id": client_id}
            for ref, client_id in clients.items()
            if ref.kind is kind
        ]
        execute_many(connection, _SET_CLIENT[kind], rows)
