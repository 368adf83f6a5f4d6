"""The tables of the mirror, one for each kind of fact; their columns are attributes in `stored_facts.py`."""

from collections.abc import Iterable

from sqlalchemy import ARRAY, BigInteger, Column, Integer, MetaData, Table, Text
from sqlalchemy.schema import CreateTable

from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.traffic_source import SOURCE_PARTS
from dealtrace.storage.reports.mirror.dialect import DIALECT
from dealtrace.storage.reports.touched_rows import SPLIT_MODELS

VERSION = 3
"""The version of the tables, raised whenever a table or the meaning of its rows changes; older mirrors are rebuilt."""
CUSTOM_VALUES = "custom_values"
_VISIT_TEXTS = ("landing_page", "city", "device", "browser", "os")

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

metadata = MetaData()


def _table(name: str, numbers: Iterable[str], texts: Iterable[str], lists: Iterable[str] = ()) -> Table:
    return Table(
        name,
        metadata,
        Column("site_id", BigInteger),
        *(Column(column, BigInteger) for column in numbers),
        *(Column(column, Text) for column in texts),
        *(Column(column, ARRAY(BigInteger)) for column in lists),
    )


visits = _table("visits", ("id", "at", "source_id"), ("visitor", *_VISIT_TEXTS))
leads = _table(
    "leads",
    (
        "id", "at", "client_id", "visit_id", "stated_source_id", "hour_at", "is_answered", "target_seconds",
        *TOUCH_NUMBERS,
    ),
    ("lead_kind", "manager", "form", "dialled", *_VISIT_TEXTS, CUSTOM_VALUES),
    TOUCH_LISTS,
)  # fmt: skip
clients = _table("clients", ("client_id", "at"), ())
"""The time of every client's first lead."""
deals = _table(
    "deals",
    (
        "id", "happened_at", "lead_at", "changed_at", "status_at", "lead_id", "client_id", "amount", "margin",
        "stated_source_id", "is_matched", "hour_at", "visit_id", *TOUCH_NUMBERS,
    ),
    (
        "manager", "service", "status_spelling", "lead_kind", "form", "dialled", "match_reason", *_VISIT_TEXTS,
        CUSTOM_VALUES,
    ),
    (*TOUCH_LISTS, ASSISTS, *MONEY_LISTS),
)  # fmt: skip
touches = _table("touches", ("lead_id", "model", "position", "share", "touched_at", "visit_id", "source_id"), ())
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


def creating_statements() -> list[str]:
    """Return the statements that create the tables; columns of custom values become maps of texts."""
    return [
        str(CreateTable(table).compile(dialect=DIALECT)).replace(
            f'"{CUSTOM_VALUES}" TEXT', f'"{CUSTOM_VALUES}" MAP(VARCHAR, VARCHAR)'
        )
        for table in metadata.sorted_tables
    ]
