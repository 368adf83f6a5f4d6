"""Parse the question of a report with the names that the site has defined."""

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
    """Parse a question to a site; if `rows_max` is `None`, all rows are shown unless the question has a limit.

    Raises:
        InvalidParameters: one violation for each unknown or impossible word, with the words that exist.
    """
    return parse_question(words, read_known(connection, site, now, rows_max=rows_max, user_id=user_id))


def read_known(
    connection: Connection, site: Site, now: datetime, *, rows_max: int | None = LIMIT_MAX, user_id: int | None = None
) -> Known:
    """Return what questions may use at a site; a user's segment takes precedence over the site's of the same name."""
    return Known(
        site_day(now, site.time_zone),
        AttributionModel(site.attribution),
        sorted(site.custom_fields),
        columns=find_column_metrics(connection, site),
        segments={each.name: each.filters for each in list_segments(connection, site.id, user_id)},
        rows_max=rows_max,
    )
