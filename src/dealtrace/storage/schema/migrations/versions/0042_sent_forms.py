"""Add the forms that people sent in the cabinet, so that a form that is sent twice changes something only once."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"


def upgrade() -> None:
    """Apply the migration."""
    op.create_table(
        "sent_form",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=False),
        sa.Column("sealed_answer", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("digest", name="pk_sent_form"),
    )
    op.create_index("ix_sent_form_sent", "sent_form", ["sent_at"])
