"""Visitors of a site by number: different numbers are counted by a bit for each, which takes a quarter of the time.

A bitmap has as many bits as the site has visitors, and every row of a report needs its own. So only reports whose rows
are known to be few are answered that way; how many there can be at most is known by the texts that visits have.

Visitors and texts whose visits were deleted stay until the mirror is built again, which is harmless: only numbers of
visits that exist are counted, so they make bitmaps larger than necessary and nothing else. Dealtrace itself deletes
visits only with their site, and erasing a person builds the mirror again.
"""

from collections.abc import Mapping, Sequence

from dealtrace.record import record
from dealtrace.reports.dimensions import Dimension, Kind
from dealtrace.reports.time_keys import HOURS
from dealtrace.storage.reports.mirror import tables
from dealtrace.storage.reports.mirror.library import MirrorConnection

BITMAPS_BYTES_MAX = 64 * 1024 * 1024
"""What the bitmaps of all rows of a report may take; DuckDB does not count them towards its limit, for each thread."""
_STEP = 65_536
_KEPT_BITS = 4
"""Numbers of visitors and keys are rounded up, so that statements need not be written anew for every new one."""
_DAY, _MONTH = "day", "month"
_DAY_MICROSECONDS = 86_400 * 1_000_000
_TEXTS = {
    **{name: f'"{name}"' for name in tables.VISIT_TEXTS},
    _DAY: f'CAST("at" // {_DAY_MICROSECONDS} AS VARCHAR)',
    _MONTH: "strftime(make_timestamp(\"at\"), '%Y-%m')",
}
"""What bounds the keys of visits for each dimension; days and months are those of UTC."""
_BOUNDED_BY = {"week": _DAY, "quarter": _MONTH}


def place_visits(mirror: MirrorConnection, catalog: str) -> None:
    """Insert a catalog's streamed visits, with visitors as numbers, and add their new texts to `visit_texts`."""
    streamed = f"{catalog}.visit_rows"
    mirror.execute(_NUMBERING.format(streamed=streamed))
    mirror.execute(_PLACING.format(streamed=streamed))
    texts = " UNION ALL ".join(
        f"SELECT DISTINCT site_id, '{name}', {text} FROM {streamed} WHERE {text} IS NOT NULL"  # noqa: S608
        for name, text in _TEXTS.items()
    )
    mirror.execute(f"INSERT INTO visit_texts ({texts}) EXCEPT SELECT * FROM visit_texts")  # noqa: S608


_NUMBERING = """INSERT INTO visitors
SELECT site_id, coalesce(last_number, 0) + row_number() OVER (PARTITION BY site_id ORDER BY first_id), visitor
FROM (SELECT site_id, visitor, min(id) AS first_id FROM {streamed} ANTI JOIN visitors USING (site_id, visitor)
    WHERE visitor IS NOT NULL GROUP BY site_id, visitor)
LEFT JOIN (SELECT site_id, max(number) AS last_number FROM visitors GROUP BY site_id) USING (site_id)"""
_KEPT = ", ".join(f'"{column.name}"' for column in tables.visits.c if column.name != "visitor")
_PLACING = (
    f"INSERT INTO visits ({_KEPT}, visitor) SELECT {_KEPT}, number "  # noqa: S608 - names of ours
    "FROM {streamed} LEFT JOIN visitors USING (site_id, visitor)"
)


@record
class VisitKeys:
    """Upper bounds for a site, rounded up: its visitors, and the keys of its visits by dimension."""

    visitors: int
    counts: tuple[tuple[str, int], ...]

    def fit(self, by: Sequence[Dimension]) -> bool:
        """Return whether the bitmaps of a report by these dimensions are small enough."""
        size = self.visitors // 8
        counts = dict(self.counts)
        for dimension in by:
            size *= _keys_of(dimension, counts)
        return size <= BITMAPS_BYTES_MAX


def _keys_of(dimension: Dimension, counts: Mapping[str, int]) -> int:
    """Return the most keys that a dimension can have; a UTC day overlaps two local days of the site."""
    match dimension.kind:
        case Kind.CLOCK:
            return HOURS
        case Kind.SOURCE:
            return counts.get(dimension.kind.name, 0) + 1
        case Kind.CALENDAR:
            return 2 * counts.get(_BOUNDED_BY.get(dimension.name, dimension.name), 0) + 1
        case _:
            return counts.get(dimension.name, 0) + 1


def find_visit_keys(mirror: MirrorConnection, site_id: int) -> VisitKeys:
    """Find how many visitors a site has, and how many keys its visits have at most."""
    ((visitors,),) = mirror.execute("SELECT coalesce(max(number), 0) FROM visitors WHERE site_id = ?", [site_id])
    counts = mirror.execute(_COUNTS, [site_id, site_id])
    return VisitKeys(
        (visitors // _STEP + 1) * _STEP, tuple(sorted((name, _rounded_up(count)) for name, count in counts))
    )


_COUNTS = f"""SELECT dimension, count(*) FROM visit_texts WHERE site_id = ? GROUP BY dimension
UNION ALL SELECT '{Kind.SOURCE.name}', count(*) FROM sources WHERE site_id = ?"""  # noqa: S608 - a name of ours


def _rounded_up(count: int) -> int:
    step = 1 << max(count.bit_length() - _KEPT_BITS, 0)
    return -(-count // step) * step
