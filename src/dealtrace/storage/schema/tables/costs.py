"""The costs of advertising, by day and traffic source."""

from sqlalchemy import BigInteger, Column, Index, PrimaryKeyConstraint, String, Table

from dealtrace.attribution.cost import ACCOUNT_LENGTH_MAX, ORIGIN_LENGTH_MAX, SYSTEM_LENGTH_MAX
from dealtrace.storage.database.column_types import Day
from dealtrace.storage.schema.tables.common_columns import TENANT, metadata, site_column

cost = Table(
    "cost",
    metadata,
    site_column(),
    Column("day_on", Day, nullable=False),
    Column("traffic_source_id", BigInteger, nullable=False),
    Column("system", String(SYSTEM_LENGTH_MAX), nullable=False),
    Column("account", String(ACCOUNT_LENGTH_MAX), nullable=False),
    Column("origin", String(ORIGIN_LENGTH_MAX), nullable=False),
    Column("amount_kopecks", BigInteger, nullable=False),
    Column("clicks", BigInteger),
    Column("impressions", BigInteger),
    PrimaryKeyConstraint("site_id", "day_on", "traffic_source_id", "system", "account", "origin"),
    Index("ix_cost_source", "site_id", "traffic_source_id", "day_on"),
    info=TENANT,
)
