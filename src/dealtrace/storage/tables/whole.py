"""The whole schema, for whoever must see every table."""

from dealtrace.storage.tables import control, deals, file_imports, leads, settings, visits, webhooks  # noqa: F401 - each adds its own
from dealtrace.storage.tables.parts import metadata as metadata
