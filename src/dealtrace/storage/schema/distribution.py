"""How the tables are distributed over a Citus cluster: tenant tables by site, the others not at all."""

from dealtrace.storage.schema.tables.parts import TENANT
from dealtrace.storage.schema.tables.whole import metadata


def distribution_statements() -> list[str]:
    """List the statements that distribute every tenant table by `site_id`, co-located, referenced tables first."""
    tenants = [table for table in metadata.sorted_tables if table.info == TENANT]
    first = tenants[0].name
    return [f"SELECT create_distributed_table('{first}', 'site_id')"] + [
        f"SELECT create_distributed_table('{table.name}', 'site_id', colocate_with => '{first}')"
        for table in tenants[1:]
    ]
