"""Convert the report columns that a site defined into metrics, and compute a column for last month as a trial."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.accounts.site_days import site_day
from dealtrace.attribution.credit import AttributionModel
from dealtrace.operations.reports.ask import FactSource, ask, stored_facts
from dealtrace.reports.column_metrics import metrics_of_columns
from dealtrace.reports.columns import ReportColumn
from dealtrace.reports.formats import format_figures
from dealtrace.reports.metrics import COLUMN_PREFIX, Metric
from dealtrace.reports.periods import last_month
from dealtrace.reports.question import Question
from dealtrace.storage.reports.columns import list_columns
from dealtrace.storage.reports.deal_counts import count_won_statuses, has_margins


def find_column_metrics(connection: Connection, site: Site) -> Mapping[str, Metric]:
    """Return a site's own report columns as metrics, by column name with the prefix `column:`."""
    columns = list_columns(connection, site.id)
    return _metrics(stored_facts(connection, site), columns) if columns else {}


def find_column_titles(connection: Connection, site: Site) -> Mapping[str, Metric]:
    """Return a site's own report columns as metrics; only the titles and units of these metrics may be used.

    Their formulas may be wrong, because they depend on all deals of the site, and this function reads no deals.
    """
    return metrics_of_columns(list_columns(connection, site.id), has_won=False, has_margins=False)


def _metrics(source: FactSource, columns: list[ReportColumn]) -> Mapping[str, Metric]:
    return metrics_of_columns(
        columns,
        has_won=count_won_statuses(source.fetch, source.tables) > 0,
        has_margins=has_margins(source.fetch, source.tables),
    )


def try_new_column(source: FactSource, site: Site, name: str, columns: list[ReportColumn], now: datetime) -> str:
    """Return the total of the column `name` for the last calendar month as a string, or `–` if it is unknown.

    `columns` are the site's columns, including this one; this one need not be stored yet. The month is in the site's
    time zone.
    """
    metric = _metrics(source, columns)[f"{COLUMN_PREFIX}{name}"]
    model = AttributionModel(site.attribution)
    question = Question(by=(), metrics=(metric,), period=last_month(site_day(now, site.time_zone)), model=model)
    report = ask(source, site, question, now)
    (shown,) = format_figures(question, report.total.values[model])
    return "–" if shown is None else str(shown)
