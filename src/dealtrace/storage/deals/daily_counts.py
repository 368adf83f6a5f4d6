"""The number of a site's deals per UTC day, stored so that journals (paged lists) need not count rows."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from enum import StrEnum

import msgspec
from sqlalchemy import (
    JSON,
    BigInteger,
    Connection,
    Insert,
    Text,
    bindparam,
    cast,
    column,
    delete,
    func,
    insert,
    literal,
    select,
    type_coerce,
)

from dealtrace.dates_and_times import EPOCH
from dealtrace.leads.lead import LeadKind
from dealtrace.record import record
from dealtrace.storage.database.column_types import (
    DAY,
    EARLIEST,
    MICROSECOND,
    Instant,
    each_json,
    is_among,
    json_integer,
    microseconds,
)
from dealtrace.storage.database.compiled_statement import (
    AnySelect,
    CompiledStatement,
    EngineInsert,
    PlainRow,
    ValuesByName,
)
from dealtrace.storage.schema.tables.deals import deal, deal_day

_DAY_MICROSECONDS = DAY // MICROSECOND


class JournalTime(StrEnum):
    """One of a deal's times, by which a journal can sort deals; the value is the name of the column with this time.

    Each of these columns has an index and daily counts.
    """

    HAPPENED = "happened_at"
    TOUCHED = "touched_at"
    VISITED = "visited_at"


_NO_LEAD = ""
_STORED_KINDS = [_NO_LEAD, *(kind.value for kind in LeadKind)]
_COUNTED = ("lead_kind", "deleted_at", *JournalTime)
_LIST_COUNTED = CompiledStatement(
    select(*(deal.c[name] for name in _COUNTED)).where(
        deal.c.site_id == bindparam("site_id"), is_among(deal.c.id, "ids")
    )
)
_IN_INTERVAL = (
    deal_day.c.site_id == bindparam("site_id"),
    deal_day.c.moment == bindparam("moment"),
    is_among(deal_day.c.lead_kind, "lead_kinds"),
    deal_day.c.midnight >= bindparam("since", type_=Instant),
    deal_day.c.midnight < bindparam("until", type_=Instant),
)
_DEALS = cast(func.sum(deal_day.c.deals), BigInteger)
_COUNT_DAYS = CompiledStatement(select(_DEALS.label("deals")).where(*_IN_INTERVAL))
_BEFORE = cast(func.sum(_DEALS).over(order_by=deal_day.c.midnight), BigInteger) - _DEALS
_DAYS = (
    select(deal_day.c.midnight, _BEFORE.label("before")).where(*_IN_INTERVAL).group_by(deal_day.c.midnight).subquery()
)
_REACH = CompiledStatement(
    select(_DAYS.c.midnight, _DAYS.c.before)
    .where(_DAYS.c.before <= bindparam("skip", type_=BigInteger))
    .order_by(_DAYS.c.midnight.desc())
    .limit(1)
)
_SHIFTS = each_json(bindparam("shifts", type_=Text)).table_valued(column("value", JSON))


def _shift_statement(engine_insert: EngineInsert) -> Insert:
    """Return the statement that changes any number of daily counts in one round trip."""
    time, midnight, lead_kind, deals = (_SHIFTS.c.value[position] for position in range(4))
    rows = select(
        bindparam("site_id"), time.as_string(), json_integer(midnight), lead_kind.as_string(), json_integer(deals)
    )
    shift = engine_insert(deal_day).from_select(deal_day.c.keys(), rows.where(_SHIFTS.c.value.is_not(None)))
    shifted = {"deals": deal_day.c.deals + shift.excluded.deals}
    statement: Insert = shift.on_conflict_do_update(index_elements=[*deal_day.primary_key.columns], set_=shifted)
    return statement


_SHIFT = CompiledStatement(_shift_statement)


@record
class DaysOfDeals:
    """The number of a site's non-deleted deals on each UTC day, dated by `time`.

    With `lead_kind`, only deals with a lead of this kind are counted.
    """

    site_id: int
    time: JournalTime
    lead_kind: LeadKind | None = None

    def count(self, connection: Connection, since: datetime, until: datetime) -> int:
        """Count the deals on the UTC days whose midnights are at or after `since` and before `until`."""
        ((deals,),) = _COUNT_DAYS.fetch(connection, self._parameters(since, until))
        return deals or 0

    def reach(self, connection: Connection, since: datetime, until: datetime, skip: int) -> tuple[datetime, int] | None:
        """Find the UTC day of the deal that follows the first `skip` deals.

        Only UTC days whose midnights are at or after `since` and before `until` are considered. Return the midnight at
        which that day begins and the number of deals on the days before it, or `None` if there are no deals.
        """
        rows = _REACH.fetch(connection, {**self._parameters(since, until), "skip": skip})
        return (rows[0][0], rows[0][1]) if rows else None

    def _parameters(self, since: datetime, until: datetime) -> ValuesByName:
        return {
            "site_id": self.site_id,
            "moment": self.time,
            "lead_kinds": _STORED_KINDS if self.lead_kind is None else [self.lead_kind.value],
            "since": since,
            "until": until,
        }


def count_new_deals(connection: Connection, site_id: int, rows: Iterable[ValuesByName]) -> None:
    """Add new deals, given as their rows, to the daily counts."""
    _shift(connection, site_id, Counter(_days([row[name] for name in _COUNTED] for row in rows)))


@contextmanager
def recounting(connection: Connection, site_id: int, ids: Sequence[int]) -> Iterator[None]:
    """Update the daily counts for deals that change inside the block; the caller must have locked the deals."""
    parameters = {"site_id": site_id, "ids": list(ids)}
    before = Counter(_days(_LIST_COUNTED.fetch(connection, parameters)))
    yield
    after = Counter(_days(_LIST_COUNTED.fetch(connection, parameters)))
    after.subtract(before)
    _shift(connection, site_id, after)


def recount_deals(connection: Connection, site_id: int) -> None:
    """Replace a site's daily counts by counting all its deals; no other transaction can change the counts meanwhile."""
    if connection.dialect.name == "postgresql":  # SQLite has one writer at a time
        connection.exec_driver_sql(f"LOCK TABLE {deal_day.name} IN SHARE ROW EXCLUSIVE MODE")
    connection.execute(delete(deal_day).where(deal_day.c.site_id == site_id))
    for time in JournalTime:
        connection.execute(insert(deal_day).from_select(deal_day.c.keys(), _true_days(site_id, time)))


