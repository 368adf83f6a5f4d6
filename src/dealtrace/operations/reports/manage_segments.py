"""Add, rename and remove the segments of a site or of a user; a segment is filters saved under a name."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.accounts.site_change import ChangeKind
from dealtrace.accounts.site_days import site_day
from dealtrace.attribution.credit import AttributionModel
from dealtrace.errors import InvalidSetting, NameTaken
from dealtrace.operations.reports.record_saved_item import SavedItemChange, record_saved_item
from dealtrace.operations.work import Work
from dealtrace.reports.filters import format_filter
from dealtrace.reports.question import QuestionContext
from dealtrace.reports.question_parser import parse_filters
from dealtrace.reports.saved_items.names import SavedName, check_has_room, check_saved_name
from dealtrace.reports.saved_items.saved_reports import means_sites_segment, with_segment_renamed
from dealtrace.reports.saved_items.segments import SEGMENTS_MAX, Segment
from dealtrace.storage.accounts.shared_links import end_links, list_links_of_segment, update_link_query
from dealtrace.storage.mails.scheduled_reports import list_scheduled_reports, update_scheduled_report
from dealtrace.storage.reports.saved_items import segments
from dealtrace.storage.reports.saved_items.saved_reports import list_reports_of_all, update_query
from dealtrace.storage.reports.saved_items.segments import (
    count_segments,
    delete_segment,
    find_owners,
    insert_segment,
    list_segments,
)

FILTERS_APART = ", "


def add_segment(work: Work, saved_name: SavedName, filters: Sequence[str], *, overwrites: bool = False) -> Segment:
    """Store filters under a name, for everyone at the site or for one user only, and return the segment.

    Shared links whose segment of this name was removed do not use the new segment: they still show nothing.

    Raises:
        InvalidParameters: a filter is malformed, or uses a name that the site does not have.
        InvalidSetting: the name is empty or too long, there is no filter, or there are too many segments.
        NameTaken: a segment with this name exists, and `overwrites` is false.
    """
    context = QuestionContext(
        site_day(work.now, work.site.time_zone), AttributionModel(work.site.attribution), work.site.custom_fields
    )
    parsed = parse_filters(filters, context)
    segment = Segment(check_saved_name(saved_name.name), tuple(map(format_filter, parsed)), saved_name.user_id)
    if not parsed:
        raise InvalidSetting(key="filter", ru="нужен хотя бы один фильтр", en="at least one filter is needed")
    if segment.user_id not in find_owners(work.connection, work.site.id, [segment.name]):
        check_has_room(count_segments(work.connection, work.site.id), SEGMENTS_MAX)
    named = SavedName(segment.name, segment.user_id)
    before = _filters_text(work.connection, work.site, named)
    if not insert_segment(work.connection, work.site.id, segment, work.now, overwrites=overwrites):
        raise NameTaken(name=segment.name)
    change = SavedItemChange(ChangeKind.SEGMENT, named, before, FILTERS_APART.join(segment.filters))
    record_saved_item(work, change)
    if not before:
        _end_links(work, named)
    return segment


def rename_segment(work: Work, saved_name: SavedName, new_name: str) -> bool:
    """Rename a segment; return `False` if there is no such segment.

    Saved reports, reports by e-mail and shared links that use the segment get its new name.
    Ours: if a segment of the site is renamed, the users' own reports that use it are changed too. A report that does
    not say whose segment it uses stays as it is if its user has a segment with the old name, which the report uses
    instead, or one with the new name, which it would use from then on. Shared links use only segments of the site.

    Raises:
        InvalidSetting: the new name is empty or too long.
        NameTaken: a segment has the new name already.
    """
    name, checked = saved_name.name, check_saved_name(new_name)
    if saved_name.user_id in find_owners(work.connection, work.site.id, [checked]) and checked != name:
        raise NameTaken(name=checked)
    owners = find_owners(work.connection, work.site.id, [name, checked])
    if not segments.rename_segment(work.connection, work.site.id, saved_name.user_id, name, checked):
        return False
    record_saved_item(work, SavedItemChange(ChangeKind.SEGMENT, saved_name, name, checked))
    for report in list_reports_of_all(work.connection, work.site.id, lock=True):
        is_bound = report.user_id is None or means_sites_segment(report.query)
        if (
            is_bound or report.user_id not in owners
            if saved_name.user_id is None
            else (report.user_id == saved_name.user_id and not is_bound)
        ):
            query = with_segment_renamed(report.query, name, checked)
            if query != report.query:
                update_query(work.connection, work.site.id, report, query)
    if saved_name.user_id is None and checked != name:
        _end_links(work, SavedName(checked))
        for link in list_links_of_segment(work.connection, work.site.id, name, lock=True):
            update_link_query(work.connection, link.digest, with_segment_renamed(link.query, name, checked))
    for scheduled in (
        list_scheduled_reports(work.connection, work.site.id, lock=True) if saved_name.user_id is None else ()
    ):
        if scheduled.raw_question.segment == name:
            raw_question = replace(scheduled.raw_question, segment=checked)
            update_scheduled_report(work.connection, replace(scheduled, raw_question=raw_question))
    return True


def remove_segment(work: Work, saved_name: SavedName) -> bool:
    """Remove a segment of the site or of a user; return `False` if there is no such segment.

    Ours: shared links that use a segment of the site show nothing from then on, even if the segment is restored or
    another segment gets its name: otherwise strangers might see data that the link's author never meant to share.
    """
    before = _filters_text(work.connection, work.site, saved_name)
    if not delete_segment(work.connection, work.site.id, saved_name.name, saved_name.user_id):
        return False
    record_saved_item(work, SavedItemChange(ChangeKind.SEGMENT, saved_name, before, ""))
    _end_links(work, saved_name)
    return True


def _end_links(work: Work, saved_name: SavedName) -> None:
    """End the shared links whose report has this segment; no link uses a segment that belongs to a single user."""
    if saved_name.user_id is not None:
        return
    links = list_links_of_segment(work.connection, work.site.id, saved_name.name, lock=True)
    if links:
        end_links(work.connection, [link.digest for link in links], work.now)


def _filters_text(connection: Connection, site: Site, saved_name: SavedName) -> str:
    """Return the filters of a segment as one string, or an empty string if there is no such segment."""
    mine = list_segments(connection, site.id, saved_name.user_id)
    found = (each.filters for each in mine if (each.name, each.user_id) == (saved_name.name, saved_name.user_id))
    return FILTERS_APART.join(next(found, ()))
