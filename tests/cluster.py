"""A PostgreSQL that refuses what a cluster would: every tenant table partitioned by hash of the site."""

from sqlalchemy import MetaData
from sqlalchemy.schema import CreateTable

from dealtrace.storage.database.engine import open_database
from dealtrace.storage.schema.tables.all_tables import metadata
from dealtrace.storage.schema.tables.common_columns import TENANT
from postgresql import PostgresqlServer

SHARDS = 3


def create_partitioned(server: PostgresqlServer, name: str) -> str:
    """Create such a database, with all tables and their shards, and tell its address."""
    address = server.create(name)
    database = open_database(address)
    copy = MetaData(naming_convention=metadata.naming_convention)
    with database.write() as connection:
        for table in metadata.sorted_tables:
            copied = table.to_metadata(copy)
            if table.info == TENANT:
                copied.dialect_options["postgresql"]["partition_by"] = "HASH (site_id)"
            connection.execute(CreateTable(copied))
            for index in copied.indexes:
                index.create(connection)
            for shard in range(SHARDS if table.info == TENANT else 0):
                connection.exec_driver_sql(
                    f"CREATE TABLE {table.name}_{shard} PARTITION OF {table.name} "
                    f"FOR VALUES WITH (MODULUS {SHARDS}, REMAINDER {shard})"
                )
    database.close()
    return address
