"""Further contacts of deals; clients as groups of contacts; how far stored contacts were read again."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0010"


def upgrade() -> None:
    """Take the step."""
    op.add_column("deal", sa.Column("clue_further", sa.Text()))
    op.create_table(
        "deal_contact",
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("deal_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("site_id", "contact", "deal_id", name="pk_deal_contact"),
        sa.ForeignKeyConstraint(["site_id", "deal_id"], ["deal.site_id", "deal.id"], name="fk_deal_contact_deal"),
    )
    op.create_index("ix_deal_contact_deal", "deal_contact", ["site_id", "deal_id"])
