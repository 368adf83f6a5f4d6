"""Everything a site keeps of one person, found from a phone or e-mail, told or made anonymous."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, bindparam, delete, or_, select, update

from dealtrace.leads.lead import LeadKind
from dealtrace.record import record
from dealtrace.storage.schema.tables.deals import deal, deal_version
from dealtrace.storage.schema.tables.leads import call, client, contact, lead_contact, lead_request
from dealtrace.storage.schema.tables.visits import visit

ANONYMOUS: Mapping[Table, Mapping[str, Any]] = {
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
        "fingerprint": "",
    },
}
"""What takes the place of whatever may tell of a person. Rows of `contact` and `lead_contact` go altogether.

A deal's fingerprint goes, too: who knows the rest of a registration could try phones until one fits.
"""


_TABLES = {LeadKind.CALL: call, LeadKind.LEAD_REQUEST: lead_request}


@record
class Traces:
    """Where a person left traces: contacts by their text, everything else by its id."""

    contacts: frozenset[str]
    clients: frozenset[int]
    calls: frozenset[int]
    lead_requests: frozenset[int]
    visits: frozenset[int]
    deals: frozenset[int]

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known of the person."""
        return not (self.clients or self.leads or self.deals)

    @property
    def leads(self) -> int:
        """How often the person turned to the site."""
        return len(self.calls) + len(self.lead_requests)


def find_traces(connection: Connection, site_id: int, stated: str) -> Traces:
    """Find everything of the person behind a contact in its normal form: all contacts of that client count."""
    clients = _column(connection, contact, site_id, contact.c.client_id, contact.c.contact == stated)
    others = _column(connection, contact, site_id, contact.c.contact, contact.c.client_id.in_(clients))
    contacts = frozenset([stated, *others])
    leads = {kind: _leads_of(connection, site_id, kind, contacts, clients) for kind in LeadKind}
    own_visits = {
        visit_id
        for kind, table in _TABLES.items()
        for visit_id in _column(connection, table, site_id, table.c.visit_id, table.c.id.in_(leads[kind]))
        if visit_id is not None
    }
    visitors = _column(connection, visit, site_id, visit.c.visitor_id, visit.c.id.in_(own_visits))
    bound = (and_(deal.c.lead_kind == kind, deal.c.lead_id.in_(leads[kind])) for kind in LeadKind)
    theirs = or_(deal.c.clue_phone.in_(contacts), deal.c.clue_email.in_(contacts), *bound)
    return Traces(
        contacts=contacts,
        clients=frozenset(clients),
        calls=frozenset(leads[LeadKind.CALL]),
        lead_requests=frozenset(leads[LeadKind.LEAD_REQUEST]),
        visits=frozenset(_column(connection, visit, site_id, visit.c.id, visit.c.visitor_id.in_(visitors))),
        deals=frozenset(_column(connection, deal, site_id, deal.c.id, theirs)),
    )


def _leads_of(
    connection: Connection, site_id: int, kind: LeadKind, contacts: Iterable[str], clients: Iterable[int]
) -> set[int]:
    """Find the leads of one kind that have one of these contacts; the hidden ones, which have none, by their client."""
    finders, table = lead_contact.c, _TABLES[kind]
    shown = and_(finders.contact.in_(contacts), finders.lead_kind == kind)
    hidden = and_(table.c.client_id.in_(clients), table.c.deleted_at.is_not(None))
    return {
        *_column(connection, lead_contact, site_id, finders.lead_id, shown),
        *_column(connection, table, site_id, table.c.id, hidden),
    }


def list_rows(connection: Connection, site_id: int, traces: Traces) -> dict[str, list[dict[str, Any]]]:
    """List every row of a person, table by table, as it is kept."""
    return {
        table.name: [dict(row) for row in connection.execute(select(table).where(mine)).mappings()]
        for table, mine in _rows_of(site_id, traces)
    }


def list_version_fields(connection: Connection, site_id: int, traces: Traces) -> list[tuple[int, int, Any, Any]]:
    """List the versions of a person's deals: deal, version, and the fields before and after."""
    mine = and_(deal_version.c.site_id == site_id, deal_version.c.deal_id.in_(traces.deals))
    told = select(deal_version.c.deal_id, deal_version.c.version, deal_version.c.before, deal_version.c.after)
    return [(row.deal_id, row.version, row.before, row.after) for row in connection.execute(told.where(mine))]


def anonymise(
    connection: Connection, site_id: int, traces: Traces, versions: Sequence[tuple[int, int, Any, Any]]
) -> None:
    """Put nothing in the place of everything that tells of the person; `versions` are those of the deals, cleaned."""
    for table, mine in _rows_of(site_id, traces):
        if table in ANONYMOUS:
            connection.execute(update(table).where(mine).values(ANONYMOUS[table]))
    for table in (lead_contact, contact):
        connection.execute(delete(table).where(table.c.site_id == site_id, table.c.contact.in_(traces.contacts)))
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
        (lead_contact, lead_contact.c.contact.in_(traces.contacts)),
        (visit, visit.c.id.in_(traces.visits)),
        (deal, deal.c.id.in_(traces.deals)),
        (deal_version, deal_version.c.deal_id.in_(traces.deals)),
    ]
    return [(table, and_(table.c.site_id == site_id, mine)) for table, mine in found]


def _column(
    connection: Connection, table: Table, site_id: int, wanted: ColumnElement[Any], where: ColumnElement[bool]
) -> Iterable[Any]:
    return set(connection.execute(select(wanted).where(table.c.site_id == site_id, where)).scalars())
