"""The whole schema: importing this module defines every table."""

from dealtrace.storage.schema.tables import (  # noqa: F401 - each adds its tables to the metadata
    alerts,
    control,
    costs,
    deals,
    file_imports,
    leads,
    marks,
    page_ends,
    rates,
    reports,
    requests,
    settings,
    visits,
    webhooks,
)
from dealtrace.storage.schema.tables.parts import metadata as metadata
