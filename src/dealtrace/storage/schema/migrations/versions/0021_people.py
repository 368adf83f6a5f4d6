"""Add roles, sessions, second factors, and the purposes of one-time links."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Apply the migration; existing users could see every site, so they become owners of the installation."""
    op.add_column("user", sa.Column("is_owner", sa.Boolean(), nullable=True))
    op.add_column("user", sa.Column("totp_secret", sa.Text(), nullable=True))
    op.add_column("user", sa.Column("totp_used_step", sa.BigInteger(), nullable=True))
    op.add_column("user", sa.Column("code_failures", sa.Integer(), nullable=True))
    op.add_column("user", sa.Column("code_failed_at", sa.BigInteger(), nullable=True))
    op.add_column("deal_version", sa.Column("user_id", sa.BigInteger(), nullable=True))
    op.add_column("membership", sa.Column("role", sa.String(12), nullable=True))
    op.add_column("invitation", sa.Column("purpose", sa.String(12), nullable=True))
    for name, kind in (
        ("user_id", sa.BigInteger()),
        ("site_id", sa.BigInteger()),
        ("role", sa.String(12)),
        ("made_by", sa.BigInteger()),
        ("expires_at", sa.BigInteger()),
    ):
        op.add_column("invitation", sa.Column(name, kind, nullable=True))
    _fill("user", is_owner=True)
    _fill("membership", role="owner")
    _fill("invitation", purpose="first")
    op.create_table(
        "session",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("ip", sa.Text(), nullable=False),
        sa.Column("browser", sa.Text(), nullable=False),
        sa.Column("is_confirmed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_session"),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_session_user"),
    )
    op.create_index("ix_session_user", "session", ["user_id"])
    op.create_table(
        "recovery_code",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "digest", name="pk_recovery_code"),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_recovery_code_user"),
    )
    op.create_table(
        "installation",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_installation"),
    )


def _fill(name: str, **values: object) -> None:
    table = sa.table(name, *(sa.column(column) for column in values))
    op.get_bind().execute(sa.update(table).values(**values))
