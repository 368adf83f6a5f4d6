"""Find all stored data about the person who has a given phone or e-mail, and make the data anonymous."""

from collections.abc import Collection, Mapping, Sequence
from typing import TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    Text,
    and_,
    bindparam,
    delete,
    literal,
    not_,
    or_,
    select,
    update,
)

from dealtrace.deals.versions import Fields
from dealtrace.leads.client_groups import is_filler
from dealtrace.leads.contact import normal_contacts
from dealtrace.leads.lead import LeadKind
from dealtrace.record import record
from dealtrace.storage.database.column_types import is_in
from dealtrace.storage.database.compiled_statement import ValuesByName
from dealtrace.storage.database.many_rows import execute_many
from dealtrace.storage.schema.tables.deals import deal, deal_contact, deal_key, deal_version
from dealtrace.storage.schema.tables.leads import (
    LEAD_TABLES,
    call,
    client,
    contact,
    lead_contact,
    lead_request,
    lead_version,
)
from dealtrace.storage.schema.tables.visits import visit

Value = TypeVar("Value")

ANONYMOUS: Mapping[Table, ValuesByName] = {
    client: {"name": None},
    call: {
        "phone": "",
        "record_url": None,
        "manager": None,
        "comment": None,
        "custom_values": None,
        "ring_back": None,
    },
    lead_request: {
        "phone": None,
        "email": None,
        "page_url": None,
        "fingerprint": None,
        "manager": None,
        "comment": None,
        "custom_values": None,
    },
    visit: {
        "visitor_id": "",
        "landing_url": "",
        "referrer": "",
        "ip": "",
        "user_agent": "",
        "google_client_id": None,
        "yandex_client_id": None,
        "click_ids": None,
        "attrs": None,
    },
    deal: {
        "manager": None,
        "comment": None,
        "custom_values": None,
        "clue_phone_as_sent": None,
        "clue_phone": None,
        "clue_email_as_sent": None,
        "clue_email": None,
        "clue_link_threshold_seconds": None,
        "clue_only_kind": None,
        "clue_further": None,
        "details": None,
        "client_name": None,
        "matchers": None,
        "fingerprint": "",
    },
}
"""The values that replace a person's data, by table and column.

A deal's fingerprint is replaced too: with it, anyone who knows the rest of the registration could find the phone by
trying all phone numbers.
"""

DELETED = frozenset({contact, lead_contact, lead_version, deal_contact, deal_key})
"""The tables whose rows contain only a contact, or former notes; these rows are deleted instead of changed."""

RowsByTable = Mapping[str, Sequence[Mapping[str, object]]]
"""Rows by table name; each row maps the names of its columns to values."""
VersionFields = tuple[int, int, Fields, Fields]
"""A version of a deal: the deal's id, the version's number, and the deal's former and new fields as JSON values."""


@record
class Traces:
    """The stored data about a person: contacts in normal form, and the ids of clients, leads, visits and deals."""

    contacts: frozenset[str]
    clients: frozenset[int]
    calls: frozenset[int]
    lead_requests: frozenset[int]
    visits: frozenset[int]
    deals: frozenset[int]

    @property
    def is_empty(self) -> bool:
        """Whether nothing is stored about the person."""
        return not (self.clients or self.leads or self.deals)

    @property
    def lead_ids(self) -> frozenset[int]:
        """The ids of the person's calls and lead requests; a call and a lead request never have the same id."""
        return self.calls | self.lead_requests

    @property
    def leads(self) -> int:
        """The number of the person's calls and lead requests."""
        return len(self.calls) + len(self.lead_requests)


