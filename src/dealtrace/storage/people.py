"""Everything a site stores about one person, found from a phone or e-mail, exported or made anonymous."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Table, and_, bindparam, delete, func, or_, select, update

from dealtrace.leads.client_groups import SetApart
from dealtrace.leads.contact import normal_contacts
from dealtrace.leads.lead import LeadKind
from dealtrace.record import record
from dealtrace.storage.database.compiled_statement import Values
from dealtrace.storage.schema.tables.deals import deal, deal_contact, deal_version
from dealtrace.storage.schema.tables.leads import LEAD_TABLES, call, client, contact, lead_contact, lead_request
from dealtrace.storage.schema.tables.visits import visit

Value = TypeVar("Value")

ANONYMOUS: Mapping[Table, Values] = {
    client: {"name": None},
    call: {"phone": "", "record_url": None, "comment": None, "custom_values": None},
    lead_request: {
        "phone": None,
        "email": None,
        "page_url": None,
        "fingerprint": None,
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
        "comment": None,
        "custom_values": None,
        "clue_phone_as_sent": None,
        "clue_phone": None,
        "clue_email_as_sent": None,
        "clue_email": None,
        "clue_link_threshold_seconds": None,
        "clue_only_kind": None,
        "clue_further": None,
        "fingerprint": "",
    },
}
"""The values that replace whatever may identify a person.

A deal's fingerprint is replaced, too: who knows the rest of a registration could try phones until one fits.
"""

DELETED = frozenset({contact, lead_contact, deal_contact})
"""Rows that hold nothing but a contact."""

VersionFields = tuple[int, int, Any, Any]
"""A version of a deal: deal id, version, fields before and after. Any: fields of a deal as JSON stores them."""


@record
class Traces:
    """The rows that belong to a person: contacts by their text, everything else by its id."""

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
        """The ids of the person's calls and lead requests; no call and lead request share one."""
        return self.calls | self.lead_requests

    @property
    def leads(self) -> int:
        """Count the calls and lead requests of the person."""
        return len(self.calls) + len(self.lead_requests)


def find_traces(connection: Connection, site_id: int, known_contacts: Sequence[str]) -> Traces:
    """Find everything about the person who has these contacts in normal form; all contacts of that client count."""
    of_person = and_(contact.c.contact.in_(known_contacts), func.coalesce(contact.c.set_apart, "") != SetApart.FILLER)
    leading = _column(connection, contact, site_id, contact.c.client_id, of_person)
    clients = leading | _column(connection, client, site_id, client.c.id, client.c.leading_id.in_(leading))
    others = _column(connection, contact, site_id, contact.c.contact, contact.c.client_id.in_(leading))
    contacts = frozenset([*known_contacts, *others])
    leads = {kind: _leads_of(connection, site_id, kind, contacts) for kind in LeadKind}
    own_visits = {
        visit_id
        for kind, table in LEAD_TABLES.items()
        for visit_id in _column(connection, table, site_id, table.c.visit_id, table.c.id.in_(leads[kind]))
        if visit_id is not None
    }
    visitors = _column(connection, visit, site_id, visit.c.visitor_id, visit.c.id.in_(own_visits))
    bound = (and_(deal.c.lead_kind == kind, deal.c.lead_id.in_(leads[kind])) for kind in LeadKind)
    further = _column(connection, deal_contact, site_id, deal_contact.c.deal_id, deal_contact.c.contact.in_(contacts))
    stated = (deal.c.clue_phone.in_(contacts), deal.c.clue_email.in_(contacts), deal.c.id.in_(further))
    theirs = or_(*stated, *bound)
    return Traces(
        contacts=contacts,
        clients=frozenset(clients),
        calls=frozenset(leads[LeadKind.CALL]),
        lead_requests=frozenset(leads[LeadKind.LEAD_REQUEST]),
        visits=frozenset(_column(connection, visit, site_id, visit.c.id, visit.c.visitor_id.in_(visitors))),
        deals=frozenset(_column(connection, deal, site_id, deal.c.id, theirs)),
    )


def _leads_of(connection: Connection, site_id: int, kind: LeadKind, contacts: frozenset[str]) -> set[int]:
    """Find the leads of one kind with one of these contacts; deleted ones, without contact rows, by what was sent."""
    rows, table = lead_contact.c, LEAD_TABLES[kind]
    shown = and_(rows.contact.in_(contacts), rows.lead_kind == kind)
    deleted = select(table).where(table.c.site_id == site_id, table.c.deleted_at.is_not(None))
    return {
        *_column(connection, lead_contact, site_id, rows.lead_id, shown),
        *(
            row["id"]
            for row in connection.execute(deleted).mappings()
            if not contacts.isdisjoint(normal_contacts(row["phone"], row.get("email")))
        ),
    }


def find_rows(connection: Connection, site_id: int, traces: Traces) -> dict[str, list[dict[str, object]]]:
    """Find every row of a person by the name of its table, as it is stored."""
    return {
        table.name: [dict(row) for row in connection.execute(select(table).where(mine)).mappings()]
        for table, mine in _rows_of(site_id, traces)
    }


def list_version_fields(connection: Connection, site_id: int, traces: Traces) -> list[VersionFields]:
    """List the versions of a person's deals."""
    mine = and_(deal_version.c.site_id == site_id, deal_version.c.deal_id.in_(traces.deals))
    fields = select(deal_version.c.deal_id, deal_version.c.version, deal_version.c.before, deal_version.c.after)
    return [(row.deal_id, row.version, row.before, row.after) for row in connection.execute(fields.where(mine))]


def anonymise(connection: Connection, site_id: int, traces: Traces, versions: Sequence[VersionFields]) -> None:
    """Replace everything that identifies the person; `versions` are those of the person's deals, already cleaned."""
    for table, mine in _rows_of(site_id, traces):
        if table in ANONYMOUS:
            connection.execute(update(table).where(mine).values(ANONYMOUS[table]))
    for table, mine in _rows_of(site_id, traces):
        if table in DELETED:
            connection.execute(delete(table).where(mine))
    if versions:
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
        connection.execute(cleaned, [dict(zip(names, version, strict=True)) for version in versions])


def _rows_of(site_id: int, traces: Traces) -> list[tuple[Table, ColumnElement[bool]]]:
    found: list[tuple[Table, ColumnElement[bool]]] = [
        (client, client.c.id.in_(traces.clients)),
        (contact, contact.c.contact.in_(traces.contacts)),
        (call, call.c.id.in_(traces.calls)),
        (lead_request, lead_request.c.id.in_(traces.lead_requests)),
        (lead_contact, or_(lead_contact.c.contact.in_(traces.contacts), lead_contact.c.lead_id.in_(traces.lead_ids))),
        (visit, visit.c.id.in_(traces.visits)),
        (deal, deal.c.id.in_(traces.deals)),
        (deal_contact, deal_contact.c.deal_id.in_(traces.deals)),
        (deal_version, deal_version.c.deal_id.in_(traces.deals)),
    ]
    return [(table, and_(table.c.site_id == site_id, mine)) for table, mine in found]


def _column(
    connection: Connection, table: Table, site_id: int, column: ColumnElement[Value], where: ColumnElement[bool]
) -> set[Value]:
    return set(connection.execute(select(column).where(table.c.site_id == site_id, where)).scalars())
