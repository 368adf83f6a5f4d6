"""Number the visitors of a site, so that reports can count distinct visitors by bitmaps, which is four times as fast.

A bitmap has as many bits as the site has visitors, and every row of a report needs a bitmap. So only reports with few
rows use bitmaps. The highest possible number of rows is computed from the numbers of different values, such as cities,
in the visits of the site.

Visitors and values whose visits were deleted stay until the mirror is built again. This only makes bitmaps larger than
necessary, because only visitors of existing visits are counted. Dealtrace itself deletes visits only with their site,
and erasing a person builds the mirror again.
"""

from collections.abc import Mapping, Sequence
from math import prod

from dealtrace.record import record
from dealtrace.reports.dimensions import Dimension, Kind
from dealtrace.reports.time_keys import HOURS
from dealtrace.storage.reports.mirror import tables
from dealtrace.storage.reports.mirror.library import MirrorConnection

BITMAPS_BYTES_MAX = 64 * 1024 * 1024
"""The maximum size, in bytes, of a report's bitmaps per thread; DuckDB's memory limit does not include the bitmaps."""
_STEP = 65_536
_KEPT_BITS = 4
"""Each number in `VisitKeys.counts` is rounded up to this many significant bits, so that statements can be reused.

For the same reason, `VisitKeys.visitors` is rounded up to a multiple of `_STEP`.
"""
_DAY, _MONTH = "day", "month"
_DAY_MICROSECONDS = 86_400 * 1_000_000
_TEXTS = {
    **{name: f'"{name}"' for name in tables.VISIT_TEXTS},
    _DAY: f'CAST("at" // {_DAY_MICROSECONDS} AS VARCHAR)',
    _MONTH: "strftime(make_timestamp(\"at\"), '%Y-%m')",
}
"""The SQL expressions for the values of each dimension that `visit_texts` stores; days and months are in UTC."""
_BOUNDED_BY = {"week": _DAY, "quarter": _MONTH}


def place_visits(mirror: MirrorConnection, catalog: str) -> None:
    """Copy the visits in a catalog's `visit_rows` to `visits`, with numbers in place of visitor ids.

    Values of these visits that are not yet in the table `visit_texts` are added to that table.
    """
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
    """The number of visitors of a site and, for each dimension, the number of different values in its visits.

    All numbers are rounded up; see `_STEP` and `_rounded_up`.
    """

    visitors: int
    counts: tuple[tuple[str, int], ...]

    def fit(self, by: Sequence[Dimension]) -> bool:
        """Return whether a report with the dimensions `by` needs at most `BITMAPS_BYTES_MAX` for its bitmaps."""
        size = self.visitors // 8
        counts = dict(self.counts)
        for dimension in by:
            size *= _keys_of(dimension, counts)
        return size <= BITMAPS_BYTES_MAX

    def rows_max(self, by: Sequence[Dimension]) -> int | None:
        """Return about how many rows a report by the dimensions `by` has at most.

        The result is `None` if `by` contains dimensions other than sources and times.
        """
        of_sources = [dimension for dimension in by if dimension.kind is Kind.SOURCE]
        times = [dimension for dimension in by if dimension.is_time]
        if len(of_sources) + len(times) < len(by):
            return None
        counts = dict(self.counts)
        return prod(_keys_of(dimension, counts) for dimension in (*of_sources[:1], *times))


def _keys_of(dimension: Dimension, counts: Mapping[str, int]) -> int:
    """Return the highest possible number of keys of a dimension.

    For dimensions such as days, `counts` has periods in UTC; each may overlap two periods in the site's time zone.
    """
    match dimension.kind:
        case Kind.CLOCK | Kind.VISIT_CLOCK:
            return HOURS
        case Kind.SOURCE:
            return counts.get(dimension.kind.name, 0) + 1
        case Kind.CALENDAR:
            return 2 * counts.get(_BOUNDED_BY.get(dimension.name, dimension.name), 0) + 1
        case Kind.TEXT | Kind.STATUS | Kind.TAG:
            return counts.get(dimension.name, 0) + 1


def visit_keys_of(visitors: int, counts: Mapping[str, int]) -> VisitKeys:
    """Return the numbers of a site's visitors and, by dimension, of its different values, all rounded up."""
    return VisitKeys(
        (visitors // _STEP + 1) * _STEP, tuple(sorted((name, _rounded_up(count)) for name, count in counts.items()))
    )


def _rounded_up(count: int) -> int:
    step = 1 << max(count.bit_length() - _KEPT_BITS, 0)
    return -(-count // step) * step