def find_traces(
    connection: Connection, site_id: int, known_contacts: Collection[str], client_ids: Collection[int] = ()
) -> Traces:
    """Find all rows of the person who has one of `known_contacts`, which are in normal form.

    Leads of the clients `client_ids` that have no usable phone or e-mail belong to the person too: they cannot be found
    by a contact. With `client_ids`, nothing is found if nothing is left that identifies the person.

    Ours: other leads belong to the person only if they have one of these contacts. Anybody can send a form with their
    own e-mail and another person's phone, and one client then has both contacts. The client and the other contacts of
    these leads therefore belong to the person only if no other lead has them. Other visits of a visitor with such a
    lead belong to the person only if that visitor has no other leads.
    """
    leading = _column(connection, contact, site_id, contact.c.client_id, is_in(contact.c.contact, known_contacts))
    clients = leading | _column(connection, client, site_id, client.c.id, is_in(client.c.leading_id, leading))
    leads = {
        kind: _leads_of(connection, site_id, kind, known_contacts)
        | find_leads_without_contact(connection, site_id, kind, client_ids)
        for kind in LeadKind
    }
    clients |= {*client_ids, *_clients_of(connection, site_id, leads)}
    owned = clients - _clients_of_others(connection, site_id, leads)
    deals = _deals_of(connection, site_id, known_contacts, leads)
    named_by_deals = _column(connection, deal, site_id, deal.c.visit_id, is_in(deal.c.id, deals)) - {None}
    traces = Traces(
        contacts=frozenset({*known_contacts} | _own_contacts(connection, site_id, leads, owned)),
        clients=frozenset(owned),
        calls=frozenset(leads[LeadKind.CALL]),
        lead_requests=frozenset(leads[LeadKind.LEAD_REQUEST]),
        visits=frozenset(_own_visits(connection, site_id, leads, named_by_deals)),
        deals=frozenset(deals),
    )
    if client_ids and not _identifies_somebody(connection, site_id, traces):
        nobody = frozenset[int]()
        return Traces(frozenset(known_contacts), nobody, nobody, nobody, nobody, nobody)
    return traces


def _deals_of(
    connection: Connection, site_id: int, known_contacts: Collection[str], leads: Mapping[LeadKind, Collection[int]]
) -> set[int]:
    """Find the ids of the deals that were sent with one of these contacts, or are matched to one of these leads.

    Each condition is a statement of its own, because SQLite has no index for all of them together.
    """
    conditions: list[tuple[Table, ColumnElement[int], ColumnElement[bool]]] = [
        (deal_contact, deal_contact.c.deal_id, is_in(deal_contact.c.contact, known_contacts)),
        (deal_key, deal_key.c.deal_id, is_in(deal_key.c.key, known_contacts)),
        (deal, deal.c.id, is_in(deal.c.clue_phone, known_contacts)),
        (deal, deal.c.id, is_in(deal.c.clue_email, known_contacts)),
        *((deal, deal.c.id, and_(deal.c.lead_kind == kind, is_in(deal.c.lead_id, leads[kind]))) for kind in LeadKind),
    ]
    return set().union(*(_column(connection, table, site_id, ids, theirs) for table, ids, theirs in conditions))


def _identifies_somebody(connection: Connection, site_id: int, traces: Traces) -> bool:
    """Return whether a row has a value that `anonymise` would replace or delete."""
    for table, mine in _rows_of(site_id, traces):
        kept = [
            table.c[name].is_not(None) if value is None else and_(table.c[name].is_not(None), table.c[name] != value)
            for name, value in ANONYMOUS.get(table, {}).items()
        ]
        matching = and_(mine, or_(*kept)) if table in ANONYMOUS else mine
        is_cleaned = table in ANONYMOUS or table in DELETED
        if is_cleaned and connection.execute(select(literal(1)).select_from(table).where(matching).limit(1)).first():
            return True
    return False


def find_leads_without_contact(
    connection: Connection, site_id: int, kind: LeadKind, client_ids: Collection[int]
) -> set[int]:
    """Find the ids of clients' leads, deleted or not, that have neither a usable phone nor a usable e-mail.

    Fillers, such as `no@no.ru`, are not usable, because many people have them.
    """
    table, rows = LEAD_TABLES[kind], lead_contact.c
    theirs = and_(table.c.site_id == site_id, is_in(table.c.client_id, client_ids))
    leads = _column(connection, table, site_id, table.c.id, theirs)
    of_leads = and_(rows.site_id == site_id, rows.lead_kind == kind, is_in(rows.lead_id, leads))
    shown = connection.execute(select(rows.lead_id, rows.contact).where(of_leads))
    reachable = {lead_id for lead_id, name in shown if not is_filler(name)}
    deleted = _contacts_of_deleted(connection, kind, theirs)
    reachable |= {lead_id for lead_id, contacts in deleted.items() if not all(map(is_filler, contacts))}
    return leads - reachable


