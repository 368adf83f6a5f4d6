"""The journal of requests to the API."""

from sqlalchemy import BigInteger, Column, Integer, PrimaryKeyConstraint, String, Table, Text

from dealtrace.storage.database.column_types import Instant, JsonText
from dealtrace.storage.schema.tables.common_columns import TENANT, metadata, site_column, text_columns

api_request = Table(
    "api_request",
    metadata,
    site_column(),
    Column("at", Instant, nullable=False),
    Column("request_id", String(40), nullable=False),
    Column("token_id", BigInteger),
    Column("method", String(12), nullable=False),
    Column("path", Text, nullable=False),
    Column("parameters", JsonText, nullable=False),
    Column("status", Integer, nullable=False),
    Column("code", Integer),
    *text_columns("reason_ru", "reason_en"),
    Column("duration_us", BigInteger, nullable=False),
    PrimaryKeyConstraint("site_id", "at", "request_id"),
    info=TENANT,
    sqlite_with_rowid=False,  # rows are only appended, and searched by their primary key
)
