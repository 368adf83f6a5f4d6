"""Parse the question of a report; it may use the names of the site's own columns and segments."""

from datetime import datetime

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.accounts.site_days import site_day
from dealtrace.attribution.credit import AttributionModel
from dealtrace.errors import InvalidParameters, Violation
from dealtrace.operations.reports.column_metrics import find_column_metrics
from dealtrace.reports.question import LIMIT_MAX, SEGMENT_OF_SITE, Question, QuestionContext, RawQuestion
from dealtrace.reports.question_parser import parse_question
from dealtrace.storage.reports.saved_items.saved_reports import list_saved_reports
from dealtrace.storage.reports.saved_items.segments import list_segments


def read_question(
    connection: Connection,
    site: Site,
    raw: RawQuestion,
    now: datetime,
    *,
    rows_max: int | None = LIMIT_MAX,
    user_id: int | None = None,
) -> Question:
    """Return the parsed question of a report about a site.

    If the question has no limit, the report shows at most `rows_max` rows, or all rows if `rows_max` is `None`.

    Raises:
        InvalidParameters: a value in the question is unknown or not allowed in its place; each violation lists the
            allowed values.
    """
    return parse_question(raw, read_question_context(connection, site, now, rows_max=rows_max, user_id=user_id))


def check_segment_is_shared(connection: Connection, site: Site, raw: RawQuestion, user_id: int | None) -> None:
    """Check that a question stored for other people does not use a segment that only the user sees.

    Ours: such a segment hides the site's segment of the same name from this user, so other people would get figures
    that the user has not seen.

    Raises:
        InvalidParameters: the segment of the question belongs to the user.
    """
    name, owners = raw.segment, {each.name: each.user_id for each in list_segments(connection, site.id, user_id)}
    if raw.segment_of == SEGMENT_OF_SITE or owners.get(name) is None:
        return
    raise InvalidParameters(
        [
            Violation(
                "segment",
                f"сегмент «{name}» — ваш личный: у других под этим именем другой сегмент или его нет; сохраните свой "
                "сегмент для всех под другим именем и выберите его",
                f"segment “{name}” is your own: other people have a different segment of this name, or none; save "
                "yours for everybody under another name, and choose that one",
            )
        ]
    )


def read_question_context(
    connection: Connection,
    site: Site,
    now: datetime,
    *,
    rows_max: int | None = LIMIT_MAX,
    user_id: int | None = None,
    is_for_page: bool = False,
) -> QuestionContext:
    """Return the site's data that the parser of questions needs, such as the names of segments.

    A segment of the user takes precedence over a segment of the site with the same name. The questions of saved reports
    are read only with `is_for_page`: programs see all contacts.
    """
    segments = list_segments(connection, site.id, user_id)
    return QuestionContext(
        site_day(now, site.time_zone),
        AttributionModel(site.attribution),
        sorted(site.custom_fields),
        columns=find_column_metrics(connection, site),
        segments={each.name: each.filters for each in segments},
        rows_max=rows_max,
        own_segments={each.name for each in segments if each.user_id is not None},
        site_segments={each.name: each.filters for each in segments if each.user_id is None},
        site_reports=[each.query for each in list_saved_reports(connection, site.id)] if is_for_page else (),
    )
