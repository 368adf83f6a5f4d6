"""Create the first tables: sites, users, tokens, visits, leads, clients and deals."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Apply the migration."""
    op.create_table(
        "call",
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("duration_seconds", sa.BigInteger(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("visit_id", sa.BigInteger(), nullable=True),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("site_id", "id", name=op.f("pk_call")),
        sa.UniqueConstraint("site_id", "reference", name=op.f("uq_call_site_id_reference")),
    )
    op.create_table(
        "client",
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("site_id", "id", name=op.f("pk_client")),
    )
    op.create_table(
        "custom_field",
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("site_id", "name", name=op.f("pk_custom_field")),
    )
    op.create_table(
        "id_block",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("next_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_id_block")),
    )
    op.create_table(
        "invitation",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_invitation")),
    )
    op.create_table(
        "lead_contact",
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("lead_id", sa.BigInteger(), nullable=False),
        sa.Column("lead_kind", sa.String(length=12), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("site_id", "contact", "started_at", "lead_id", name=op.f("pk_lead_contact")),
    )
    op.create_index("ix_lead_contact_lead", "lead_contact", ["site_id", "lead_id"], unique=False)
    op.create_table(
        "lead_request",
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.BigInteger(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("form_name", sa.Text(), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("visit_id", sa.BigInteger(), nullable=True),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("site_id", "id", name=op.f("pk_lead_request")),
        sa.UniqueConstraint("site_id", "number", name=op.f("uq_lead_request_site_id_number")),
    )
    op.create_table(
        "points_day",
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("day_on", sa.Integer(), nullable=False),
        sa.Column("spent", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("site_id", "day_on", name=op.f("pk_points_day")),
    )
    op.create_table(
        "revision",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_revision")),
    )
    op.create_table(
        "site",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("contact_matching", sa.Boolean(), nullable=False),
        sa.Column("points_per_day", sa.BigInteger(), nullable=False),
        sa.Column("point_costs", sa.Text(), nullable=False),
        sa.Column("attribution", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site")),
    )
    op.create_table(
        "token",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_token")),
        sa.UniqueConstraint("digest", name=op.f("uq_token_digest")),
    )
    op.create_table(
        "traffic_source",
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("medium", sa.Text(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("term", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("site_id", "id", name=op.f("pk_traffic_source")),
        sa.UniqueConstraint("site_id", "digest", name=op.f("uq_traffic_source_site_id_digest")),
    )
    op.create_table(
        "unknown_field",
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.Column("last_seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("site_id", "name", name=op.f("pk_unknown_field")),
    )
    op.create_table(
        "user",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user")),
        sa.UniqueConstraint("login", name=op.f("uq_user_login")),
    )
    op.create_table(
        "visit",
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("visitor_id", sa.Text(), nullable=False),
        sa.Column("traffic_source_id", sa.BigInteger(), nullable=False),
        sa.Column("landing_url", sa.Text(), nullable=False),
        sa.Column("referrer", sa.Text(), nullable=False),
        sa.Column("ip", sa.Text(), nullable=False),
        sa.Column("user_agent", sa.Text(), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("utm", sa.Text(), nullable=False),
        sa.Column("google_client_id", sa.Text(), nullable=True),
        sa.Column("yandex_client_id", sa.Text(), nullable=True),
        sa.Column("attrs", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("site_id", "started_at", "id", name=op.f("pk_visit")),
    )
    op.create_index("ix_visit_id", "visit", ["site_id", "id", "started_at"], unique=False)
    op.create_index("ix_visit_visitor", "visit", ["site_id", "visitor_id", "started_at"], unique=False)
    op.create_table(
        "contact",
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("known_since", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["site_id", "client_id"], ["client.site_id", "client.id"], name=op.f("fk_contact_client")
        ),
        sa.PrimaryKeyConstraint("site_id", "contact", name=op.f("pk_contact")),
    )
    op.create_index("ix_contact_client", "contact", ["site_id", "client_id"], unique=False)
    op.create_table(
        "deal",
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("amount_rub", sa.BigInteger(), nullable=True),
        sa.Column("happened_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("touched_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=True),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("manager", sa.Text(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("custom_values", sa.Text(), nullable=True),
        sa.Column("stated_source_id", sa.BigInteger(), nullable=True),
        sa.Column("lead_kind", sa.String(length=12), nullable=True),
        sa.Column("lead_id", sa.BigInteger(), nullable=True),
        sa.Column("visited_at", sa.BigInteger(), nullable=True),
        sa.Column("clue_call_id", sa.BigInteger(), nullable=True),
        sa.Column("clue_call_reference", sa.Text(), nullable=True),
        sa.Column("clue_lead_request_id", sa.BigInteger(), nullable=True),
        sa.Column("clue_lead_request_number", sa.Text(), nullable=True),
        sa.Column("clue_phone_as_sent", sa.Text(), nullable=True),
        sa.Column("clue_phone", sa.Text(), nullable=True),
        sa.Column("clue_email_as_sent", sa.Text(), nullable=True),
        sa.Column("clue_email", sa.Text(), nullable=True),
        sa.Column("clue_link_threshold_seconds", sa.BigInteger(), nullable=True),
        sa.Column("clue_only_kind", sa.String(length=12), nullable=True),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["site_id", "stated_source_id"],
            ["traffic_source.site_id", "traffic_source.id"],
            name=op.f("fk_deal_traffic_source"),
        ),
        sa.PrimaryKeyConstraint("site_id", "id", name=op.f("pk_deal")),
    )
    op.create_index(
        "ix_deal_happened",
        "deal",
        ["site_id", "happened_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_deal_lead",
        "deal",
        ["site_id", "lead_id"],
        unique=False,
        sqlite_where=sa.text("lead_id IS NOT NULL"),
        postgresql_where=sa.text("lead_id IS NOT NULL"),
    )
    op.create_index(
        "ix_deal_touched",
        "deal",
        ["site_id", "touched_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_deal_visited",
        "deal",
        ["site_id", "visited_at", "id"],
        unique=False,
        sqlite_where=sa.text("visited_at IS NOT NULL"),
        postgresql_where=sa.text("visited_at IS NOT NULL"),
    )
    op.create_index(
        "uq_deal_number",
        "deal",
        ["site_id", "number"],
        unique=True,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "lead_credit",
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("lead_id", sa.BigInteger(), nullable=False),
        sa.Column("model", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("visit_id", sa.BigInteger(), nullable=False),
        sa.Column("visit_started_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["site_id", "visit_started_at", "visit_id"],
            ["visit.site_id", "visit.started_at", "visit.id"],
            name=op.f("fk_lead_credit_visit"),
        ),
        sa.PrimaryKeyConstraint("site_id", "lead_id", "model", "position", name=op.f("pk_lead_credit")),
    )
    op.create_table(
        "membership",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_membership_user")),
        sa.PrimaryKeyConstraint("user_id", "site_id", name=op.f("pk_membership")),
    )
    op.create_table(
        "deal_tag",
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("deal_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["site_id", "deal_id"], ["deal.site_id", "deal.id"], name=op.f("fk_deal_tag_deal")),
        sa.PrimaryKeyConstraint("site_id", "deal_id", "position", name=op.f("pk_deal_tag")),
    )
    op.create_table(
        "deal_version",
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("deal_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("token_id", sa.BigInteger(), nullable=True),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["site_id", "deal_id"], ["deal.site_id", "deal.id"], name=op.f("fk_deal_version_deal")),
        sa.PrimaryKeyConstraint("site_id", "deal_id", "version", name=op.f("pk_deal_version")),
    )