def list_miscounted_days(connection: Connection, site_id: int) -> list[date]:
    """List the UTC days whose stored counts differ from the true number of deals; this reads all deals of the site."""
    stored = select(deal_day).where(deal_day.c.site_id == site_id, deal_day.c.deals != 0)
    true = [row for time in JournalTime for row in connection.execute(_true_days(site_id, time))]
    differing = {tuple(row) for row in true} ^ {tuple(row) for row in connection.execute(stored)}
    return sorted({midnight.date() for _, _, midnight, _, _ in differing})


def _true_days(site_id: int, time: JournalTime) -> AnySelect:
    """Return a query that counts the deals of each UTC day, with the columns of `deal_day`.

    Days are computed from year 1, because engines round negative quotients towards zero. `_days` implements the same
    rule in Python.
    """
    since_year_one = type_coerce(deal.c[time], BigInteger) - microseconds(EARLIEST)
    placed = (
        select(
            deal.c.site_id,
            literal(time.value).label("moment"),
            (since_year_one // _DAY_MICROSECONDS * _DAY_MICROSECONDS + microseconds(EARLIEST)).label("midnight"),
            func.coalesce(deal.c.lead_kind, _NO_LEAD).label("lead_kind"),
        )
        .where(deal.c.site_id == site_id, deal.c.deleted_at.is_(None), deal.c[time].is_not(None))
        .subquery()
    )
    day = (placed.c.site_id, placed.c.moment, type_coerce(placed.c.midnight, Instant), placed.c.lead_kind)
    return select(*day, func.count()).where(placed.c.site_id == site_id).group_by(*placed.c)


def _days(rows: Iterable[PlainRow]) -> Iterator[tuple[str, int, str]]:
    """Yield, for each time of each non-deleted deal, the time's column and UTC day, and the kind of the deal's lead.

    Days are numbered from 1970. `_true_days` implements the same rule in SQL.
    """
    for lead_kind, deleted_at, *times in rows:
        if deleted_at is None:
            for time, at in zip(JournalTime, times, strict=True):
                if at is not None:
                    yield time.value, (at - EPOCH) // DAY, lead_kind or _NO_LEAD


def _shift(connection: Connection, site_id: int, shifts: Mapping[tuple[str, int, str], int]) -> None:
    """Add `shifts` to the daily counts in a fixed order, so that two writers cannot deadlock."""
    rows = [
        (time, microseconds(EPOCH + DAY * day), lead_kind, deals)
        for (time, day, lead_kind), deals in sorted(shifts.items())
        if deals
    ]
    if rows:
        _SHIFT.run(connection, {"site_id": site_id, "shifts": msgspec.json.encode(rows).decode()})
