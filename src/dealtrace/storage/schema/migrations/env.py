"""The entry point of Alembic: run the migrations on the connection that `storage.schema` passes."""

from alembic import context

from dealtrace.storage.schema.tables.all_tables import metadata
from dealtrace.storage.schema.upgrade import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
