"""Repeat facts for each touch of their lead, with kopecks split by shares as in `reports/kopecks.py`.

A touch is a visit that a lead is credited to.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import BigInteger, Integer, Subquery, and_, case, cast, func, literal, literal_column, select

from dealtrace.attribution.credit import WHOLE, AttributionModel
from dealtrace.reports.facts import Fact
from dealtrace.storage.reports.statement_types import Expression

SPLIT_MODELS = (AttributionModel.LINEAR, AttributionModel.TIME_DECAY, AttributionModel.POSITION_BASED)
"""The models under which a lead may have several touches (credited visits)."""


def with_touches(
    touches: Subquery, facts: Subquery, fact: Fact, model: AttributionModel, money: Sequence[str]
) -> Subquery:
    """Return a select with a row for each touch of each fact's lead, with the share and the source of the touch.

    `touches` are the touches under `model`; a fact without touches has one row, with the whole share and the stated
    source. For assists, `touches` are those under the linear model: each touch of a lead except the last has a row, and
    a deal without touches has none.

    The SQL expression for the source must not contain a lead's id: PostgreSQL would then assume that there are as many
    sources as leads, and would not group in parallel processes.
    """
    is_touch = touches.c.lead_id == facts.c.lead_id
    if fact is Fact.ASSISTS:
        joined = facts.join(touches, and_(is_touch, touches.c.position > 0))
    else:
        joined = facts.outerjoin(touches, is_touch)
    kept = [column for column in facts.c if column.name not in money]
    share = func.coalesce(touches.c.share, WHOLE)
    chosen = select(
        *kept,
        share.label("share"),
        touches.c.touched_at,
        func.coalesce(touches.c.source_id, facts.c.stated_source_id).label("source_id"),
        *(facts.c[name] for name in money),
        *((touches.c.visit_id,) if money else ()),
    ).select_from(joined)
    if not money or model not in SPLIT_MODELS:
        return chosen.subquery("touched")
    return _with_split_money(chosen.offset(_FENCE).subquery("touched"), money)


_FENCE: Expression = literal_column("0")
"""An `OFFSET` that keeps PostgreSQL from computing an amount and its rate again wherever the amount is used."""


def _with_split_money(touched: Subquery, money: Sequence[str]) -> Subquery:
    """Return a select of facts with their kopecks split by shares, as in `reports/kopecks.py`.

    Kopecks are divided into whole millions and a remainder, so that no product exceeds 64 bits.
    """
    parts = touched
    for name in money:
        parts = _with_floors(parts, name)
    ranked = select(parts, *(ranks for name in money for ranks in _ranks(parts, name))).subquery("ranked")
    others = [column for column in touched.c if column.name not in money]
    split = [_split(ranked, name).label(name) for name in money]
    return select(*(ranked.c[column.name] for column in others), *split).subquery("split")


def _with_floors(rows: Subquery, name: str) -> Subquery:
    size, whole = func.abs(rows.c[name], type_=BigInteger), literal(WHOLE, BigInteger)
    rest = size % whole * rows.c.share
    floor = size // whole * rows.c.share + rest // whole
    return select(rows, floor.label(f"{name}_floor"), (rest % whole).label(f"{name}_rest")).subquery()


def _ranks(rows: Subquery, name: str) -> Iterable[Expression]:
    """Return the SQL expressions for the kopecks left over by rounding down, and for the rank of a touch.

    The touches with the first ranks get one of these kopecks each. Both expressions use the same window, so that
    the database sorts the rows only once.
    """
    rest = rows.c[f"{name}_rest"]
    in_order = (rest.desc(), rows.c.touched_at.desc(), rows.c.visit_id.desc())
    whole, place = (
        ranked.over(partition_by=rows.c.id, order_by=in_order, rows=(None, None))
        for ranked in (func.sum(cast(rest, Integer), type_=BigInteger), func.row_number())
    )
    return (whole // literal(WHOLE, BigInteger)).label(f"{name}_left"), place.label(f"{name}_place")


def _split(rows: Subquery, name: str) -> Expression:
    extra = case((rows.c[f"{name}_place"] <= rows.c[f"{name}_left"], 1), else_=0)
    sign = case((rows.c[name] < 0, -1), else_=1)
    return sign * (rows.c[f"{name}_floor"] + extra)
