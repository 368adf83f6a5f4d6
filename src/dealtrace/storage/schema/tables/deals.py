"""Deals, their further contacts, tags, versions and daily counts."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    text,
)

from dealtrace.storage.database.column_types import Instant, JsonText, Rubles
from dealtrace.storage.schema.tables.common_columns import (
    DELETED,
    TENANT,
    UNDELETED,
    index_undeleted,
    index_where_present,
    metadata,
    rows_where,
    site_column,
)

deal = Table(
    "deal",
    metadata,
    site_column(),
    Column("id", BigInteger, nullable=False),
    Column("number", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("amount_rub", Rubles),
    Column("happened_at", Instant, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("touched_at", Instant, nullable=False),
    Column("changed_at", Instant),
    Column("deleted_at", Instant),
    Column("version", BigInteger, nullable=False),
    Column("service", Text, nullable=False),
    Column("manager", Text),
    Column("comment", Text),
    Column("custom_values", JsonText),
    Column("stated_source_id", BigInteger),
    Column("lead_kind", String(12)),
    Column("lead_id", BigInteger),
    Column("visited_at", Instant),
    Column("pinned_at", Instant),
    Column("clue_call_id", BigInteger),
    Column("clue_call_reference", Text),
    Column("clue_lead_request_id", BigInteger),
    Column("clue_lead_request_number", Text),
    Column("clue_phone_as_sent", Text),
    Column("clue_phone", Text),
    Column("clue_email_as_sent", Text),
    Column("clue_email", Text),
    Column("clue_link_threshold_seconds", BigInteger),
    Column("clue_only_kind", String(12)),
    Column("clue_further", JsonText),
    Column("fingerprint", String(64), nullable=False),
    Column("status_since", Instant),
    Column("margin_rub", Rubles),
    Column("currency", Text),
    Column("details", JsonText),
    Column("matchers", JsonText),
    Column("visit_id", BigInteger),
    Column("client_name", Text),
    PrimaryKeyConstraint("site_id", "id"),
    ForeignKeyConstraint(["site_id", "stated_source_id"], ["traffic_source.site_id", "traffic_source.id"]),
    info=TENANT,
)

Index(
    "uq_deal_number", deal.c.site_id, deal.c.number, unique=True,
    info=rows_where(UNDELETED),
)  # fmt: skip
Index("ix_deal_deleted_number", deal.c.site_id, deal.c.number, info=rows_where(DELETED))
Index(
    "ix_deal_matchers", deal.c.site_id, deal.c.recorded_at, deal.c.id,
    info=rows_where(text("matchers IS NOT NULL")),
)  # fmt: skip
# Deals in another currency, and deals with a phone or e-mail without a normal form, are rare on most sites, and these
# indexes contain only them. A query that repeats the condition word for word reads no other deals.
Index(
    "ix_deal_foreign", deal.c.site_id, deal.c.currency, deal.c.happened_at,
    info=rows_where(text("currency <> 'rub'")),
)  # fmt: skip
Index(
    "ix_deal_unusable", deal.c.site_id, deal.c.happened_at, deal.c.id,
    info=rows_where(text("clue_phone_as_sent IS NOT NULL AND clue_phone IS NULL "
                         "OR clue_email_as_sent IS NOT NULL AND clue_email IS NULL")),
)  # fmt: skip
# These indexes contain all columns that a journal uses; otherwise SQLite reads every row to find and count deals.
# Indexes of leads do not: SQLite would use a covering index even to find a few ids, and scan all leads of the site.
index_undeleted("ix_deal_happened", deal.c.happened_at, deal.c.id, deal.c.deleted_at, deal.c.lead_kind)
index_undeleted("ix_deal_touched", deal.c.touched_at, deal.c.id, deal.c.deleted_at, deal.c.lead_kind)
index_where_present("ix_deal_visited", deal.c.visited_at, deal.c.id, deal.c.deleted_at, deal.c.lead_kind)
index_where_present("ix_deal_lead", deal.c.lead_id)
index_where_present("ix_deal_visit", deal.c.visit_id)
index_where_present("ix_deal_client_name", deal.c.client_name, deal.c.id)
index_where_present("ix_deal_clue_phone", deal.c.clue_phone, deal.c.happened_at)
index_where_present("ix_deal_clue_email", deal.c.clue_email, deal.c.happened_at)
index_where_present("ix_deal_clue_call_id", deal.c.clue_call_id)
index_where_present("ix_deal_clue_call_reference", deal.c.clue_call_reference)
index_where_present("ix_deal_clue_lead_request_id", deal.c.clue_lead_request_id)
index_where_present("ix_deal_clue_lead_request_number", deal.c.clue_lead_request_number)

deal_contact = Table(
    "deal_contact",
    metadata,
    site_column(),
    Column("contact", Text, nullable=False),
    Column("deal_id", BigInteger, nullable=False),
    PrimaryKeyConstraint("site_id", "contact", "deal_id"),
    ForeignKeyConstraint(["site_id", "deal_id"], ["deal.site_id", "deal.id"]),
    Index("ix_deal_contact_deal", "site_id", "deal_id"),
    info=TENANT,
)

deal_key = Table(
    "deal_key",
    metadata,
    site_column(),
    Column("key", Text, nullable=False),
    Column("deal_id", BigInteger, nullable=False),
    Column("opens_at", Instant, nullable=False),
    Column("closes_at", Instant, nullable=False),
    PrimaryKeyConstraint("site_id", "key", "deal_id"),
    ForeignKeyConstraint(["site_id", "deal_id"], ["deal.site_id", "deal.id"]),
    Index("ix_deal_key_deal", "site_id", "deal_id"),
    info=TENANT,
)

deal_day = Table(
    "deal_day",
    metadata,
    site_column(),
    Column("moment", String(12), nullable=False),
    Column("midnight", Instant, nullable=False),
    Column("lead_kind", String(12), nullable=False),
    Column("deals", BigInteger, nullable=False),
    PrimaryKeyConstraint("site_id", "moment", "midnight", "lead_kind"),
    info=TENANT,
)

deal_tag = Table(
    "deal_tag",
    metadata,
    site_column(),
    Column("deal_id", BigInteger, nullable=False),
    Column("position", Integer, nullable=False),
    Column("tag", Text, nullable=False),
    PrimaryKeyConstraint("site_id", "deal_id", "position"),
    ForeignKeyConstraint(["site_id", "deal_id"], ["deal.site_id", "deal.id"]),
    info=TENANT,
)

deal_version = Table(
    "deal_version",
    metadata,
    site_column(),
    Column("deal_id", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("kind", String(12), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("token_id", BigInteger),
    Column("user_id", BigInteger),
    Column("before", JsonText, nullable=False),
    Column("after", JsonText, nullable=False),
    PrimaryKeyConstraint("site_id", "deal_id", "version"),
    ForeignKeyConstraint(["site_id", "deal_id"], ["deal.site_id", "deal.id"]),
    info=TENANT,
)
