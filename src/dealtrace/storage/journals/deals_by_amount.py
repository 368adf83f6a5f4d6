"""Pages of a list of deals that is sorted by amount in rubles; deals whose amount is unknown are last."""

from sqlalchemy import ColumnElement, Connection, Select, and_, or_, select, tuple_

from dealtrace.record import record
from dealtrace.storage.deals.worth import steps_of
from dealtrace.storage.journals.keyset_pages import PageQuery
from dealtrace.storage.schema.tables.deals import deal

SORTED_MAX = 100_000
"""Ours: the maximum length of a list to sort by amount; no index has amounts, so each page reads the whole list."""


@record
class AmountKey:
    """The amount and id of a deal, by which a list is sorted; `amount` is in 1/10,000 ruble, `None` if unknown."""

    amount: int | None
    id: int


@record
class AmountPage:
    """A page of a list: its ids in order, and the key of its last deal (`None` on the last page)."""

    ids: list[int]
    end: AmountKey | None


def find_by_amount(
    connection: Connection, query: PageQuery, after: AmountKey | None, limit: int, *, highest_first: bool
) -> AmountPage:
    """Find the next `limit` deals of a list after the key `after`; without a key, find the first deals."""
    keys = _in_order(query, after, highest_first=highest_first)
    found = connection.execute(keys.limit(limit + 1)).all()
    page = found[:limit]
    return AmountPage([row_id for _, row_id in page], AmountKey(*page[-1]) if len(found) > limit else None)


def find_previous_by_amount(
    connection: Connection, query: PageQuery, key: AmountKey, limit: int, *, highest_first: bool
) -> AmountKey | None:
    """Find the key of the deal before the page of `limit` deals that ends at `key`.

    The result is `None` if that page is the first of the list.
    """
    backwards = _in_order(query, key, highest_first=not highest_first, unknown_first=True)
    found = connection.execute(backwards.limit(1).offset(limit - 1)).first()
    return AmountKey(*found) if found is not None else None


def _in_order(
    query: PageQuery, after: AmountKey | None, *, highest_first: bool, unknown_first: bool = False
) -> Select[int, int]:
    """Return the SQL query for the keys that follow `after` in the list, in order; without `after`, for all keys."""
    amounts = select(steps_of(deal.c.amount_rub).label("amount"), deal.c.id).select_from(query.rows)
    listed = amounts.where(*query.after(None)).subquery()
    amount, deal_id = listed.c.amount, listed.c.id
    keys = select(amount, deal_id)
    if after is not None:
        follows = _follows(amount, deal_id, after, highest_first=highest_first, unknown_first=unknown_first)
        keys = keys.where(follows)
    falling, rising = (amount.desc(), deal_id.desc()), (amount.asc(), deal_id.asc())
    by_amount, by_id = falling if highest_first else rising
    return keys.order_by(by_amount.nulls_first() if unknown_first else by_amount.nulls_last(), by_id)


def _follows(
    amount: ColumnElement[int],
    deal_id: ColumnElement[int],
    after: AmountKey,
    *,
    highest_first: bool,
    unknown_first: bool,
) -> ColumnElement[bool]:
    """Return the SQL condition that a deal comes after the key `after`."""
    if after.amount is None:
        follows = and_(amount.is_(None), deal_id < after.id if highest_first else deal_id > after.id)
        return or_(follows, amount.is_not(None)) if unknown_first else follows
    place, reached = tuple_(amount, deal_id), tuple_(after.amount, after.id)
    known = place < reached if highest_first else place > reached
    return and_(amount.is_not(None), known) if unknown_first else or_(known, amount.is_(None))
