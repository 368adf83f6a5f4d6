"""Convert the report columns that a site defined into metrics, and compute a column for last month as a trial."""

from collections.abc import Mapping
from datetime import datetime
from fractions import Fraction

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.accounts.site_days import site_day
from dealtrace.attribution.credit import AttributionModel
from dealtrace.operations.reports.ask import FactSource, ask
from dealtrace.reports.column_definitions import ReportColumn
from dealtrace.reports.column_metrics import metrics_of_columns
from dealtrace.reports.metrics import COLUMN_PREFIX, Metric
from dealtrace.reports.periods import last_month
from dealtrace.reports.question import Question
from dealtrace.storage.reports.column_definitions import list_columns


def find_column_metrics(connection: Connection, site: Site) -> Mapping[str, Metric]:
    """Return a site's own report columns as metrics, by column name with the prefix `column:`."""
    return metrics_of_columns(list_columns(connection, site.id))


def try_new_column(
    source: FactSource, site: Site, name: str, columns: list[ReportColumn], now: datetime
) -> tuple[Metric, Fraction | None]:
    """Return the column `name` as a metric, and its total for the last calendar month, `None` if it is unknown.

    `columns` are the site's columns, including this one; this one need not be stored yet. The month is in the site's
    time zone.
    """
    metric = metrics_of_columns(columns)[f"{COLUMN_PREFIX}{name}"]
    model = AttributionModel(site.attribution)
    question = Question(by=(), metrics=(metric,), period=last_month(site_day(now, site.time_zone)), model=model)
    report = ask(source, site, question, now)
    (total,) = report.total.values[model]
    return metric, total
