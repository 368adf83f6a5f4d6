"""Pages of a site's calls or lead requests, by when they began or when their visit did."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, FromClause, Table, and_, func, literal, not_

from dealtrace.accounts.site import Site
from dealtrace.attribution.credit import AttributionModel
from dealtrace.leads.lead import LeadKind
from dealtrace.record import record
from dealtrace.storage.database.column_types import json_text
from dealtrace.storage.journals.keyset_pages import PageQuery
from dealtrace.storage.leads.qualification import target_leads, unique_leads, unique_target_leads
from dealtrace.storage.schema.tables.leads import call, lead_credit, lead_request
from dealtrace.storage.schema.tables.visits import traffic_source, visit
from dealtrace.storage.visits.credits import CREDITED, heaviest_of

_TABLES: Mapping[LeadKind, Table] = {LeadKind.CALL: call, LeadKind.LEAD_REQUEST: lead_request}
_MOMENTS = {LeadKind.CALL: call.c.started_at, LeadKind.LEAD_REQUEST: lead_request.c.requested_at}


class Counting(StrEnum):
    """What only those leads are listed for that count for it."""

    UNIQUE = "unique"
    TARGET = "target"
    UNIQUE_TARGET = "unique target"


class Field(StrEnum):
    """What is told of a lead and may be asked for; all but the last two are of its credited or stated source."""

    SOURCE = "source"
    MEDIUM = "medium"
    TERM = "term"
    UTM_SOURCE = "utm source"
    UTM_MEDIUM = "utm medium"
    UTM_CAMPAIGN = "utm campaign"
    UTM_CONTENT = "utm content"
    UTM_TERM = "utm term"
    GOOGLE_CLIENT_ID = "google client id"
    PHONE = "phone"
    DIALLED_PHONE = "dialled phone"


class Operator(StrEnum):
    """How what is told must be like what is asked for; big and small letters differ."""

    EQUAL = "equal"
    NOT_EQUAL = "not equal"
    CONTAINS = "contains"
    NOT_CONTAINS = "not contains"


@record
class Filter:
    """Something that must be told of a lead; an empty text stands for what is unknown."""

    field: Field
    text: str
    operator: Operator = Operator.EQUAL


@record
class LeadQuery:
    """Which leads of one kind to list; `since` belongs to the interval, `until` does not.

    With `by_visit` the interval is about the visits in which the leads came about. `model` chooses the visit whose
    source the `matches` look at.
    """

    kind: LeadKind
    model: AttributionModel
    since: datetime | None = None
    until: datetime | None = None
    by_visit: bool = False
    lead_id: int | None = None
    number: str | None = None
    counting: frozenset[Counting] = frozenset()
    matches: tuple[Filter, ...] = ()


def query_leads(site: Site, query: LeadQuery) -> PageQuery:
    """Tell the list that a query is about; leads that are hidden are in none."""
    table = _TABLES[query.kind]
    wanted = [table.c.site_id == site.id, table.c.deleted_at.is_(None), *_conditions(site, table, query)]
    rows: FromClause = table
    moment = _MOMENTS[query.kind]
    if query.by_visit:
        own = visit.alias("own_visit")
        rows = rows.join(own, and_(own.c.site_id == table.c.site_id, own.c.id == table.c.visit_id))
        wanted.append(own.c.site_id == site.id)
        moment = own.c.started_at
    if any(one.field in _OF_A_SOURCE for one in query.matches):
        rows = _with_sources(rows, table, query.model)
    return PageQuery(rows, moment, table.c.id, tuple(wanted), query.since, query.until)


def _conditions(site: Site, table: Table, query: LeadQuery) -> Iterator[ColumnElement[bool]]:
    if query.lead_id is not None:
        yield table.c.id == query.lead_id
    if query.number is not None:
        yield lead_request.c.number == query.number
    for counting in sorted(query.counting):
        yield _COUNTING[counting](table, site)
    for one in query.matches:
        yield _OPERATORS[one.operator](
            _OF_A_SOURCE[one.field] if one.field in _OF_A_SOURCE else _OF_A_CALL[one.field], one
        )


def _with_sources(rows: FromClause, table: Table, model: AttributionModel) -> FromClause:
    """Join what the list says of the source of a lead: of the credited visit, or failing one what was stated."""
    source_id = func.coalesce(visit.c.traffic_source_id, table.c.stated_source_id)
    sourced = and_(traffic_source.c.site_id == table.c.site_id, traffic_source.c.id == source_id)
    return (
        rows.outerjoin(lead_credit, heaviest_of(table.c.site_id, table.c.id, model))
        .outerjoin(visit, CREDITED)
        .outerjoin(traffic_source, sourced)
    )


def _part(name: str) -> ColumnElement[str]:
    return func.coalesce(traffic_source.c[name], "")


def _utm(name: str, *, is_stated: bool = True) -> ColumnElement[str]:
    """Say an utm tag in SQL: the visit's, or failing a visit the part of the stated source."""
    failing = (traffic_source.c[name],) if is_stated else ()
    return func.coalesce(json_text(visit.c.utm, literal(name)), *failing, "")


_COUNTING: Mapping[Counting, Callable[[Table, Site], ColumnElement[bool]]] = {
    Counting.UNIQUE: unique_leads,
    Counting.TARGET: target_leads,
    Counting.UNIQUE_TARGET: unique_target_leads,
}
_OF_A_SOURCE: Mapping[Field, ColumnElement[str]] = {
    Field.SOURCE: _part("source"),
    Field.MEDIUM: _part("medium"),
    Field.TERM: _part("term"),
    Field.UTM_SOURCE: _utm("source", is_stated=False),
    Field.UTM_MEDIUM: _utm("medium", is_stated=False),
    Field.UTM_CAMPAIGN: _utm("campaign"),
    Field.UTM_CONTENT: _utm("content"),
    Field.UTM_TERM: _utm("term"),
    Field.GOOGLE_CLIENT_ID: func.coalesce(visit.c.google_client_id, ""),
}
_OF_A_CALL: Mapping[Field, ColumnElement[str]] = {
    Field.PHONE: call.c.phone,
    Field.DIALLED_PHONE: func.coalesce(call.c.dialled_phone, ""),
}
_OPERATORS: Mapping[Operator, Callable[[ColumnElement[str], Filter], ColumnElement[bool]]] = {
    Operator.EQUAL: lambda field, match: field == match.text,
    Operator.NOT_EQUAL: lambda field, match: field != match.text,
    Operator.CONTAINS: lambda field, match: _contains(field, match.text),
    Operator.NOT_CONTAINS: lambda field, match: not_(_contains(field, match.text)),
}


def _contains(field: ColumnElement[str], text: str) -> ColumnElement[bool]:
    """Whether a text contains another; `LIKE` would take `%` for a sign, and on SQLite `a` for `A`."""
    return func.replace(field, text, "") != field if text else field == ""
