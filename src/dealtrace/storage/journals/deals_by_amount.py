"""Pages of a list of deals that is sorted by amount; deals without an amount are last."""

from sqlalchemy import BigInteger, ColumnElement, Connection, and_, or_, select, tuple_, type_coerce

from dealtrace.record import record
from dealtrace.storage.journals.keyset_pages import PageQuery
from dealtrace.storage.schema.tables.deals import deal

SORTED_MAX = 100_000
"""Ours: the longest list that can be sorted by amount. No index has amounts, so each page reads the whole list."""


@record
class AmountKey:
    """The amount and id of a deal, by which a list is sorted; `amount` is in ten-thousandths of a ruble, or `None`."""

    amount: int | None
    id: int


@record
class AmountPage:
    """A page of a list: its ids in order, and the key of its last deal, `None` if no page follows."""

    ids: list[int]
    end: AmountKey | None


def find_by_amount(
    connection: Connection, query: PageQuery, after: AmountKey | None, limit: int, *, highest_first: bool
) -> AmountPage:
    """Find the next `limit` deals of a list after the key `after`; without a key, find the first deals."""
    amount = type_coerce(deal.c.amount_rub, BigInteger)
    conditions = list(query.after(None))
    if after is not None:
        conditions.append(_follows(amount, after, highest_first=highest_first))
    keys = select(amount, deal.c.id).select_from(query.rows).where(*conditions)
    falling, rising = (amount.desc(), deal.c.id.desc()), (amount.asc(), deal.c.id.asc())
    by_amount, by_id = falling if highest_first else rising
    found = connection.execute(keys.order_by(by_amount.nulls_last(), by_id).limit(limit + 1)).all()
    page = found[:limit]
    return AmountPage([row_id for _, row_id in page], AmountKey(*page[-1]) if len(found) > limit else None)


def _follows(amount: ColumnElement[int], after: AmountKey, *, highest_first: bool) -> ColumnElement[bool]:
    """Return the SQL condition that a deal comes after the key `after`."""
    if after.amount is None:
        follows = deal.c.id < after.id if highest_first else deal.c.id > after.id
        return and_(amount.is_(None), follows)
    place, reached = tuple_(amount, deal.c.id), tuple_(after.amount, after.id)
    return or_(place < reached if highest_first else place > reached, amount.is_(None))
