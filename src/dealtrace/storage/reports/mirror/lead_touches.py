"""Gather the touches of each lead in one row, to store them with leads and deals.

A touch is a visit that a lead is credited to. Joining leads and deals with touches, and splitting kopecks among them,
used to take most of a report's time.
"""

from collections.abc import Iterable, Mapping
from itertools import pairwise

from dealtrace.attribution.credit import WHOLE, AttributionModel
from dealtrace.storage.reports.mirror import tables
from dealtrace.storage.reports.mirror.library import MirrorConnection
from dealtrace.storage.reports.touched_rows import SPLIT_MODELS

_AT_ONCE = 500_000
"""About how many touches one statement gathers; DuckDB keeps unfinished lists in memory, for each of its threads."""
_ITEM_OF = {"sources": "source", "touched_ats": "touched_at", "shares": "share"}
_OF_ONE = ("source_id", "touched_at")
_IN_ORDER = "ORDER BY touched_at DESC, visit_id DESC"
_PLACES = 128
"""`_rank` multiplies remainders of rounding by this factor; the place of a touch only decides between equal remainders.

The factor exceeds `TOUCHES_MAX`, the maximum number of touches of a lead.
"""


def _gathering() -> str:
    """Return the SQL text that gathers each lead's touches in one row; `{touches}` stands for the table of touches."""
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
    grouped = f"SELECT site_id, lead_id, {gathered} FROM {{touches}} GROUP BY site_id, lead_id"  # noqa: S608
    return f"SELECT {kept}, {lists} FROM ({grouped})"  # noqa: S608


_GATHERING = _gathering()


def gather_all(mirror: MirrorConnection, catalog: str) -> list[str]:
    """Gather all touches in parts of about half a million, and return for each part its SQL condition on `{lead_id}`.

    DuckDB keeps one side of a join in memory, so gathered touches must also be joined part by part.
    """
    ((count,),) = mirror.execute(f"SELECT count(*) FROM {catalog}.touches")  # noqa: S608 - a name of ours
    parts = count // _AT_ONCE + 1
    bounds: list[int] = []
    if parts > 1:
        quantiles = [part / parts for part in range(1, parts)]
        ((found,),) = mirror.execute(f"SELECT approx_quantile(lead_id, {quantiles}) FROM {catalog}.touches")  # noqa: S608
        bounds = sorted(set(found))
    conditions = [_between(since, until) for since, until in pairwise([None, *bounds, None])]
    mirror.execute_side_by_side([_inserting(catalog, each.format(lead_id="lead_id")) for each in conditions])
    return conditions


def _between(since: int | None, until: int | None) -> str:
    """Return the SQL condition that `{lead_id}` is in an interval or, if `since` is `None`, is null."""
    conditions = [f"{{lead_id}} >= {since}"] if since is not None else []
    conditions += [f"{{lead_id}} < {until}"] if until is not None else []
    condition = " AND ".join(conditions or ["true"])
    return condition if since is not None else f"({{lead_id}} IS NULL OR {condition})"


def gather_lead_touches(mirror: MirrorConnection, catalog: str, condition: str = "true") -> None:
    """Gather those touches of a catalog that meet an SQL condition, and store them in the catalog's `lead_touches`."""
    mirror.execute(_inserting(catalog, condition))


def _inserting(catalog: str, condition: str) -> str:
    touches = f"(SELECT * FROM {catalog}.touches WHERE {condition})"  # noqa: S608 - names and conditions of ours
    return f"INSERT INTO {catalog}.lead_touches {_GATHERING.format(touches=touches)}"


def joined_touches(lead_id: str, money: Iterable[str] = ()) -> tuple[str, Mapping[str, str]]:
    """Return the SQL join of streamed rows with gathered touches, and the expression of each column that the join adds.

    `lead_id` is the column of the streamed rows with the id of the lead. The amounts of money named in `money` are
    split among touches. The join has the placeholder `{touches}` for the table of gathered touches.
    """
    is_theirs = f"lead_touches.site_id = streamed.site_id AND lead_touches.lead_id = streamed.{lead_id}"
    written = f"LEFT JOIN {{touches}} AS lead_touches ON {is_theirs}"
    names = (*tables.TOUCH_NUMBERS, *tables.TOUCH_LISTS)
    taken = {name: f'lead_touches."{name}"' for name in names}
    for name in money:
        taken[tables.ASSISTS] = f"lead_touches.{tables.ASSISTS}"
        for model in SPLIT_MODELS:
            taken[f"{name}_{model:d}"] = _split(f"streamed.{name}", f"lead_touches.shares_{model:d}")
    return written, taken


def _floor(size: str) -> str:
    return f"({size} // {WHOLE} * share + {size} % {WHOLE} * share // {WHOLE})"


def _rest(size: str) -> str:
    """Return the SQL expression for the remainder when a touch's part is rounded down, in millionths of a kopeck."""
    return f"{size} % {WHOLE} * share % {WHOLE}"


def _rank(size: str) -> str:
    """Return the SQL expression for the rank of a touch, by which kopecks left over by rounding are distributed.

    The greater the remainder, the greater the rank number; of touches with equal remainders, the latest one has the
    greatest rank number.
    """
    return f"({_rest(size)} * {_PLACES} + {_PLACES} - place)"


def _least(amount: str, shares: str) -> str:
    """Return the SQL expression for the smallest rank number of a touch that gets one of the kopecks left over.

    Touches with greater rank numbers also get one each. The value is null if no kopeck is left over.
    """
    size = f"abs({amount})"
    left = f"list_sum(list_transform({shares}, lambda share: {_rest(size)})) // {WHOLE}"
    ranks = f"list_sort(list_transform({shares}, lambda share, place: {_rank(size)}), 'DESC')"
    return f"{ranks}[CAST({left} AS BIGINT)]"


def _split(amount: str, shares: str) -> str:
    """Return the SQL expression that splits an amount among touches: the list of their parts, in kopecks.

    An outer lambda over a list of one item passes the result of `_least` to the lambda for touches. If `_least` were
    inside the lambda for touches, DuckDB would compute it again for every touch.
    """
    size = f"abs({amount})"
    extra = f"CASE WHEN {_rank(size)} >= least_rank THEN 1 ELSE 0 END"
    kopecks = f"lambda share, place: CAST(sign({amount}) * ({_floor(size)} + {extra}) AS BIGINT)"
    parts = f"list_transform([{_least(amount, shares)}], lambda least_rank: list_transform({shares}, {kopecks}))[1]"
    return f"CASE WHEN {amount} IS NOT NULL THEN {parts} END"
