"""Pages of a list of deals that is sorted by amount in rubles; deals whose amount is unknown are last."""

from sqlalchemy import ColumnElement, Connection, and_, or_, select, tuple_

from dealtrace.record import record
from dealtrace.storage.deals.worth import steps_of
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
    amounts = select(steps_of(deal.c.amount_rub).label("amount"), deal.c.id).select_from(query.rows)
    listed = amounts.where(*query.after(None)).subquery()
    amount, deal_id = listed.c.amount, listed.c.id
    keys = select(amount, deal_id)
    if after is not None:
        keys = keys.where(_follows(amount, deal_id, after, highest_first=highest_first))
    falling, rising = (amount.desc(), deal_id.desc()), (amount.asc(), deal_id.asc())
    by_amount, by_id = falling if highest_first else rising
    found = connection.execute(keys.order_by(by_amount.nulls_last(), by_id).limit(limit + 1)).all()
    page = found[:limit]
    return AmountPage([row_id for _, row_id in page], AmountKey(*page[-1]) if len(found) > limit else None)


def _follows(
    amount: ColumnElement[int], deal_id: ColumnElement[int], after: AmountKey, *, highest_first: bool
) -> ColumnElement[bool]:
    """Return the SQL condition that a deal comes after the key `after`."""
    if after.amount is None:
        follows = deal_id < after.id if highest_first else deal_id > after.id
        return and_(amount.is_(None), follows)
    place, reached = tuple_(amount, deal_id), tuple_(after.amount, after.id)
    return or_(place < reached if highest_first else place > reached, amount.is_(None))
