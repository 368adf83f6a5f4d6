"""The tables of the mirror, one for each kind of fact; the columns are the attributes in `stored_facts.py`."""

from collections.abc import Iterable

from sqlalchemy import ARRAY, BigInteger, Column, Integer, MetaData, Table, Text
from sqlalchemy.schema import CreateTable

from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.traffic_source import SOURCE_PARTS
from dealtrace.storage.reports.fact_tables import MONEY, UNKNOWN
from dealtrace.storage.reports.mirror.dialect import DIALECT
from dealtrace.storage.reports.touched_rows import SPLIT_MODELS

VERSION = 9
"""The version of the tables, raised whenever a table or the meaning of its rows changes; older mirrors are rebuilt."""
CUSTOM_VALUES = "custom_values"
CLIENT_SINCE = "client_since"
"""The column with the time when the client's first lead began."""
VISIT_TEXTS = ("landing_page", "city", "device", "browser", "os")

SINGLE_MODELS = tuple(model for model in AttributionModel if model not in SPLIT_MODELS)
TOUCH_NUMBERS = tuple(f"{name}_{model:d}" for model in SINGLE_MODELS for name in ("source", "touched_at"))
"""The columns with the source and the time of the credited visit, for each model that credits a single visit."""
TOUCH_LISTS = tuple(f"{name}_{model:d}" for model in SPLIT_MODELS for name in ("sources", "touched_ats", "shares"))
"""The columns with the sources, times and shares of credited visits, latest first, for models that split credit."""
ASSISTS = "assisting_sources"
"""The column with the sources of all credited visits except the last."""
MONEY_LISTS = tuple(f"{name}_{model:d}" for model in SPLIT_MODELS for name in MONEY)
"""The columns with the parts of a deal's amount and margin that the credited visits get, in kopecks."""

SCRATCH, TEMPORARY = "scratch", "temp"
"""The DuckDB catalogs of temporary tables: a separate file while a mirror is built, memory while it is updated."""
metadata, PASSING = MetaData(), MetaData()
"""The permanent tables of the mirror, and the tables that exist only while it is built or updated."""


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
"""The table of visitor ids and the numbers that replace them in `visits`; each site's visitors are numbered from 1."""
visit_texts = _table("visit_texts", (), ("dimension", "text"))
"""The distinct values of each dimension of visits, such as the city.

They are counted to find out how many rows a report can have.
"""
leads = _table(
    "leads",
    (
        "id", "at", "client_id", CLIENT_SINCE, "visit_id", "stated_source_id", "hour_at", "is_answered", "is_missed",
        "target_seconds", *TOUCH_NUMBERS,
    ),
    ("lead_kind", "manager", "form", "dialled", *VISIT_TEXTS, CUSTOM_VALUES),
    TOUCH_LISTS,
)  # fmt: skip
deals = _table(
    "deals",
    (
        "id", "happened_at", "lead_at", "changed_at", "status_at", "lead_id", "client_id", CLIENT_SINCE, *MONEY,
        *UNKNOWN.values(), "stated_source_id", "is_matched", "lacks_rate", "hour_at", "visit_id", *TOUCH_NUMBERS,
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
"""A table whose rows each have all touches (credited visits) of one lead."""
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
"""A table with one row: the version of the tables, the stamps of the last two updates, and `last_number`.

`last_number` is the number of the last mark (the record of a change) that was applied. Stamps are random strings by
which a mirror of another database is recognised.
"""


def creating_statements(of: MetaData = metadata, catalog: str = "") -> list[str]:
    """Return the SQL statements that create the tables described by `of`.

    The tables are created in `catalog`, or in the main catalog if `catalog` is empty. Columns of custom values become
    maps of strings.
    """
    created = {"": "CREATE TABLE ", TEMPORARY: "CREATE OR REPLACE TEMP TABLE "}.get(catalog, f"CREATE TABLE {catalog}.")
    return [
        str(CreateTable(table).compile(dialect=DIALECT))
        .replace("CREATE TABLE ", created)
        .replace(f'"{CUSTOM_VALUES}" TEXT', f'"{CUSTOM_VALUES}" MAP(VARCHAR, VARCHAR)')
        for table in of.sorted_tables
    ]
