"""The schema on one page; each table says its kind, which decides where it lives in a cluster.

`tenant` tables belong to one site and begin their keys with `site_id`; `control` tables are found before or beside
a site. There are no keys between the two, so a site can be moved or erased by its id alone.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from dealtrace.storage.column_types import Day, Instant, JsonText, Rubles

CONTROL = {"kind": "control"}
TENANT = {"kind": "tenant"}

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
    }
)


def _site_id() -> "Column[int]":
    return Column("site_id", BigInteger, nullable=False)


def _remarks() -> "tuple[Column[Any], ...]":
    """Make the columns of what is said about a lead; the source bears no key: SQLite adds none to a standing table."""
    structured = (Column("tags", JsonText), Column("custom_values", JsonText))
    return (*_texts("manager", "comment"), *structured, Column("stated_source_id", BigInteger))


def _texts(*names: str) -> "list[Column[Any]]":
    return [Column(name, Text) for name in names]


# Control: found before or beside a site.

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
    info=CONTROL,
)

user = Table(
    "user",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("login", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("login"),
    info=CONTROL,
)

membership = Table(
    "membership",
    metadata,
    Column("user_id", BigInteger, nullable=False),
    Column("site_id", BigInteger, nullable=False),
    PrimaryKeyConstraint("user_id", "site_id"),
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
    UniqueConstraint("digest"),
    info=CONTROL,
)

invitation = Table(
    "invitation",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("created_at", Instant, nullable=False),
    Column("used_at", Instant),
    info=CONTROL,
)

id_block = Table(
    "id_block",
    metadata,
    Column("name", Text, primary_key=True),
    Column("next_id", BigInteger, nullable=False),
    info=CONTROL,
)

revision = Table(
    "revision",
    metadata,
    Column("name", Text, primary_key=True),
    Column("number", BigInteger, nullable=False),
    info=CONTROL,
)

# Tenant: what one site owns.

points_day = Table(
    "points_day",
    metadata,
    _site_id(),
    Column("day_on", Day, nullable=False),
    Column("spent", BigInteger, nullable=False),
    PrimaryKeyConstraint("site_id", "day_on"),
    info=TENANT,
)

custom_field = Table(
    "custom_field",
    metadata,
    _site_id(),
    Column("name", Text, nullable=False),
    Column("added_at", Instant, nullable=False),
    PrimaryKeyConstraint("site_id", "name"),
    info=TENANT,
)

unknown_field = Table(
    "unknown_field",
    metadata,
    _site_id(),
    Column("name", Text, nullable=False),
    Column("seen", BigInteger, nullable=False),
    Column("last_seen_at", Instant, nullable=False),
    PrimaryKeyConstraint("site_id", "name"),
    info=TENANT,
)

traffic_source = Table(
    "traffic_source",
    metadata,
    _site_id(),
    Column("id", BigInteger, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("source", Text, nullable=False),
    Column("medium", Text, nullable=False),
    Column("campaign", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("term", Text, nullable=False),
    PrimaryKeyConstraint("site_id", "id"),
    UniqueConstraint("site_id", "digest"),
    info=TENANT,
)

visit = Table(
    "visit",
    metadata,
    _site_id(),
    Column("started_at", Instant, nullable=False),
    Column("id", BigInteger, nullable=False),
    Column("visitor_id", Text, nullable=False),
    Column("traffic_source_id", BigInteger, nullable=False),
    Column("landing_url", Text, nullable=False),
    Column("referrer", Text, nullable=False),
    Column("ip", Text, nullable=False),
    Column("user_agent", Text, nullable=False),
    Column("city", Text, nullable=False),
    Column("utm", JsonText, nullable=False),
    Column("google_client_id", Text),
    Column("yandex_client_id", Text),
    Column("attrs", JsonText),
    PrimaryKeyConstraint("site_id", "started_at", "id"),
    Index("ix_visit_id", "site_id", "id", "started_at"),
    Index("ix_visit_visitor", "site_id", "visitor_id", "started_at"),
    info=TENANT,
)

client = Table(
    "client",
    metadata,
    _site_id(),
    Column("id", BigInteger, nullable=False),
    Column("name", Text),
    PrimaryKeyConstraint("site_id", "id"),
    info=TENANT,
)

contact = Table(
    "contact",
    metadata,
    _site_id(),
    Column("contact", Text, nullable=False),
    Column("client_id", BigInteger, nullable=False),
    Column("known_since", Instant, nullable=False),
    PrimaryKeyConstraint("site_id", "contact"),
    ForeignKeyConstraint(["site_id", "client_id"], ["client.site_id", "client.id"]),
    Index("ix_contact_client", "site_id", "client_id"),
    info=TENANT,
)

_VISITED = text("visit_id IS NOT NULL")

call = Table(
    "call",
    metadata,
    _site_id(),
    Column("id", BigInteger, nullable=False),
    Column("reference", Text),
    Column("started_at", Instant, nullable=False),
    Column("duration_seconds", BigInteger, nullable=False),
    Column("phone", Text, nullable=False),
    Column("client_id", BigInteger, nullable=False),
    Column("visit_id", BigInteger),
    Column("recorded_at", Instant, nullable=False),
    Column("is_successful", Boolean),
    Column("waiting_seconds", BigInteger),
    *_texts("sip_id", "dialled_phone", "answering_phone", "record_url", "exchange", "exchange_model"),
    *_remarks(),
    PrimaryKeyConstraint("site_id", "id"),
    UniqueConstraint("site_id", "reference"),
    Index("ix_call_visit", "site_id", "visit_id", sqlite_where=_VISITED, postgresql_where=_VISITED),
    info=TENANT,
)

lead_request = Table(
    "lead_request",
    metadata,
    _site_id(),
    Column("id", BigInteger, nullable=False),
    Column("number", Text, nullable=False),
    Column("requested_at", Instant, nullable=False),
    *_texts("phone", "email"),
    Column("form_name", Text, nullable=False),
    Column("client_id", BigInteger, nullable=False),
    Column("visit_id", BigInteger),
    Column("recorded_at", Instant, nullable=False),
    Column("page_url", Text),
    Column("fingerprint", String(64)),
    *_remarks(),
    PrimaryKeyConstraint("site_id", "id"),
    UniqueConstraint("site_id", "number"),
    Index("ix_lead_request_visit", "site_id", "visit_id", sqlite_where=_VISITED, postgresql_where=_VISITED),
    info=TENANT,
)

lead_contact = Table(
    "lead_contact",
    metadata,
    _site_id(),
    Column("contact", Text, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("lead_id", BigInteger, nullable=False),
    Column("lead_kind", String(12), nullable=False),
    Column("ended_at", Instant, nullable=False),
    Column("reference", Text, nullable=False),
    PrimaryKeyConstraint("site_id", "contact", "started_at", "lead_id"),
    Index("ix_lead_contact_lead", "site_id", "lead_id"),
    info=TENANT,
)

lead_credit = Table(
    "lead_credit",
    metadata,
    _site_id(),
    Column("lead_id", BigInteger, nullable=False),
    Column("model", Integer, nullable=False),
    Column("position", Integer, nullable=False),
    Column("visit_id", BigInteger, nullable=False),
    Column("visit_started_at", Instant, nullable=False),
    Column("share", Integer),
    PrimaryKeyConstraint("site_id", "lead_id", "model", "position"),
    ForeignKeyConstraint(
        ["site_id", "visit_started_at", "visit_id"], ["visit.site_id", "visit.started_at", "visit.id"]
    ),
    info=TENANT,
)

deal = Table(
    "deal",
    metadata,
    _site_id(),
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
    Column("fingerprint", String(64), nullable=False),
    PrimaryKeyConstraint("site_id", "id"),
    ForeignKeyConstraint(["site_id", "stated_source_id"], ["traffic_source.site_id", "traffic_source.id"]),
    info=TENANT,
)

_UNDELETED = text("deleted_at IS NULL")

Index(
    "uq_deal_number", deal.c.site_id, deal.c.number, unique=True,
    sqlite_where=_UNDELETED, postgresql_where=_UNDELETED,
)  # fmt: skip
Index(
    "ix_deal_happened", deal.c.site_id, deal.c.happened_at, deal.c.id,
    sqlite_where=_UNDELETED, postgresql_where=_UNDELETED,
)  # fmt: skip
Index(
    "ix_deal_touched", deal.c.site_id, deal.c.touched_at, deal.c.id,
    sqlite_where=_UNDELETED, postgresql_where=_UNDELETED,
)  # fmt: skip


def _index_where_said(name: str, said: "Column[Any]", *then: "Column[Any]", unique: bool = False) -> None:
    """Index a column that most rows leave empty, over those that do not."""
    said_at_all = text(f"{said.name} IS NOT NULL")
    whole = (said.table.c.site_id, said, *then)
    Index(name, *whole, unique=unique, sqlite_where=said_at_all, postgresql_where=said_at_all)


_index_where_said("uq_call_sip_id", call.c.sip_id, unique=True)
_index_where_said("ix_deal_visited", deal.c.visited_at, deal.c.id)
_index_where_said("ix_deal_lead", deal.c.lead_id)
_index_where_said("ix_deal_clue_phone", deal.c.clue_phone, deal.c.happened_at)
_index_where_said("ix_deal_clue_email", deal.c.clue_email, deal.c.happened_at)
_index_where_said("ix_deal_clue_call_id", deal.c.clue_call_id)
_index_where_said("ix_deal_clue_call_reference", deal.c.clue_call_reference)
_index_where_said("ix_deal_clue_lead_request_id", deal.c.clue_lead_request_id)
_index_where_said("ix_deal_clue_lead_request_number", deal.c.clue_lead_request_number)

deal_tag = Table(
    "deal_tag",
    metadata,
    _site_id(),
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
    _site_id(),
    Column("deal_id", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("kind", String(12), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("token_id", BigInteger),
    Column("before", JsonText, nullable=False),
    Column("after", JsonText, nullable=False),
    PrimaryKeyConstraint("site_id", "deal_id", "version"),
    ForeignKeyConstraint(["site_id", "deal_id"], ["deal.site_id", "deal.id"]),
    info=TENANT,
)
