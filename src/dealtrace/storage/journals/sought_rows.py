"""The search for deals and leads: a small query for each possible meaning of the typed text."""

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, or_, select

from dealtrace.leads.lead import LeadKind
from dealtrace.leads.reference import spellings
from dealtrace.leads.sought import ANY, Sought
from dealtrace.storage.database.column_types import is_in
from dealtrace.storage.schema.tables.deals import deal, deal_contact
from dealtrace.storage.schema.tables.leads import LEAD_REFERENCES, LEAD_TABLES, client, lead_contact

FOUND_MAX = 1000
"""Ours: the most rows that a query finds; a text that finds as many is not specific enough."""
_ESCAPE = "\\"

Text = ColumnElement[Any]
"""Any: columns contain texts that may be null."""


def find_sought_deals(connection: Connection, site_id: int, sought: Sought) -> set[int]:
    """Find the ids of deals with the sought id, number, contact or client name, including deleted deals.

    The contact may be the deal's or its lead's. Each query finds at most `FOUND_MAX`.
    """
    mine = select(deal.c.id).where(deal.c.site_id == site_id)
    further = select(deal_contact.c.deal_id).where(deal_contact.c.site_id == site_id)
    found: set[int] = set()
    for query in (
        *_where(mine, _is_id(deal.c.id, sought), _is_reference(deal.c.number, sought)),
        *_where(mine, *(_is_contact(column, sought) for column in (deal.c.clue_phone, deal.c.clue_email))),
        *_where(further, _is_contact(deal_contact.c.contact, sought)),
    ):
        found |= set(connection.execute(query).scalars())
    for kind, ids in _find_clients_leads(connection, site_id, sought).items():
        if ids:
            theirs = mine.where(deal.c.lead_kind == kind, is_in(deal.c.lead_id, sorted(ids))).limit(FOUND_MAX)
            found |= set(connection.execute(theirs).scalars())
    return found


def find_sought_leads(connection: Connection, site_id: int, sought: Sought) -> dict[LeadKind, set[int]]:
    """Find the ids of leads with the sought id, reference, contact or client name, at most `FOUND_MAX` per query."""
    found = _find_clients_leads(connection, site_id, sought)
    for kind, table in LEAD_TABLES.items():
        mine = select(table.c.id).where(table.c.site_id == site_id)
        for query in _where(mine, _is_id(table.c.id, sought), _is_reference(LEAD_REFERENCES[kind], sought)):
            found[kind] |= set(connection.execute(query).scalars())
    return found


def _find_clients_leads(connection: Connection, site_id: int, sought: Sought) -> dict[LeadKind, set[int]]:
    """Find the ids of leads with the sought contact, or with a client of the sought name."""
    found: dict[LeadKind, set[int]] = {kind: set() for kind in LeadKind}
    bearing = select(lead_contact.c.lead_id, lead_contact.c.lead_kind).where(lead_contact.c.site_id == site_id)
    for query in _where(bearing, _is_contact(lead_contact.c.contact, sought)):
        for lead_id, kind in connection.execute(query):
            found[LeadKind(kind)].add(lead_id)
    clients = _find_named_clients(connection, site_id, sought)
    for kind, table in LEAD_TABLES.items():
        if clients:
            theirs = select(table.c.id).where(table.c.site_id == site_id, is_in(table.c.client_id, sorted(clients)))
            found[kind] |= set(connection.execute(theirs.limit(FOUND_MAX)).scalars())
    return found


def _find_named_clients(connection: Connection, site_id: int, sought: Sought) -> set[int]:
    """Find the ids of clients whose names contain the sought text, and of clients merged with them.

    The search ignores case, unless a name mixes cases in an unusual way.
    """
    if sought.is_contact or sought.mask is not None or sought.id is not None:
        return set()
    written = {sought.text, sought.text.lower(), sought.text.upper(), sought.text.capitalize(), sought.text.title()}
    is_named = or_(*(client.c.name.like(_like(f"{ANY}{text}{ANY}"), escape=_ESCAPE) for text in sorted(written)))
    named = select(client.c.id, client.c.leading_id).where(client.c.site_id == site_id, is_named).limit(FOUND_MAX)
    found = {row.leading_id or row.id for row in connection.execute(named)}
    joined = select(client.c.id).where(client.c.site_id == site_id, is_in(client.c.leading_id, sorted(found)))
    return found | set(connection.execute(joined).scalars()) if found else set()


def _where(rows: Select[Any], *conditions: ColumnElement[bool] | None) -> Iterator[Select[Any]]:
    """Yield a query for each condition that is not `None`, so that each query uses its own index."""
    return (rows.where(condition).limit(FOUND_MAX) for condition in conditions if condition is not None)


def _is_id(column: Text, sought: Sought) -> ColumnElement[bool] | None:
    return column == sought.id if sought.id is not None else None


def _is_reference(column: Text, sought: Sought) -> ColumnElement[bool]:
    if sought.mask is not None:
        return column.like(_like(sought.mask), escape=_ESCAPE)
    return column.in_(spellings(sought.text))


def _is_contact(column: Text, sought: Sought) -> ColumnElement[bool] | None:
    if sought.mask is not None:
        return column.like(_like(sought.phone_mask or sought.mask.lower()), escape=_ESCAPE)
    return column.in_(sought.contacts) if sought.contacts else None


def _like(mask: str) -> str:
    """Return the `LIKE` pattern for a mask, in which `*` stands for any text and other characters for themselves."""
    return "%".join(_literal(part) for part in mask.split(ANY))


def _literal(text: str, special: Iterable[str] = (_ESCAPE, "%", "_")) -> str:
    for character in special:
        text = text.replace(character, _ESCAPE + character)
    return text
