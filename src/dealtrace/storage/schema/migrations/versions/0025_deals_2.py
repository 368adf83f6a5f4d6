"""Add the fields of the deals 2.0 API, the keys by which later leads find such deals, and digests of phones."""

from hashlib import md5

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"

CHUNK = 10_000


def upgrade() -> None:
    """Apply the migration."""
    for column in ("details", "matchers"):
        op.add_column("deal", sa.Column(column, sa.Text(), nullable=True))
    op.create_table(
        "deal_key",
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("deal_id", sa.BigInteger(), nullable=False),
        sa.Column("opens_at", sa.BigInteger(), nullable=False),
        sa.Column("closes_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("site_id", "key", "deal_id", name="pk_deal_key"),
        sa.ForeignKeyConstraint(["site_id", "deal_id"], ["deal.site_id", "deal.id"], name="fk_deal_key_deal"),
    )
    op.create_index("ix_deal_key_deal", "deal_key", ["site_id", "deal_id"])
    op.add_column("contact", sa.Column("digest", sa.String(32), nullable=True))
    _digest_phones()
    present = sa.text("digest IS NOT NULL")
    op.create_index(
        "ix_contact_digest", "contact", ["site_id", "digest"], sqlite_where=present, postgresql_where=present
    )


def _digest_phones() -> None:
    """Store the digest of every known phone: of every contact without an @, which only e-mails have."""
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("UPDATE contact SET digest = md5(contact) WHERE strpos(contact, '@') = 0")
        return
    table = sa.table("contact", *(sa.column(name) for name in ("site_id", "contact", "digest")))
    phones = connection.exec_driver_sql("SELECT site_id, contact FROM contact WHERE instr(contact, '@') = 0").all()
    digested = (
        sa.update(table)
        .where(table.c.site_id == sa.bindparam("of_site"), table.c.contact == sa.bindparam("of_contact"))
        .values(digest=sa.bindparam("new_digest"))
    )
    for start in range(0, len(phones), CHUNK):
        rows = [
            {
                "of_site": site_id,
                "of_contact": phone,
                "new_digest": md5(phone.encode(), usedforsecurity=False).hexdigest(),
            }
            for site_id, phone in phones[start : start + CHUNK]
        ]
        connection.execute(digested, rows)
