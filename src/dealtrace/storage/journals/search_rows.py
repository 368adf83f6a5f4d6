"""Search for deals, leads and visits, with a small query for each possible meaning of the search string."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import ColumnElement, Connection, func, or_, select

from dealtrace.attribution.traffic_source import SOURCE_PARTS
from dealtrace.leads.client_groups import UnlinkedReason
from dealtrace.leads.lead import LeadKind
from dealtrace.leads.reference_spelling import spellings
from dealtrace.leads.search_field import SearchText
from dealtrace.record import record
from dealtrace.storage.database.column_types import AnyElement, is_in
from dealtrace.storage.database.compiled_statement import AnySelect
from dealtrace.storage.journals.matching_strings import contains, contains_mask, matches
from dealtrace.storage.schema.tables.deals import deal, deal_contact
from dealtrace.storage.schema.tables.leads import LEAD_REFERENCES, LEAD_TABLES, client, contact, lead_contact
from dealtrace.storage.schema.tables.visits import traffic_source, visit

FOUND_MAX = 1000
"""Ours: the maximum number of rows that a query finds; a search that finds that many is not specific enough."""
VISITS_SEARCHED_MAX = 100_000
"""Ours: the maximum number of visits whose sources and landing pages a search reads; a page waits for it."""
Query = TypeVar("Query", bound=AnySelect)


@record
class SearchedRows:
    """The ids that a search found; with `is_cut`, a query found `FOUND_MAX` rows, so there may be more."""

    ids: Collection[int]
    is_cut: bool


class _Found:
    """Collects the ids that queries find, and notes whether one of the queries reached its limit."""

    def __init__(self) -> None:
        self.ids: set[int] = set()
        self.is_cut = False

    def add(self, ids: Sequence[int], found_count: int | None = None) -> None:
        """Add the ids that a query found; `found_count` is the number of rows found, if more than `ids`."""
        self.ids.update(ids)
        self.is_cut |= (len(ids) if found_count is None else found_count) >= FOUND_MAX

    def rows(self) -> SearchedRows:
        return SearchedRows(self.ids, self.is_cut)


def find_searched_deals(connection: Connection, site_id: int, search: SearchText) -> SearchedRows:
    """Find the ids of deals, deleted or not, that match a search by id, number, contact or client name.

    The contact may be the deal's or its lead's. The name may be that of the client of the deal's lead, that of a client
    whose contact was sent with the deal, or a name that was sent with the deal itself. Each of the queries finds at
    most `FOUND_MAX` rows.
    """
    mine = select(deal.c.id).where(deal.c.site_id == site_id)
    numbered = _is_reference(connection, deal.c.number, search)
    further = select(deal_contact.c.deal_id).where(deal_contact.c.site_id == site_id)
    found = _Found()
    for query in (
        *_where(mine, _is_id(deal.c.id, search)),
        *_where(mine.where(deal.c.deleted_at.is_(None)), *numbered),
        *_where(mine.where(deal.c.deleted_at.is_not(None)), *numbered),
        *_where(mine, *_is_contact(connection, deal.c.clue_phone, search)),
        *_where(mine, *_is_contact(connection, deal.c.clue_email, search)),
        *_where(further, *_is_contact(connection, deal_contact.c.contact, search)),
    ):
        found.add(connection.execute(query).scalars().all())
    clients = _find_named_clients(connection, site_id, search)
    contacts = _list_contacts(connection, site_id, clients)
    found.is_cut |= len(contacts) >= FOUND_MAX
    for query in _deals_of_named(connection, site_id, search, contacts):
        found.add(connection.execute(query.limit(FOUND_MAX)).scalars().all())
    for kind, leads in _find_leads(connection, site_id, search, clients).items():
        found.is_cut |= leads.is_cut
        if leads.ids:
            theirs = mine.where(deal.c.lead_kind == kind, is_in(deal.c.lead_id, sorted(leads.ids))).limit(FOUND_MAX)
            found.add(connection.execute(theirs).scalars().all())
    return found.rows()


def find_searched_leads(connection: Connection, site_id: int, search: SearchText) -> dict[LeadKind, SearchedRows]:
    """Find the ids of leads, deleted or not, that match a search by id, reference, contact or client name."""
    found = _find_leads(connection, site_id, search, _find_named_clients(connection, site_id, search))
    for kind, table in LEAD_TABLES.items():
        mine = select(table.c.id).where(table.c.site_id == site_id)
        for query in _where(
            mine, _is_id(table.c.id, search), *_is_reference(connection, LEAD_REFERENCES[kind], search)
        ):
            found[kind].add(connection.execute(query).scalars().all())
    return {kind: leads.rows() for kind, leads in found.items()}


def find_searched_visits(
    connection: Connection, site_id: int, search: SearchText, since: datetime, until: datetime
) -> SearchedRows:
    """Find the ids of visits that match a search by id, visitor, client, source or landing page.

    If the search finds leads, for example by the contact or name of a client, the result has all visits of the
    visitors from whom these leads came. For sources and landing pages, only the latest `VISITS_SEARCHED_MAX` visits
    that began at or after `since` and before `until` are searched, since no index finds a part of a URL.
    """
    mine, found = select(visit.c.id).where(visit.c.site_id == site_id), _Found()
    named = visit.c.visitor_id.in_(spellings(search.text)) if search.mask is None else None
    for query in _where(mine, _is_id(visit.c.id, search), named):
        found.add(connection.execute(query).scalars().all())
    visitors: set[str] = set()
    for kind, leads in find_searched_leads(connection, site_id, search).items():
        found.is_cut |= leads.is_cut
        if leads.ids:
            table = LEAD_TABLES[kind]
            led = select(table.c.visit_id).where(table.c.site_id == site_id, is_in(table.c.id, sorted(leads.ids)))
            visits = set(connection.execute(led.where(table.c.visit_id.is_not(None))).scalars())
            theirs = select(visit.c.visitor_id).where(visit.c.site_id == site_id, is_in(visit.c.id, sorted(visits)))
            visitors.update(connection.execute(theirs).scalars() if visits else ())
    visitors.discard("")
    if visitors:
        theirs = mine.where(is_in(visit.c.visitor_id, sorted(visitors))).limit(FOUND_MAX)
        found.add(connection.execute(theirs).scalars().all())
    if not search.is_contact:
        found.add(connection.execute(_visits_with_words(connection, site_id, search, since, until)).scalars().all())
    return found.rows()


def _visits_with_words(
    connection: Connection, site_id: int, search: SearchText, since: datetime, until: datetime
) -> AnySelect:
    """Return the query for the latest visits whose source or landing page contains the search string."""
    columns = (visit.c.id, visit.c.started_at, visit.c.traffic_source_id, visit.c.landing_url)
    mine = select(*columns).where(visit.c.site_id == site_id, visit.c.started_at >= since, visit.c.started_at < until)
    in_order = mine.order_by(visit.c.started_at.desc(), visit.c.id.desc())
    latest = in_order.limit(VISITS_SEARCHED_MAX).subquery("latest")
    parts = or_(*(_has_words(connection, traffic_source.c[part], search) for part in SOURCE_PARTS))
    sources = select(traffic_source.c.id).where(traffic_source.c.site_id == site_id, parts)
    fits = or_(latest.c.traffic_source_id.in_(sources), _has_words(connection, latest.c.landing_url, search))
    return select(latest.c.id).where(fits).order_by(latest.c.started_at.desc()).limit(FOUND_MAX)


def _has_words(connection: Connection, column: AnyElement, search: SearchText) -> ColumnElement[bool]:
    if search.mask is None:
        return contains(connection, column, search.text)
    return contains_mask(column, search.mask)


def _list_contacts(connection: Connection, site_id: int, clients: SearchedRows) -> Sequence[str]:
    """List up to `FOUND_MAX` contacts of `clients`; fillers, such as a phone of zeros, are left out."""
    if not clients.ids:
        return ()
    is_filler = func.coalesce(contact.c.set_apart, "") == UnlinkedReason.FILLER
    theirs = select(contact.c.contact).where(
        contact.c.site_id == site_id, is_in(contact.c.client_id, sorted(clients.ids)), ~is_filler
    )
    return connection.execute(theirs.limit(FOUND_MAX)).scalars().all()


def _deals_of_named(
    connection: Connection, site_id: int, search: SearchText, contacts: Sequence[str]
) -> Iterator[AnySelect]:
    """Yield the queries for deals, with or without a lead, that contain a client name or one of `contacts`."""
    mine = select(deal.c.id).where(deal.c.site_id == site_id)
    if _may_be_name(search):
        yield mine.where(deal.c.client_name.is_not(None), contains(connection, deal.c.client_name, search.text))
    if contacts:
        yield mine.where(is_in(deal.c.clue_phone, contacts))
        yield mine.where(is_in(deal.c.clue_email, contacts))
        yield select(deal_contact.c.deal_id).where(
            deal_contact.c.site_id == site_id, is_in(deal_contact.c.contact, contacts)
        )


def _find_leads(
    connection: Connection, site_id: int, search: SearchText, clients: SearchedRows
) -> dict[LeadKind, _Found]:
    """Find the ids of leads that match a search by contact, and of the leads of `clients`."""
    found = {kind: _Found() for kind in LeadKind}
    bearing = select(lead_contact.c.lead_id, lead_contact.c.lead_kind).where(lead_contact.c.site_id == site_id)
    for query in _where(bearing, *_is_contact(connection, lead_contact.c.contact, search)):
        rows = connection.execute(query).all()
        for kind in LeadKind:
            found[kind].add([row.lead_id for row in rows if row.lead_kind == kind], len(rows))
    for kind, table in LEAD_TABLES.items():
        found[kind].is_cut |= clients.is_cut
        if clients.ids:
            theirs = select(table.c.id).where(table.c.site_id == site_id, is_in(table.c.client_id, sorted(clients.ids)))
            found[kind].add(connection.execute(theirs.limit(FOUND_MAX)).scalars().all())
    return found


def _find_named_clients(connection: Connection, site_id: int, search: SearchText) -> SearchedRows:
    """Find the ids of clients whose names contain the search string, and of the clients merged with these."""
    if not _may_be_name(search):
        return SearchedRows((), is_cut=False)
    named = select(client.c.id, client.c.leading_id).where(
        client.c.site_id == site_id, contains(connection, client.c.name, search.text)
    )
    rows = connection.execute(named.limit(FOUND_MAX)).all()
    found = {row.leading_id or row.id for row in rows}
    joined = select(client.c.id).where(client.c.site_id == site_id, is_in(client.c.leading_id, sorted(found)))
    ids = found | set(connection.execute(joined).scalars()) if found else found
    return SearchedRows(ids, is_cut=len(rows) >= FOUND_MAX)


def _where(rows: Query, *conditions: ColumnElement[bool] | None) -> Iterator[Query]:
    """Yield a query for each condition that is not `None`, so that each query uses its own index."""
    return (rows.where(condition).limit(FOUND_MAX) for condition in conditions if condition is not None)


def _may_be_name(search: SearchText) -> bool:
    return not (search.is_contact or search.mask is not None or search.id is not None)


def _is_id(column: AnyElement, search: SearchText) -> ColumnElement[bool] | None:
    return column == search.id if search.id is not None else None


def _is_reference(connection: Connection, column: AnyElement, search: SearchText) -> list[ColumnElement[bool]]:
    if search.mask is not None:
        return matches(connection, column, search.mask)
    return [column.in_(spellings(search.text))]


def _is_contact(connection: Connection, column: AnyElement, search: SearchText) -> list[ColumnElement[bool]]:
    if search.mask is not None:
        return matches(connection, column, search.phone_mask or search.mask.lower())
    return [column.in_(search.contacts)] if search.contacts else []
