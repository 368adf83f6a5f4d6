"""Tables of a site's points, busiest seconds, custom fields, hosts, unknown parameters, background runs and changes."""

from sqlalchemy import BigInteger, Boolean, Column, Index, PrimaryKeyConstraint, String, Table, Text

from dealtrace.storage.database.column_types import Day, Instant, JsonText
from dealtrace.storage.schema.tables.common_columns import TENANT, metadata, site_column

points_day = Table(
    "points_day",
    metadata,
    site_column(),
    Column("day_on", Day, nullable=False),
    Column("spent", BigInteger, nullable=False),
    PrimaryKeyConstraint("site_id", "day_on"),
    info=TENANT,
)

busiest_second = Table(
    "busiest_second",
    metadata,
    site_column(),
    Column("day_on", Day, nullable=False),
    Column("requests", BigInteger, nullable=False),
    Column("allowed", BigInteger, nullable=False),
    Column("ended_at", Instant, nullable=False),
    PrimaryKeyConstraint("site_id", "day_on"),
    info=TENANT,
)

custom_field = Table(
    "custom_field",
    metadata,
    site_column(),
    Column("name", Text, nullable=False),
    Column("added_at", Instant, nullable=False),
    PrimaryKeyConstraint("site_id", "name"),
    info=TENANT,
)

site_host = Table(
    "site_host",
    metadata,
    site_column(),
    Column("host", Text, nullable=False),
    Column("kind", String(12), nullable=False),
    Column("name", Text, nullable=False),
    Column("added_at", Instant, nullable=False),
    PrimaryKeyConstraint("site_id", "host"),
    info=TENANT,
)

reclassification = Table(
    "reclassification",
    metadata,
    Column("site_id", BigInteger, nullable=False, autoincrement=False),
    Column("hosts_digest", String(64), nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("visits", BigInteger, nullable=False),
    Column("visits_changed", BigInteger, nullable=False),
    Column("leads_moved", BigInteger, nullable=False),
    Column("after_visitor", Text, nullable=False),
    PrimaryKeyConstraint("site_id"),
    info=TENANT,
)

background_run = Table(
    "background_run",
    metadata,
    site_column(),
    Column("kind", String(12), nullable=False),
    Column("is_preview", Boolean, nullable=False),
    Column("rules", Text, nullable=False),
    Column("phase", String(20), nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("reported_at", Instant, nullable=False),
    Column("done", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("result", JsonText, nullable=False),
    PrimaryKeyConstraint("site_id", "kind"),
    info=TENANT,
)

unknown_field = Table(
    "unknown_field",
    metadata,
    site_column(),
    Column("name", Text, nullable=False),
    Column("seen", BigInteger, nullable=False),
    Column("last_seen_at", Instant, nullable=False),
    PrimaryKeyConstraint("site_id", "name"),
    info=TENANT,
)

unknown_parameter = Table(
    "unknown_parameter",
    metadata,
    site_column(),
    Column("path", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("nearest", Text),
    Column("seen", BigInteger, nullable=False),
    Column("last_seen_at", Instant, nullable=False),
    PrimaryKeyConstraint("site_id", "path", "name"),
    info=TENANT,
)

site_change = Table(
    "site_change",
    metadata,
    site_column(),
    Column("key", String(16), nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("user_id", BigInteger),
    Column("kind", String(16), nullable=False),
    Column("name", Text, nullable=False),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Column("former", JsonText),
    PrimaryKeyConstraint("site_id", "key"),
    Index("ix_site_change_time", "site_id", "changed_at"),
    info=TENANT,
)
