"""Short names for the types of SQL statements and expressions in reports.

Any: SQLAlchemy types them by their columns, which depend on the question.
"""

from typing import Any

from sqlalchemy import ColumnElement, Select

Selection = Select[Any]
Expression = ColumnElement[Any]
