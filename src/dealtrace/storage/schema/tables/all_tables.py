"""The whole schema: importing this module defines every table and sets the conditions of partial indexes."""

from dealtrace.storage.schema.tables import (  # noqa: F401 - each adds its tables to the metadata
    alerts,
    control,
    costs,
    currency_rates,
    deals,
    file_imports,
    leads,
    marks,
    page_ends,
    reports,
    requests,
    site_data,
    visits,
    webhooks,
)
from dealtrace.storage.schema.tables.common_columns import WHERE
from dealtrace.storage.schema.tables.common_columns import metadata as metadata

for _index in (index for table in metadata.tables.values() for index in table.indexes if WHERE in index.info):
    for _engine in ("sqlite", "postgresql"):
        _index.dialect_kwargs[f"{_engine}_where"] = _index.info[WHERE]
