"""The currency rates of a site; a rate applies from its start until the start of the currency's next rate."""

from sqlalchemy import BigInteger, Column, PrimaryKeyConstraint, String, Table

from dealtrace.deals.currency import CURRENCY_LENGTH_MAX
from dealtrace.storage.database.column_types import Instant
from dealtrace.storage.schema.tables.common_columns import TENANT, metadata, site_column

currency_rate = Table(
    "currency_rate",
    metadata,
    site_column(),
    Column("currency", String(CURRENCY_LENGTH_MAX), nullable=False),
    Column("since_at", Instant, nullable=False),
    Column("rate", BigInteger, nullable=False),
    PrimaryKeyConstraint("site_id", "currency", "since_at"),
    info=TENANT,
)
