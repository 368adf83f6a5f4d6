"""The whole schema, for whoever must see every table."""

from dealtrace.storage.schema.tables import (  # noqa: F401 - each adds its own
    control,
    deals,
    file_imports,
    leads,
    settings,
    visits,
    webhooks,
)
from dealtrace.storage.schema.tables.parts import metadata as metadata
