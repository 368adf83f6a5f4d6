"""The tables of the mirror, one for each kind of fact; their columns are attributes in `stored_facts.py`."""

from collections.abc import Iterable

from sqlalchemy import ARRAY, BigInteger, Column, Integer, MetaData, Table, Text
from sqlalchemy.schema import CreateTable

from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.traffic_source import SOURCE_PARTS
from dealtrace.storage.reports.mirror.dialect import DIALECT
from dealtrace.storage.reports.touched_rows import SPLIT_MODELS

VERSION = 5
"""The version of the tables, raised whenever a table or the meaning of its rows changes; older mirrors are rebuilt."""
CUSTOM_VALUES = "custom_values"
CLIENT_SINCE = "client_since"
"""When the first lead of the client began."""
VISIT_TEXTS = ("landing_page", "city", "device", "browser", "os")

MONEY = ("amount", "margin")
SINGLE_MODELS = tuple(model for model in AttributionModel if model not in SPLIT_MODELS)
TOUCH_NUMBERS = tuple(f"{name}_{model:d}" for model in SINGLE_MODELS for name in ("source", "touched_at"))
"""The columns with the source and the time of a lead's only touch, for each model that credits a single visit."""
TOUCH_LISTS = tuple(f"{name}_{model:d}" for model in SPLIT_MODELS for name in ("sources", "touched_ats", "shares"))
"""The columns with the sources, times and shares of touches, latest first, for each model that splits credit."""
ASSISTS = "assisting_sources"
"""The column with the sources of all touches but the last."""
MONEY_LISTS = tuple(f"{name}_{model:d}" for model in SPLIT_MODELS for name in MONEY)
"""The columns with the kopecks that each touch gets of a deal's sums."""

SCRATCH, TEMPORARY = "scratch", "temp"
"""The catalogs of tables that a mirror has only while it is built, in a file of their own, or while it is changed."""
metadata, PASSING = MetaData(), MetaData()
"""The tables of the mirror, and those that it has only while it is built or changed."""


def _table(
    name: str,
    numbers: Iterable[str],
    texts: Iterable[str],
    lists: Iterable[str] = (),
    *,
    of: MetaData = metadata,
) -> Table:
    return Table(
        name,
        of,
        Column("site_id", BigInteger),
        *(Column(column, BigInteger) for column in numbers),
        *(Column(column, Text) for column in texts),
        *(Column(column, ARRAY(BigInteger)) for column in lists),
    )


visits = _table("visits", ("id", "at", "source_id", "visitor"), VISIT_TEXTS)
visit_rows = _table("visit_rows", ("id", "at", "source_id"), ("visitor", *VISIT_TEXTS), of=PASSING)
visitors = _table("visitors", ("number",), ("visitor",))
"""Visitors by the number that visits have, from 1 in every site."""
visit_texts = _table("visit_texts", (), ("dimension", "text"))
"""The texts that visits have, by dimension: no report of them has more keys."""
leads = _table(
    "leads",
    (
        "id", "at", "client_id", CLIENT_SINCE, "visit_id", "stated_source_id", "hour_at", "is_answered",
        "target_seconds", *TOUCH_NUMBERS,
    ),
    ("lead_kind", "manager", "form", "dialled", *VISIT_TEXTS, CUSTOM_VALUES),
    TOUCH_LISTS,
)  # fmt: skip
deals = _table(
    "deals",
    (
        "id", "happened_at", "lead_at", "changed_at", "status_at", "lead_id", "client_id", CLIENT_SINCE, "amount",
        "margin", "stated_source_id", "is_matched", "lacks_rate", "hour_at", "visit_id", *TOUCH_NUMBERS,
    ),
    (
        "manager", "service", "status_spelling", "lead_kind", "form", "dialled", "match_reason", *VISIT_TEXTS,
        CUSTOM_VALUES,
    ),
    (*TOUCH_LISTS, ASSISTS, *MONEY_LISTS),
)  # fmt: skip
touches = _table(
    "touches", ("lead_id", "model", "position", "share", "touched_at", "visit_id", "source_id"), (), of=PASSING
)
lead_touches = _table("lead_touches", ("lead_id", *TOUCH_NUMBERS), (), (ASSISTS, *TOUCH_LISTS), of=PASSING)
"""The touches of every lead in one row."""
lead_tags = _table("lead_tags", ("owner_id",), ("tag",))
deal_tags = _table("deal_tags", ("owner_id",), ("tag",))
costs = _table("costs", ("id", "at", "source_id", "cost", "clicks"), ("system", "account"))
sources = _table("sources", ("id",), (*SOURCE_PARTS, *(f"{part}_key" for part in SOURCE_PARTS)))
statuses = _table("statuses", (), ("spelling", "key", "meaning"))
state = Table(
    "state",
    metadata,
    Column("version", Integer),
    Column("stamp", Text),
    Column("stamp_before", Text),
    Column("last_number", BigInteger),
)
"""A table with one row: the version of the tables, the stamps of the last two updates, and the last mark applied."""


def creating_statements(of: MetaData = metadata, catalog: str = "") -> list[str]:
    """Return the statements that create tables, in the main catalog by default.

    Columns of custom values become maps of texts.
    """
    created = {"": "CREATE TABLE ", TEMPORARY: "CREATE OR REPLACE TEMP TABLE "}.get(catalog, f"CREATE TABLE {catalog}.")
    return [
        str(CreateTable(table).compile(dialect=DIALECT))
        .replace("CREATE TABLE ", created)
        .replace(f'"{CUSTOM_VALUES}" TEXT', f'"{CUSTOM_VALUES}" MAP(VARCHAR, VARCHAR)')
        for table in of.sorted_tables
    ]