def list_contacts_of_deleted_leads(connection: Connection, site_id: int, client_ids: Collection[int]) -> list[str]:
    """List the usable contacts, in normal form, of the deleted leads of clients.

    They are needed to find all data of a person, because the clients themselves may no longer have these contacts.
    Ours: contacts that now belong to other clients are left out, unless a lead has no other contacts. Such a lead may
    have been the connection between the two clients.
    """
    stated = [
        [name for name in contacts if not is_filler(name)]
        for kind, table in LEAD_TABLES.items()
        for contacts in _contacts_of_deleted(
            connection, kind, and_(table.c.site_id == site_id, is_in(table.c.client_id, client_ids))
        ).values()
    ]
    named = is_in(contact.c.contact, {name for contacts in stated for name in contacts})
    others = and_(named, not_(is_in(contact.c.client_id, client_ids)))
    of_others = _column(connection, contact, site_id, contact.c.contact, others)
    found: dict[str, None] = {}
    for contacts in stated:
        own = [name for name in contacts if name not in of_others]
        found |= dict.fromkeys(own or contacts)
    return list(found)


def _contacts_of_deleted(
    connection: Connection, kind: LeadKind, where: ColumnElement[bool]
) -> dict[int, tuple[str, ...]]:
    """Return the contacts of deleted leads, by lead id, in normal form.

    Deleted leads have no contact rows, so the contacts are read from the rows of the leads.
    """
    table = LEAD_TABLES[kind]
    email = literal(None, Text) if kind is LeadKind.CALL else lead_request.c.email
    stated = select(table.c.id, table.c.phone, email.label("email")).where(table.c.deleted_at.is_not(None), where)
    found = sorted(connection.execute(stated))  # sorted here: to sort by id, SQLite would read all leads of the site
    return {row.id: normal_contacts(row.phone, row.email) for row in found}


def _leads_of(connection: Connection, site_id: int, kind: LeadKind, known_contacts: Collection[str]) -> set[int]:
    """Find the leads of a kind that have one of the given contacts.

    Deleted leads have no contact rows, so their contacts are read from the rows of the leads.
    """
    rows = lead_contact.c
    shown = and_(is_in(rows.contact, known_contacts), rows.lead_kind == kind)
    deleted = _contacts_of_deleted(connection, kind, LEAD_TABLES[kind].c.site_id == site_id)
    return {
        *_column(connection, lead_contact, site_id, rows.lead_id, shown),
        *(lead_id for lead_id, contacts in deleted.items() if not set(known_contacts).isdisjoint(contacts)),
    }


def _has_contact(kind: LeadKind) -> ColumnElement[bool]:
    """Return the SQL condition that a lead has a phone or e-mail; an anonymised lead has neither."""
    if kind is LeadKind.CALL:
        return call.c.phone != ""
    return or_(lead_request.c.phone != "", lead_request.c.email != "")


def _clients_of(connection: Connection, site_id: int, leads: Mapping[LeadKind, set[int]]) -> set[int]:
    """Find the ids of the clients of leads; clients of deleted leads may no longer have contacts."""
    return {
        client_id
        for kind, table in LEAD_TABLES.items()
        for client_id in _column(connection, table, site_id, table.c.client_id, is_in(table.c.id, leads[kind]))
    }


def _clients_of_others(connection: Connection, site_id: int, leads: Mapping[LeadKind, set[int]]) -> set[int]:
    """Find the ids of the clients who have some of the given leads and also other leads."""
    mine, shared = _clients_of(connection, site_id, leads), set[int]()
    for kind, table in LEAD_TABLES.items():
        others = and_(is_in(table.c.client_id, mine), not_(is_in(table.c.id, leads[kind])), _has_contact(kind))
        shared |= _column(connection, table, site_id, table.c.client_id, others)
    return shared


def _own_contacts(
    connection: Connection, site_id: int, leads: Mapping[LeadKind, set[int]], clients: Collection[int]
) -> set[str]:
    """Find the contacts of these clients and leads, except contacts that another non-deleted lead has too."""
    ids = set().union(*leads.values())
    rows = lead_contact.c
    theirs = _column(connection, lead_contact, site_id, rows.contact, is_in(rows.lead_id, ids))
    theirs |= _column(connection, contact, site_id, contact.c.contact, is_in(contact.c.client_id, clients))
    others = and_(is_in(rows.contact, theirs), not_(is_in(rows.lead_id, ids)))
    return theirs - _column(connection, lead_contact, site_id, rows.contact, others)


