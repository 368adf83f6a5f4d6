"""Read the question of a report from words, with what the site has."""

from datetime import datetime

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.accounts.site_days import site_day
from dealtrace.attribution.credit import AttributionModel
from dealtrace.operations.reports.column_metrics import find_column_metrics
from dealtrace.reports.question import LIMIT_MAX, Known, Question, Words, parse_question
from dealtrace.storage.reports.segments import list_segments


def read_question(
    connection: Connection,
    site: Site,
    words: Words,
    now: datetime,
    *,
    rows_max: int | None = LIMIT_MAX,
    user_id: int | None = None,
) -> Question:
    """Return the question that words ask of a site; without `rows_max` all rows are shown unless a limit is given.

    Raises:
        InvalidParameters: all words that are unknown or impossible, each with the ones that exist.
    """
    return parse_question(words, read_known(connection, site, now, rows_max=rows_max, user_id=user_id))


def read_known(
    connection: Connection, site: Site, now: datetime, *, rows_max: int | None = LIMIT_MAX, user_id: int | None = None
) -> Known:
    """Return what a site has for questions; a segment of the user hides one of the site that has its name."""
    return Known(
        site_day(now, site.time_zone),
        AttributionModel(site.attribution),
        sorted(site.custom_fields),
        columns=find_column_metrics(connection, site),
        segments={each.name: each.filters for each in list_segments(connection, site.id, user_id)},
        rows_max=rows_max,
    )
