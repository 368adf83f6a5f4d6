"""Count leads by day, up to a few of each day."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import JSON, Connection, Text, bindparam, column, func, literal, select

from dealtrace.leads.lead import LeadKind
from dealtrace.storage.database.column_types import each_json, json_integer, microseconds
from dealtrace.storage.schema.tables.leads import LEAD_STARTS, LEAD_TABLES


def count_leads_of_days(
    connection: Connection, site_id: int, kind: LeadKind, days: Sequence[tuple[datetime, datetime]], most: int
) -> list[int]:
    """Count the non-deleted leads of a kind that began on each of `days`, which are pairs of a start and an end.

    At most `most` leads of a day are read, so that counting a few weeks costs the same however many leads a site has.
    """
    spans = each_json(bindparam("spans", type_=Text)).table_valued(column("value", JSON))
    table, at = LEAD_TABLES[kind], LEAD_STARTS[kind]
    since, until = json_integer(spans.c.value[1]), json_integer(spans.c.value[2])
    of_day = (table.c.site_id == site_id, table.c.deleted_at.is_(None), at >= since, at < until)
    read = select(literal(1)).select_from(table).where(*of_day).limit(most).correlate(spans).subquery()
    counted = select(func.count()).select_from(read).correlate(spans).scalar_subquery()
    query = select(json_integer(spans.c.value[0]).label("place"), counted).select_from(spans)
    stated = [[place, microseconds(start), microseconds(end)] for place, (start, end) in enumerate(days)]
    rows = connection.execute(query, {"spans": msgspec.json.encode(stated).decode()})
    found = {row[0]: row[1] for row in rows}
    return [found.get(place, 0) for place in range(len(days))]
