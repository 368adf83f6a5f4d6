"""Add and remove segments, which are saved filters, of a site or of a user."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.accounts.site_days import site_day
from dealtrace.attribution.credit import AttributionModel
from dealtrace.errors import InvalidSetting, InvalidValue, NameTaken
from dealtrace.reports.filters import format_filter
from dealtrace.reports.kept.segments import SEGMENTS_MAX, Segment, check_saved_name
from dealtrace.reports.question import Known, parse_filters
from dealtrace.reports.refusals import SegmentNotFound
from dealtrace.storage.reports.segments import count_segments, delete_segment, insert_segment


def add_segment(
    connection: Connection,
    site: Site,
    name: str,
    filters: Sequence[str],
    now: datetime,
    user_id: int | None = None,
) -> Segment:
    """Store filters under a name, for everyone at the site or for one user only, and return the segment.

    Raises:
        InvalidParameters: a filter is malformed, or uses a name that the site does not have.
        InvalidSetting: the name is empty or too long, there is no filter, or there are too many segments.
        NameTaken: a segment with this name exists.
    """
    known = Known(site_day(now, site.time_zone), AttributionModel(site.attribution), site.custom_fields)
    parsed = parse_filters(filters, known)
    try:
        segment = Segment(check_saved_name(name), tuple(map(format_filter, parsed)), user_id)
    except InvalidValue as fault:
        raise InvalidSetting(key="name", ru=fault.ru, en=fault.en) from fault
    if not parsed:
        raise InvalidSetting(key="filter", ru="нужен хотя бы один фильтр", en="at least one filter is needed")
    if count_segments(connection, site.id) >= SEGMENTS_MAX:
        raise InvalidSetting(
            key="name",
            ru=f"уже есть {SEGMENTS_MAX} сегментов, удалите ненужный",
            en=f"there are {SEGMENTS_MAX} segments, remove one",
        )
    if not insert_segment(connection, site.id, segment, now):
        raise NameTaken(name=segment.name)
    return segment


def remove_segment(connection: Connection, site: Site, name: str, user_id: int | None = None) -> None:
    """Remove a segment of the site or of a user.

    Raises:
        SegmentNotFound: there is no segment with this name.
    """
    if not delete_segment(connection, site.id, name.strip(), user_id):
        raise SegmentNotFound(name=name, site_id=site.id)
