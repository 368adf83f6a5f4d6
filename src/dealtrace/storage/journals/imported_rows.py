"""The rows that the import of a file added: whether they can be deleted to take it back, and the affected deals."""

from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, Connection, Table, and_, case, exists, or_, select

from dealtrace.deals.versions import VersionKind
from dealtrace.leads.file_import import TakeBackOutcome
from dealtrace.leads.lead import LeadKind
from dealtrace.record import record
from dealtrace.storage.database.column_types import AnyElement, is_in
from dealtrace.storage.database.compiled_statement import AnySelect
from dealtrace.storage.schema.tables.deals import deal, deal_version
from dealtrace.storage.schema.tables.file_imports import file_import, imported_row
from dealtrace.storage.schema.tables.leads import LEAD_TABLES, call, lead_version

_OF_SERVER = (VersionKind.REGISTERED, VersionKind.MATCHED)
"""The kinds of version that a deal gets without anybody changing it."""


@record
class _Kind:
    """A kind of imported rows: its table, and the SQL expression for the outcome of taking a row back."""

    table: Table
    outcome: ColumnElement[str]


def _is_shared(noun: str) -> ColumnElement[bool]:
    """Return the SQL condition that a row also belongs to another import of this kind."""
    other, numbers = imported_row.alias("other"), file_import.c
    same = select(numbers.number).where(numbers.site_id == imported_row.c.site_id, numbers.noun == noun)
    return exists().where(
        other.c.site_id == imported_row.c.site_id,
        other.c.row_id == imported_row.c.row_id,
        other.c.import_number != imported_row.c.import_number,
        other.c.import_number.in_(same.where(numbers.number.is_not(None)).correlate(imported_row).scalar_subquery()),
    )


def _of_deals() -> _Kind:
    versions = deal_version.c
    is_changed = exists().where(
        versions.site_id == imported_row.c.site_id,
        versions.deal_id == imported_row.c.row_id,
        versions.kind.not_in(_OF_SERVER),
    )
    outcome = case(
        (or_(deal.c.id.is_(None), deal.c.deleted_at.is_not(None)), TakeBackOutcome.ALREADY_DELETED),
        (deal.c.pinned_at.is_not(None), TakeBackOutcome.PINNED),
        (is_changed, TakeBackOutcome.CHANGED),
        (_is_shared("deal"), TakeBackOutcome.SHARED),
        else_=TakeBackOutcome.DELETED,
    )
    return _Kind(deal, outcome)


def _of_leads(kind: LeadKind) -> _Kind:
    table, versions = LEAD_TABLES[kind], lead_version.c
    is_annotated = exists().where(versions.site_id == imported_row.c.site_id, versions.lead_id == imported_row.c.row_id)
    bound = deal.alias("pinned")
    is_pinned = exists().where(
        bound.c.site_id == imported_row.c.site_id,
        bound.c.lead_id == imported_row.c.row_id,
        bound.c.lead_kind == kind,
        bound.c.pinned_at.is_not(None),
    )
    is_changed = or_(is_annotated, call.c.ring_back.is_not(None)) if kind is LeadKind.CALL else is_annotated
    outcome = case(
        (or_(table.c.id.is_(None), table.c.deleted_at.is_not(None)), TakeBackOutcome.ALREADY_DELETED),
        (is_pinned, TakeBackOutcome.PINNED),
        (is_changed, TakeBackOutcome.CHANGED),
        (_is_shared(kind), TakeBackOutcome.SHARED),
        else_=TakeBackOutcome.DELETED,
    )
    return _Kind(table, outcome)


_KINDS: Mapping[str, _Kind] = {"deal": _of_deals(), **{kind.value: _of_leads(kind) for kind in LeadKind}}


def find_take_back_outcomes(
    connection: Connection, site_id: int, number: int, noun: str, limit: int
) -> dict[int, TakeBackOutcome]:
    """Find the `TakeBackOutcome` of up to `limit` rows of an import, by row id; the lowest ids come first."""
    chosen = _rows(_KINDS[noun], site_id, number, imported_row.c.row_id, _KINDS[noun].outcome.label("outcome"))
    found = connection.execute(chosen.order_by(imported_row.c.row_id).limit(limit))
    return {row.row_id: TakeBackOutcome(row.outcome) for row in found}


def list_concerned_deals(
    connection: Connection, site_id: int, noun: str, going: Sequence[int], limit: int
) -> list[int]:
    """List up to `limit` ids of deals that would be deleted or lose their lead if the rows `going` were deleted.

    Deals that have already been deleted are left out.
    """
    mine = select(deal.c.id).where(deal.c.site_id == site_id, deal.c.deleted_at.is_(None)).limit(limit)
    if noun == "deal":
        return list(connection.execute(mine.where(is_in(deal.c.id, going))).scalars())
    of_leads = (is_in(deal.c.lead_id, going), deal.c.lead_kind == LeadKind(noun))
    return list(connection.execute(mine.where(*of_leads)).scalars())


def _rows(kind: _Kind, site_id: int, number: int, *columns: AnyElement) -> AnySelect:
    """Return the select of `columns` from the rows of an import, joined with the records that these rows stand for."""
    stored = and_(kind.table.c.site_id == imported_row.c.site_id, kind.table.c.id == imported_row.c.row_id)
    mine = (imported_row.c.site_id == site_id, imported_row.c.import_number == number)
    chosen: AnySelect = select(*columns)
    return chosen.select_from(imported_row.outerjoin(kind.table, stored)).where(*mine)
