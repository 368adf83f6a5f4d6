"""The journal of a site's calls or lead requests, ordered by the start of the lead or of its visit."""

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
from dealtrace.storage.schema.tables.leads import LEAD_STARTS, LEAD_TABLES, call, lead_credit, lead_request
from dealtrace.storage.schema.tables.visits import traffic_source, visit
from dealtrace.storage.visits.credits import CREDITED, heaviest_of


class QualificationFilter(StrEnum):
    """The qualifications by which a list of leads can be filtered."""

    UNIQUE = "unique"
    TARGET = "target"
    UNIQUE_TARGET = "unique target"


class LeadField(StrEnum):
    """The fields by which a list of leads can be filtered.

    UTM tags and source parts belong to the credited visit or, for a lead without a visit, to the stated source.
    """

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


class LeadOperator(StrEnum):
    """A way to compare a field with the text of a filter; the comparison is case-sensitive."""

    EQUAL = "equal"
    NOT_EQUAL = "not equal"
    CONTAINS = "contains"
    NOT_CONTAINS = "not contains"


@record
class LeadFilter:
    """A condition on a field of the leads in a list; an empty `text` matches an unknown value."""

    field: LeadField
    text: str
    operator: LeadOperator = LeadOperator.EQUAL


@record
class LeadQuery:
    """A query for calls or lead requests that began at or after `since` and before `until`.

    With `by_visit`, the start of the lead's visit must be in this interval instead. A filter by source in `matches`
    applies to the source of the visit that the attribution `model` credits.
    """

    kind: LeadKind
    model: AttributionModel
    since: datetime | None = None
    until: datetime | None = None
    by_visit: bool = False
    lead_id: int | None = None
    number: str | None = None
    qualifications: frozenset[QualificationFilter] = frozenset()
    matches: tuple[LeadFilter, ...] = ()


_OWN = visit.alias("own_visit")


def query_leads(site: Site, query: LeadQuery) -> PageQuery:
    """Return the paged query for the non-deleted leads that `query` describes."""
    table = LEAD_TABLES[query.kind]
    conditions = [table.c.site_id == site.id, table.c.deleted_at.is_(None), *_conditions(site, query)]
    rows: FromClause = table
    at: ColumnElement[datetime] = LEAD_STARTS[query.kind]
    if query.by_visit:
        rows = rows.join(_OWN, _is_own(table))
        conditions.append(_OWN.c.site_id == site.id)
        at = _OWN.c.started_at
    elif any(match.field is LeadField.GOOGLE_CLIENT_ID for match in query.matches):
        rows = rows.outerjoin(_OWN, _is_own(table))
    if any(match.field in _SOURCE_FIELDS for match in query.matches):
        rows = _with_sources(rows, table, query.model)
    return PageQuery(rows, at, table.c.id, tuple(conditions), query.since, query.until)


def _is_own(table: Table) -> ColumnElement[bool]:
    """Return the SQL condition that a row of `_OWN`, an alias of the table of visits, is the visit of a lead."""
    return and_(_OWN.c.site_id == table.c.site_id, _OWN.c.id == table.c.visit_id)


def _conditions(site: Site, query: LeadQuery) -> Iterator[ColumnElement[bool]]:
    if query.lead_id is not None:
        yield LEAD_TABLES[query.kind].c.id == query.lead_id
    if query.number is not None:
        yield lead_request.c.number == query.number
    for qualification in sorted(query.qualifications):
        yield _QUALIFICATIONS[qualification](query.kind, site)
    for match in query.matches:
        field = _SOURCE_FIELDS[match.field] if match.field in _SOURCE_FIELDS else _CALL_FIELDS[match.field]
        yield _OPERATORS[match.operator](field, match)


def _with_sources(rows: FromClause, table: Table, model: AttributionModel) -> FromClause:
    """Return `rows` joined with the source of each lead's credited visit or, without a visit, its stated source."""
    source_id = func.coalesce(visit.c.traffic_source_id, table.c.stated_source_id)
    is_its_source = and_(traffic_source.c.site_id == table.c.site_id, traffic_source.c.id == source_id)
    return (
        rows.outerjoin(lead_credit, heaviest_of(table.c.site_id, table.c.id, model))
        .outerjoin(visit, CREDITED)
        .outerjoin(traffic_source, is_its_source)
    )


def _part(name: str) -> ColumnElement[str]:
    return func.coalesce(traffic_source.c[name], "")


def _utm(name: str) -> ColumnElement[str]:
    """Return the SQL expression for the credited visit's UTM tag `name` or, if missing, the source's part `name`."""
    return func.coalesce(json_text(visit.c.utm, literal(name)), traffic_source.c[name], "")


_QUALIFICATIONS: Mapping[QualificationFilter, Callable[[LeadKind, Site], ColumnElement[bool]]] = {
    QualificationFilter.UNIQUE: unique_leads,
    QualificationFilter.TARGET: target_leads,
    QualificationFilter.UNIQUE_TARGET: unique_target_leads,
}
_SOURCE_FIELDS: Mapping[LeadField, ColumnElement[str]] = {
    LeadField.SOURCE: _part("source"),
    LeadField.MEDIUM: _part("medium"),
    LeadField.TERM: _part("term"),
    LeadField.UTM_SOURCE: _utm("source"),
    LeadField.UTM_MEDIUM: _utm("medium"),
    LeadField.UTM_CAMPAIGN: _utm("campaign"),
    LeadField.UTM_CONTENT: _utm("content"),
    LeadField.UTM_TERM: _utm("term"),
    LeadField.GOOGLE_CLIENT_ID: func.coalesce(_OWN.c.google_client_id, ""),
}
_CALL_FIELDS: Mapping[LeadField, ColumnElement[str]] = {
    LeadField.PHONE: call.c.phone,
    LeadField.DIALLED_PHONE: func.coalesce(call.c.dialled_phone, ""),
}
_OPERATORS: Mapping[LeadOperator, Callable[[ColumnElement[str], LeadFilter], ColumnElement[bool]]] = {
    LeadOperator.EQUAL: lambda field, match: field == match.text,
    LeadOperator.NOT_EQUAL: lambda field, match: field != match.text,
    LeadOperator.CONTAINS: lambda field, match: _contains(field, match.text),
    LeadOperator.NOT_CONTAINS: lambda field, match: not_(_contains(field, match.text)),
}


def _contains(field: ColumnElement[str], text: str) -> ColumnElement[bool]:
    """Return the SQL condition that `field` contains `text`; the comparison is case-sensitive.

    `LIKE` is not used: it treats `%` specially and, on SQLite, ignores case.
    """
    return func.replace(field, text, "") != field if text else field == ""
