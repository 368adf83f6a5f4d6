"""Marks: rows that record which visits, leads, deals and so on changed, so that the mirror can be updated.

SQLite triggers write marks in the transaction of the change. The triggers exist only while there is a mirror. Each
update of the mirror stores a new stamp, a random string, in the database and in the mirror. Different stamps mean that
the mirror was made from another database, or from another state of this database, such as its state before a backup was
restored.
"""

from collections.abc import Mapping
from enum import StrEnum
from secrets import token_hex

from sqlalchemy import Connection, Table, delete, func, insert, select, text, update

from dealtrace.record import record
from dealtrace.storage.schema.tables.control import database_key
from dealtrace.storage.schema.tables.costs import cost
from dealtrace.storage.schema.tables.currency_rates import currency_rate
from dealtrace.storage.schema.tables.deals import deal, deal_contact, deal_tag
from dealtrace.storage.schema.tables.leads import call, lead_contact, lead_credit, lead_request
from dealtrace.storage.schema.tables.marks import mirror_mark
from dealtrace.storage.schema.tables.reports import deal_status
from dealtrace.storage.schema.tables.visits import traffic_source, visit

_STAMP = "mirror"
_PREFIX = "mark_"


class MarkKind(StrEnum):
    """What a mark (a record of a change) identifies by its id, such as a deal with its tags, or a day of costs.

    Marks are applied in the order of the kinds: visits and touches come before leads and deals, which copy from them.
    """

    SOURCE = "source"
    STATUSES = "statuses"
    VISIT = "visit"
    TOUCHES = "touches"
    LEAD = "lead"
    DEAL = "deal"
    RATES = "rates"
    COSTS = "costs"


@record
class Mark:
    """A record of one change to a row, such as a deal; marks of later changes have higher numbers."""

    number: int
    site_id: int
    kind: MarkKind
    id: int


@record
class _Marked:
    """How changes to a table are marked: the kind of the mark, and the column or SQL expression for the mark's id.

    Changes to `ignored` columns are not marked.
    """

    kind: MarkKind
    key: str
    ignored: frozenset[str] = frozenset()


MARKED: Mapping[Table, _Marked] = {
    deal: _Marked(MarkKind.DEAL, "id"),
    deal_tag: _Marked(MarkKind.DEAL, "deal_id"),
    deal_contact: _Marked(MarkKind.DEAL, "deal_id"),
    call: _Marked(MarkKind.LEAD, "id"),
    lead_request: _Marked(MarkKind.LEAD, "id"),
    lead_contact: _Marked(MarkKind.LEAD, "lead_id"),
    lead_credit: _Marked(MarkKind.TOUCHES, "lead_id"),
    visit: _Marked(MarkKind.VISIT, "id", frozenset({"seen_at"})),
    traffic_source: _Marked(MarkKind.SOURCE, "id"),
    deal_status: _Marked(MarkKind.STATUSES, "0"),
    cost: _Marked(MarkKind.COSTS, "day_on"),
    currency_rate: _Marked(MarkKind.RATES, "0"),
}
"""The tables whose changes are marked: all tables from which the mirror's rows are computed.

The column `seen_at`, which every page view changes, is not used by the mirror.
"""


def _triggers() -> dict[str, str]:
    """Return the SQL statements that create the triggers, by trigger name."""
    found = {}
    for table, marked in MARKED.items():
        relevant = [column.name for column in table.c if column.name not in marked.ignored]
        events = {
            "insert": ("INSERT", ("NEW",)),
            "update": (f"UPDATE OF {', '.join(relevant)}", ("NEW", "OLD")),
            "delete": ("DELETE", ("OLD",)),
        }
        for name, (event, rows) in events.items():
            marks = " ".join(_marking(marked, row, is_further=place > 0) for place, row in enumerate(rows))
            trigger = f"{_PREFIX}{table.name}_{name}"
            found[trigger] = f"CREATE TRIGGER {trigger} AFTER {event} ON {table.name} BEGIN {marks} END"
    return found


def _marking(marked: _Marked, row: str, *, is_further: bool) -> str:
    """Return the SQL statement by which a trigger marks `row`, which is `NEW` or `OLD`.

    With `is_further`, the row is marked only if the update changed the site or the id that the mark records.
    """
    key = f"{row}.{marked.key}" if marked.key.isidentifier() else marked.key
    moved = f" WHERE OLD.site_id <> NEW.site_id OR {key} <> {key.replace('OLD', 'NEW')}" if is_further else ""
    return f"INSERT INTO mirror_mark (site_id, kind, id) SELECT {row}.site_id, '{marked.kind}', {key}{moved};"


_TRIGGERS = _triggers()
_SCHEMA = text(f"SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND name LIKE '{_PREFIX}%'")  # noqa: S608


def start_marking(connection: Connection) -> str:
    """Delete all marks, start marking changes, and return the new stamp (a random id) of the database."""
    stop_marking(connection)
    for statement in _TRIGGERS.values():
        connection.execute(text(statement))
    stamp = token_hex()
    connection.execute(insert(database_key).values(name=_STAMP, key=stamp))
    return stamp


def stop_marking(connection: Connection) -> None:
    """Stop marking changes, and delete all marks and the stamp, so that any existing mirror is out of date."""
    for name, _ in connection.execute(_SCHEMA).all():
        connection.execute(text(f"DROP TRIGGER {name}"))
    connection.execute(delete(mirror_mark))
    connection.execute(delete(database_key).where(database_key.c.name == _STAMP))


def find_stamp(connection: Connection) -> str | None:
    """Find the stamp (a random id) of the database, or return `None` if this release's triggers do not mark changes."""
    if {name: sql for name, sql in connection.execute(_SCHEMA)} != _TRIGGERS:  # noqa: C416 - mypy does not know that a row is a pair
        return None
    return connection.execute(select(database_key.c.key).where(database_key.c.name == _STAMP)).scalar_one_or_none()


def find_last_number(connection: Connection) -> int:
    """Find the number of the last mark, or return 0 if there is none."""
    return connection.execute(select(func.max(mirror_mark.c.number))).scalar_one() or 0


def count_marks(connection: Connection) -> int:
    """Return about how many marks are stored; the lowest and highest numbers are used because counting may be slow."""
    numbers = mirror_mark.c.number
    first, last = connection.execute(select(func.min(numbers), func.max(numbers))).one()
    return last - first + 1 if last is not None else 0


def list_marks(connection: Connection, after: int, limit: int) -> list[Mark]:
    """List up to `limit` marks whose numbers are greater than `after`, in the order in which the rows changed."""
    columns = (mirror_mark.c.number, mirror_mark.c.site_id, mirror_mark.c.kind, mirror_mark.c.id)
    query = select(*columns).where(mirror_mark.c.number > after).order_by(mirror_mark.c.number).limit(limit)
    return [Mark(number, site_id, MarkKind(kind), key) for number, site_id, kind, key in connection.execute(query)]


def delete_applied_marks(connection: Connection, last_number: int, stamp: str, new_stamp: str) -> bool:
    """Delete marks and store `new_stamp` if the stored stamp is still `stamp`; return whether it was still `stamp`.

    Only marks up to `last_number` are deleted; later marks, which have higher numbers, are kept.
    """
    renewed = connection.execute(
        update(database_key).where(database_key.c.name == _STAMP, database_key.c.key == stamp).values(key=new_stamp)
    )
    if not renewed.rowcount:
        return False
    connection.execute(delete(mirror_mark).where(mirror_mark.c.number <= last_number))
    return True
