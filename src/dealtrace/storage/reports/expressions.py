"""What statements of reports are made of, by short names.

Any: SQLAlchemy types selects and expressions by what they hold, which depends on what is asked.
"""

from typing import Any

from sqlalchemy import ColumnElement, Select

Selection = Select[Any]
Expression = ColumnElement[Any]
