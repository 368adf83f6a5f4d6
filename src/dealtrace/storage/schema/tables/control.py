"""Control tables: sites, users, tokens, and other data that is searched without knowing the site."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from dealtrace.storage.database.column_types import Instant, JsonText
from dealtrace.storage.schema.tables.common_columns import CONTROL, metadata

site = Table(
    "site",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("contact_matching", Boolean, nullable=False),
    Column("points_per_day", BigInteger, nullable=False),
    Column("point_costs", JsonText, nullable=False),
    Column("attribution", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("respects_do_not_track", Boolean),
    Column("unique_depth_days", BigInteger),
    Column("target_call_seconds", BigInteger),
    Column("counter_code", String(8)),
    Column("cors_origins", JsonText),
    Index("uq_site_counter_code", "counter_code", unique=True),
    info=CONTROL,
)

user = Table(
    "user",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("login", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("is_owner", Boolean),
    Column("totp_secret", Text),
    Column("totp_used_step", BigInteger),
    Column("code_failures", Integer),
    Column("code_failed_at", Instant),
    Column("has_no_keys", Boolean),
    UniqueConstraint("login"),
    info=CONTROL,
)

membership = Table(
    "membership",
    metadata,
    Column("user_id", BigInteger, nullable=False),
    Column("site_id", BigInteger, nullable=False),
    Column("role", String(12)),
    PrimaryKeyConstraint("user_id", "site_id"),
    ForeignKeyConstraint(["user_id"], ["user.id"]),
    info=CONTROL,
)

session = Table(
    "session",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("user_id", BigInteger, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("ip", Text, nullable=False),
    Column("browser", Text, nullable=False),
    Column("is_confirmed", Boolean, nullable=False),
    ForeignKeyConstraint(["user_id"], ["user.id"]),
    Index("ix_session_user", "user_id"),
    info=CONTROL,
)

sent_form = Table(
    "sent_form",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("sent_at", Instant, nullable=False),
    Column("sealed_answer", Text),
    Index("ix_sent_form_sent", "sent_at"),
    info=CONTROL,
)

recovery_code = Table(
    "recovery_code",
    metadata,
    Column("user_id", BigInteger, nullable=False),
    Column("digest", String(64), nullable=False),
    PrimaryKeyConstraint("user_id", "digest"),
    ForeignKeyConstraint(["user_id"], ["user.id"]),
    info=CONTROL,
)

token = Table(
    "token",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("site_id", BigInteger, nullable=False),
    Column("user_id", BigInteger),
    Column("label", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    Column("used_at", Instant),
    UniqueConstraint("digest"),
    info=CONTROL,
)

invitation = Table(
    "invitation",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("created_at", Instant, nullable=False),
    Column("used_at", Instant),
    Column("purpose", String(12)),
    Column("user_id", BigInteger),
    Column("site_id", BigInteger),
    Column("role", String(12)),
    Column("made_by", BigInteger),
    Column("expires_at", Instant),
    Column("name_tries", Integer),
    info=CONTROL,
)

shared_link = Table(
    "shared_link",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("site_id", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("query", Text, nullable=False),
    Column("made_by", BigInteger),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
    Column("segment_deleted_at", Instant),
    Index("ix_shared_link_site", "site_id"),
    info=CONTROL,
)

account_act = Table(
    "account_act",
    metadata,
    Column("key", String(16), primary_key=True),
    Column("acted_at", Instant, nullable=False),
    Column("author", Text),
    Column("kind", String(16), nullable=False),
    Column("name", Text, nullable=False),
    Index("ix_account_act_time", "acted_at"),
    info=CONTROL,
)

id_block = Table(
    "id_block",
    metadata,
    Column("name", Text, primary_key=True),
    Column("next_id", BigInteger, nullable=False),
    Column("first_id", BigInteger, nullable=False),
    info=CONTROL,
)

installation = Table(
    "installation",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
    info=CONTROL,
)

database_key = Table(
    "database_key",
    metadata,
    Column("name", Text, primary_key=True),
    Column("key", String(64), nullable=False),
    info=CONTROL,
)

revision = Table(
    "revision",
    metadata,
    Column("name", Text, primary_key=True),
    Column("number", BigInteger, nullable=False),
    info=CONTROL,
)
