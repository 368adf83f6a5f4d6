"""The journal of requests to the API."""

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, PrimaryKeyConstraint, String, Table, Text

from dealtrace.storage.schema.tables.common_columns import TENANT, metadata, site_column

api_request_batch = Table(
    "api_request_batch",
    metadata,
    site_column(),
    Column("second", BigInteger, nullable=False),
    Column("first_id", String(40), nullable=False),
    Column("request_count", Integer, nullable=False),
    Column("refused_count", Integer, nullable=False),
    Column("entries", Text, nullable=False),
    Column("packed", LargeBinary),
    PrimaryKeyConstraint("site_id", "second", "first_id"),
    info=TENANT,
)
"""Requests of a site that were answered in the same second, counted from 1970; `first_id` is the id of the first.

If `packed` is not null, it has the requests, compressed, and `entries` has none.
A row whose `first_id` begins with `-` has no requests: its `refused_count` says how many were not kept.
Ours: a row has all requests that a process stores together. A row for each request would cost a registration several
times as much.
"""