def _own_visits(
    connection: Connection, site_id: int, leads: Mapping[LeadKind, set[int]], named_by_deals: set[int]
) -> set[int]:
    """Find the visits of the given leads and deals, and all other visits of the same visitors.

    The other visits of a visitor are left out if the visitor has also made other leads that have a contact.
    """
    named = named_by_deals | _visits_named_by(
        connection, site_id, {kind: is_in(LEAD_TABLES[kind].c.id, leads[kind]) for kind in LeadKind}
    )
    visitors = _column(connection, visit, site_id, visit.c.visitor_id, is_in(visit.c.id, named)) - {""}
    seen = dict(_pairs(connection, site_id, visitors))
    others = {
        kind: and_(is_in(table.c.visit_id, seen), not_(is_in(table.c.id, leads[kind])), _has_contact(kind))
        for kind, table in LEAD_TABLES.items()
    }
    shared = {seen[visit_id] for visit_id in _visits_named_by(connection, site_id, others)}
    return named | {visit_id for visit_id, visitor_id in seen.items() if visitor_id not in shared}


def _pairs(connection: Connection, site_id: int, visitors: Collection[str]) -> list[tuple[int, str]]:
    rows = connection.execute(
        select(visit.c.id, visit.c.visitor_id).where(visit.c.site_id == site_id, is_in(visit.c.visitor_id, visitors))
    )
    return [(row.id, row.visitor_id) for row in rows]


def _visits_named_by(connection: Connection, site_id: int, leads: Mapping[LeadKind, ColumnElement[bool]]) -> set[int]:
    return {
        visit_id
        for kind, table in LEAD_TABLES.items()
        for visit_id in _column(connection, table, site_id, table.c.visit_id, leads[kind])
        if visit_id is not None
    }


def find_rows(connection: Connection, site_id: int, traces: Traces) -> RowsByTable:
    """Find the stored rows of a person, by table name."""
    return {
        table.name: [dict(row) for row in connection.execute(select(table).where(mine)).mappings()]
        for table, mine in _rows_of(site_id, traces)
    }


def list_version_fields(connection: Connection, site_id: int, traces: Traces) -> list[VersionFields]:
    """List the fields before and after each version of a person's deals, in no particular order."""
    mine = and_(deal_version.c.site_id == site_id, is_in(deal_version.c.deal_id, traces.deals))
    fields = select(deal_version.c.deal_id, deal_version.c.version, deal_version.c.before, deal_version.c.after)
    return [(row.deal_id, row.version, row.before, row.after) for row in connection.execute(fields.where(mine))]


def anonymise(connection: Connection, site_id: int, traces: Traces, versions: Sequence[VersionFields]) -> None:
    """Replace all values that identify a person; `versions` replace the stored versions of the person's deals."""
    for table, mine in _rows_of(site_id, traces):
        if table in ANONYMOUS:
            connection.execute(update(table).where(mine).values(ANONYMOUS[table]))
    for table, mine in _rows_of(site_id, traces):
        if table in DELETED:
            connection.execute(delete(table).where(mine))
    cleaned = (
        update(deal_version)
        .where(
            deal_version.c.site_id == site_id,
            deal_version.c.deal_id == bindparam("of_deal"),
            deal_version.c.version == bindparam("of_version"),
        )
        .values(before=bindparam("cleaned_before"), after=bindparam("cleaned_after"))
    )
    names = ("of_deal", "of_version", "cleaned_before", "cleaned_after")
    execute_many(connection, cleaned, [dict(zip(names, version, strict=True)) for version in versions])


def _rows_of(site_id: int, traces: Traces) -> list[tuple[Table, ColumnElement[bool]]]:
    found: list[tuple[Table, ColumnElement[bool]]] = [
        (client, is_in(client.c.id, traces.clients)),
        (contact, is_in(contact.c.contact, traces.contacts)),
        (call, is_in(call.c.id, traces.calls)),
        (lead_request, is_in(lead_request.c.id, traces.lead_requests)),
        (lead_contact, is_in(lead_contact.c.lead_id, traces.lead_ids)),
        (lead_version, is_in(lead_version.c.lead_id, traces.lead_ids)),
        (visit, is_in(visit.c.id, traces.visits)),
        (deal, is_in(deal.c.id, traces.deals)),
        (deal_contact, is_in(deal_contact.c.deal_id, traces.deals)),
        (deal_key, is_in(deal_key.c.deal_id, traces.deals)),
        (deal_version, is_in(deal_version.c.deal_id, traces.deals)),
    ]
    return [(table, and_(table.c.site_id == site_id, mine)) for table, mine in found]


def _column(
    connection: Connection, table: Table, site_id: int, column: ColumnElement[Value], where: ColumnElement[bool]
) -> set[Value]:
    return set(connection.execute(select(column).where(table.c.site_id == site_id, where)).scalars())
