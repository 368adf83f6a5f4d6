"""Add, rename and remove segments, which are saved filters, of a site or of a user."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.accounts.site_days import site_day
from dealtrace.attribution.credit import AttributionModel
from dealtrace.errors import InvalidSetting, NameTaken
from dealtrace.operations.reports.save_report import check_name
from dealtrace.reports.filters import format_filter
from dealtrace.reports.kept.saved import with_segment_renamed
from dealtrace.reports.kept.segments import SEGMENTS_MAX, Segment
from dealtrace.reports.question import QuestionContext, parse_filters
from dealtrace.reports.refusals import SegmentNotFound
from dealtrace.storage.mails.scheduled_reports import list_scheduled_reports, update_scheduled_report
from dealtrace.storage.reports import segments
from dealtrace.storage.reports.saved import list_reports_of_all, update_query
from dealtrace.storage.reports.segments import count_segments, delete_segment, find_owners, insert_segment


def add_segment(
    connection: Connection,
    site: Site,
    name: str,
    filters: Sequence[str],
    now: datetime,
    user_id: int | None = None,
    *,
    overwrites: bool = False,
) -> Segment:
    """Store filters under a name, for everyone at the site or for one user only, and return the segment.

    Raises:
        InvalidParameters: a filter is malformed, or uses a name that the site does not have.
        InvalidSetting: the name is empty or too long, there is no filter, or there are too many segments.
        NameTaken: a segment with this name exists, and it may not be replaced.
    """
    context = QuestionContext(site_day(now, site.time_zone), AttributionModel(site.attribution), site.custom_fields)
    parsed = parse_filters(filters, context)
    segment = Segment(check_name(name), tuple(map(format_filter, parsed)), user_id)
    if not parsed:
        raise InvalidSetting(key="filter", ru="нужен хотя бы один фильтр", en="at least one filter is needed")
    if count_segments(connection, site.id) >= SEGMENTS_MAX and not overwrites:
        raise InvalidSetting(
            key="name",
            ru=f"уже есть {SEGMENTS_MAX} сегментов, удалите ненужный",
            en=f"there are {SEGMENTS_MAX} segments, remove one",
        )
    if not insert_segment(connection, site.id, segment, now, overwrites=overwrites):
        raise NameTaken(name=segment.name)
    return segment


def rename_segment(connection: Connection, site: Site, user_id: int | None, name: str, new_name: str) -> None:
    """Rename a segment of the site or of a user; saved reports and reports by mail that name it follow.

    Ours: a report of a user who has a segment of either name themselves is left alone, since it means theirs.

    Raises:
        InvalidSetting: the new name is empty or too long.
        NameTaken: there is a segment of the new name.
        SegmentNotFound: there is no segment with this name.
    """
    checked = check_name(new_name)
    if checked == name:
        return
    if user_id in find_owners(connection, site.id, [checked]):
        raise NameTaken(name=checked)
    owners = find_owners(connection, site.id, [name, checked])
    if not segments.rename_segment(connection, site.id, user_id, name, checked):
        raise SegmentNotFound(name=name, site_id=site.id)
    for report in list_reports_of_all(connection, site.id):
        if report.user_id == user_id or (user_id is None and report.user_id not in owners):
            query = with_segment_renamed(report.query, name, checked)
            if query != report.query:
                update_query(connection, site.id, report, query)
    for scheduled in list_scheduled_reports(connection, site.id) if user_id is None else ():
        if scheduled.words.segment == name:
            words = replace(scheduled.words, segment=checked)
            update_scheduled_report(connection, replace(scheduled, words=words))


def remove_segment(connection: Connection, site: Site, name: str, user_id: int | None = None) -> None:
    """Remove a segment of the site or of a user.

    Raises:
        SegmentNotFound: there is no segment with this name.
    """
    if not delete_segment(connection, site.id, name.strip(), user_id):
        raise SegmentNotFound(name=name, site_id=site.id)
