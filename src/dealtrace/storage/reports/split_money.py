"""Kopecks of facts split by the shares of touches; `reports/shares.py` is the rule."""

from collections.abc import Sequence

from sqlalchemy import BigInteger, Subquery, case, func, literal, select

from dealtrace.attribution.credit import WHOLE
from dealtrace.storage.reports.expressions import Expression


def with_split_money(touched: Subquery, money: Sequence[str]) -> Subquery:
    """Return facts with their kopecks split by shares; `reports/shares.py` is the rule.

    Kopecks are taken apart into whole millions and the rest, so that no product exceeds 64 bits.
    """
    parts = touched
    for name in money:
        parts = _with_floors(parts, name)
    ranked = parts
    for name in money:
        ranked = _with_ranks(ranked, name)
    others = [column for column in touched.c if column.name not in money]
    split = [_split(ranked, name).label(name) for name in money]
    return select(*(ranked.c[column.name] for column in others), *split).subquery("split")


def _with_floors(rows: Subquery, name: str) -> Subquery:
    size, whole = func.abs(rows.c[name], type_=BigInteger), literal(WHOLE, BigInteger)
    rest = size % whole * rows.c.share
    floor = size // whole * rows.c.share + rest // whole
    return select(rows, floor.label(f"{name}_floor"), (rest % whole).label(f"{name}_rest")).subquery()


def _with_ranks(rows: Subquery, name: str) -> Subquery:
    floor, rest = rows.c[f"{name}_floor"], rows.c[f"{name}_rest"]
    left = func.abs(rows.c[name], type_=BigInteger) - func.sum(floor).over(partition_by=rows.c.id)
    place = func.row_number().over(
        partition_by=rows.c.id, order_by=(rest.desc(), rows.c.touched_at.desc(), rows.c.visit_id.desc())
    )
    return select(rows, left.label(f"{name}_left"), place.label(f"{name}_place")).subquery()


def _split(rows: Subquery, name: str) -> Expression:
    extra = case((rows.c[f"{name}_place"] <= rows.c[f"{name}_left"], 1), else_=0)
    sign = case((rows.c[name] < 0, -1), else_=1)
    return sign * (rows.c[f"{name}_floor"] + extra)
