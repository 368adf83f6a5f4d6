"""Gather the touches of each lead in a row, to store them with leads and deals.

A touch is a visit that a lead is credited to. Joining every fact with its touches, and splitting kopecks, took most of
the time of a report.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from dealtrace.attribution.credit import WHOLE, AttributionModel
from dealtrace.storage.reports.mirror import tables
from dealtrace.storage.reports.mirror.library import MirrorConnection
from dealtrace.storage.reports.touched_rows import SPLIT_MODELS

_AT_ONCE = 1_000_000
"""How many touches a statement gathers; DuckDB keeps unfinished lists in memory."""
_ITEM_OF = {"sources": "source", "touched_ats": "touched_at", "shares": "share"}
_OF_ONE = ("source_id", "touched_at")
_IN_ORDER = "ORDER BY touched_at DESC, visit_id DESC"
_PLACES = 128
"""The factor by which `_rank` multiplies remainders, greater than `TOUCHES_MAX`, the most touches of a lead."""


def _gathering() -> str:
    """Return the SQL text that gathers the touches of each lead in a row, with a placeholder for a condition."""
    item = "struct_pack(source := source_id, touched_at := touched_at, share := share)"
    aggregates = [
        *(f"max({column}) FILTER (WHERE model = {model:d})" for model in tables.SINGLE_MODELS for column in _OF_ONE),
        f"list(source_id) FILTER (WHERE model = {AttributionModel.LINEAR:d} AND position > 0)",
        *(f"list({item} {_IN_ORDER}) FILTER (WHERE model = {model:d})" for model in SPLIT_MODELS),
    ]
    names = [*tables.TOUCH_NUMBERS, tables.ASSISTS, *(f"all_{model:d}" for model in SPLIT_MODELS)]
    gathered = ", ".join(f"{aggregate} AS {name}" for aggregate, name in zip(aggregates, names, strict=True))
    lists = ", ".join(
        f"list_transform(all_{model:d}, lambda item: item.{_ITEM_OF[name]}) AS {name}_{model:d}"
        for model in SPLIT_MODELS
        for name in _ITEM_OF
    )
    kept = ", ".join(("site_id", "lead_id", *tables.TOUCH_NUMBERS, tables.ASSISTS))
    grouped = f"SELECT site_id, lead_id, {gathered} FROM touches WHERE {{condition}} GROUP BY site_id, lead_id"  # noqa: S608
    return f"SELECT {kept}, {lists} FROM ({grouped})"  # noqa: S608


_GATHERING = _gathering()


def gather_all(mirror: MirrorConnection) -> None:
    """Gather the touches of all leads, about a million touches at a time."""
    _start(mirror, "false")
    ((count,),) = mirror.execute("SELECT count(*) FROM touches")
    parts = count // _AT_ONCE + 1
    bounds: list[int] = []
    if parts > 1:
        quantiles = [part / parts for part in range(1, parts)]
        ((bounds,),) = mirror.execute(f"SELECT approx_quantile(lead_id, {quantiles}) FROM touches")  # noqa: S608
    for since, until in pairwise([None, *bounds, None]):
        conditions = [f"lead_id >= {since}"] if since is not None else []
        conditions += [f"lead_id < {until}"] if until is not None else []
        condition = " AND ".join(conditions or ["true"])
        mirror.execute(f"INSERT INTO lead_touches {_GATHERING.format(condition=condition)}")


def gather_some(mirror: MirrorConnection, site_id: int, leads: Sequence[int]) -> None:
    """Gather the touches of some leads of a site; all touches gathered before are dropped."""
    ids = sorted(lead_id for lead_id in leads if lead_id is not None)
    condition = "site_id = ? AND lead_id IN (SELECT unnest(CAST(? AS BIGINT[])))"
    _start(mirror, condition, [site_id, ids])


def _start(mirror: MirrorConnection, condition: str, parameters: Sequence[object] = ()) -> None:
    gathering = _GATHERING.format(condition=condition)
    mirror.execute(f"CREATE OR REPLACE TEMP TABLE lead_touches AS {gathering}", parameters)


def forget(mirror: MirrorConnection) -> None:
    """Drop the table of gathered touches."""
    mirror.execute("DROP TABLE IF EXISTS lead_touches")


def joined_touches(lead_id: str, money: Iterable[str] = ()) -> tuple[str, Mapping[str, str]]:
    """Return the SQL join of streamed rows with gathered touches, and an expression for each column that it adds.

    `lead_id` is the column of the streamed rows with the id of the lead. The sums in `money` are split among touches.
    """
    is_theirs = f"lead_touches.site_id = streamed.site_id AND lead_touches.lead_id = streamed.{lead_id}"
    written = f"LEFT JOIN lead_touches ON {is_theirs}"
    names = (*tables.TOUCH_NUMBERS, *tables.TOUCH_LISTS)
    taken = {name: f'lead_touches."{name}"' for name in names}
    for name in money:
        taken[tables.ASSISTS] = f"lead_touches.{tables.ASSISTS}"
        for model in SPLIT_MODELS:
            taken[f"{name}_{model:d}"] = _split(f"streamed.{name}", f"lead_touches.shares_{model:d}")
    return written, taken


def _floor(size: str) -> str:
    return f"({size} // {WHOLE} * share + {size} % {WHOLE} * share // {WHOLE})"


def _rank(size: str) -> str:
    """Return the SQL expression for the rank of a touch, by which kopecks left over by rounding are given out.

    The touch with the greatest remainder ranks highest; of equal remainders, the later touch.
    """
    return f"({size} % {WHOLE} * share % {WHOLE} * {_PLACES} + {_PLACES} - place)"


def _least(amount: str, shares: str) -> str:
    """Return the SQL expression for the lowest rank that gets a leftover kopeck, null if none is left.

    No touch gets more than one, even if the shares do not add up to the whole because a visit is not stored.
    """
    size = f"abs({amount})"
    floors = f"list_sum(list_transform({shares}, lambda share: {_floor(size)}))"
    ranks = f"list_sort(list_transform({shares}, lambda share, place: {_rank(size)}), 'DESC')"
    left = f"CAST({size} - {floors} AS BIGINT)"
    return f"{ranks}[greatest(least({left}, len({shares})), 0)]"


def _split(amount: str, shares: str) -> str:
    """Return the SQL expression for the list of kopecks that each touch gets of an amount."""
    size = f"abs({amount})"
    extra = f"CASE WHEN {_rank(size)} >= {_least(amount, shares)} THEN 1 ELSE 0 END"
    return f"list_transform({shares}, lambda share, place: CAST(sign({amount}) * ({_floor(size)} + {extra}) AS BIGINT))"
