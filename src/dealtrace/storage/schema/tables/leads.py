"""Clients and their contacts; calls and lead requests with their contacts and credits."""

from collections.abc import Mapping
from datetime import datetime

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
    text,
)

from dealtrace.leads.lead import LeadKind
from dealtrace.storage.database.column_types import Instant, JsonText
from dealtrace.storage.schema.tables.common_columns import (
    TENANT,
    annotation_columns,
    index_undeleted,
    index_where_present,
    metadata,
    rows_where,
    site_column,
    text_columns,
)

client = Table(
    "client",
    metadata,
    site_column(),
    Column("id", BigInteger, nullable=False),
    Column("name", Text),
    Column("leading_id", BigInteger),
    PrimaryKeyConstraint("site_id", "id"),
    info=TENANT,
)

contact = Table(
    "contact",
    metadata,
    site_column(),
    Column("contact", Text, nullable=False),
    Column("client_id", BigInteger, nullable=False),
    Column("known_since", Instant, nullable=False),
    Column("own_client_id", BigInteger),
    Column("set_apart", String(8)),
    Column("digest", String(32)),
    PrimaryKeyConstraint("site_id", "contact"),
    ForeignKeyConstraint(["site_id", "client_id"], ["client.site_id", "client.id"]),
    Index("ix_contact_client", "site_id", "client_id", "known_since", "contact"),
    info=TENANT,
)

_VISITED = text("visit_id IS NOT NULL")

call = Table(
    "call",
    metadata,
    site_column(),
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
    *text_columns("sip_id", "dialled_phone", "answering_phone", "record_url", "exchange", "exchange_model"),
    *annotation_columns(),
    Column("deleted_at", Instant),
    Column("ring_back", String(12)),
    PrimaryKeyConstraint("site_id", "id"),
    UniqueConstraint("site_id", "reference"),
    Index("ix_call_client", "site_id", "client_id", "started_at", "id"),
    Index("ix_call_visit", "site_id", "visit_id", info=rows_where(_VISITED)),
    info=TENANT,
)

lead_request = Table(
    "lead_request",
    metadata,
    site_column(),
    Column("id", BigInteger, nullable=False),
    Column("number", Text, nullable=False),
    Column("requested_at", Instant, nullable=False),
    *text_columns("phone", "email"),
    Column("form_name", Text, nullable=False),
    Column("client_id", BigInteger, nullable=False),
    Column("visit_id", BigInteger),
    Column("recorded_at", Instant, nullable=False),
    Column("page_url", Text),
    Column("fingerprint", String(64)),
    *annotation_columns(),
    Column("deleted_at", Instant),
    PrimaryKeyConstraint("site_id", "id"),
    UniqueConstraint("site_id", "number"),
    Index("ix_lead_request_client", "site_id", "client_id", "requested_at", "id"),
    Index("ix_lead_request_visit", "site_id", "visit_id", info=rows_where(_VISITED)),
    info=TENANT,
)

LEAD_TABLES: Mapping[LeadKind, Table] = {LeadKind.CALL: call, LeadKind.LEAD_REQUEST: lead_request}
"""The table of leads, by kind of lead."""
LEAD_STARTS: "Mapping[LeadKind, Column[datetime]]" = {
    LeadKind.CALL: call.c.started_at,
    LeadKind.LEAD_REQUEST: lead_request.c.requested_at,
}
"""The column with the start of a lead, by kind of lead."""
LEAD_REFERENCES: "Mapping[LeadKind, Column[str]]" = {
    LeadKind.CALL: call.c.reference,
    LeadKind.LEAD_REQUEST: lead_request.c.number,
}
"""The column that identifies a lead in another system, by kind: a call's id in its PBX, a lead request's number."""

lead_contact = Table(
    "lead_contact",
    metadata,
    site_column(),
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

lead_version = Table(
    "lead_version",
    metadata,
    site_column(),
    Column("lead_id", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("user_id", BigInteger),
    Column("before", JsonText, nullable=False),
    Column("after", JsonText, nullable=False),
    PrimaryKeyConstraint("site_id", "lead_id", "version"),
    info=TENANT,
)

contact_reading = Table(
    "contact_reading",
    metadata,
    Column("site_id", BigInteger, autoincrement=False, nullable=False),
    Column("stage", String(12), nullable=False),
    Column("last_id", BigInteger, nullable=False),
    PrimaryKeyConstraint("site_id"),
    info=TENANT,
)

lead_credit = Table(
    "lead_credit",
    metadata,
    site_column(),
    Column("lead_id", BigInteger, nullable=False),
    Column("model", Integer, nullable=False),
    Column("position", Integer, nullable=False),
    Column("visit_id", BigInteger, nullable=False),
    Column("visit_started_at", Instant, nullable=False),
    Column("share", Integer),
    Column("traffic_source_id", BigInteger),
    PrimaryKeyConstraint("site_id", "lead_id", "model", "position"),
    ForeignKeyConstraint(
        ["site_id", "visit_started_at", "visit_id"], ["visit.site_id", "visit.started_at", "visit.id"]
    ),
    info=TENANT,
)

# A query that repeats this condition word for word, as `lead_list.py` does, reads no other calls.
Index(
    "ix_call_missed", call.c.site_id, call.c.started_at, call.c.id,
    info=rows_where(text("deleted_at IS NULL AND ring_back IS NULL AND phone <> '' AND (is_successful IS FALSE "
                         "OR is_successful IS NULL AND duration_seconds = 0 AND exchange IS NULL)")),
)  # fmt: skip
index_undeleted("ix_call_began", call.c.started_at, call.c.id)
index_undeleted("ix_lead_request_began", lead_request.c.requested_at, lead_request.c.id)
index_where_present("ix_call_deleted", call.c.deleted_at)
index_where_present("ix_lead_request_deleted", lead_request.c.deleted_at)
index_where_present("ix_call_stated", call.c.stated_source_id)
index_where_present("ix_lead_request_stated", lead_request.c.stated_source_id)
index_where_present("ix_client_leading", client.c.leading_id)
index_where_present("ix_contact_digest", contact.c.digest)
index_where_present("ix_contact_set_apart", contact.c.set_apart)
index_where_present("uq_call_sip_id", call.c.sip_id, unique=True)
