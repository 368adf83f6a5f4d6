"""The page of segments, which are named filters of reports: the person's own and those of the site."""

from collections import Counter
from datetime import datetime

from sqlalchemy import Connection

from dealtrace import clock
from dealtrace.accounts.site import Site
from dealtrace.cabinet.form_pages import stored_site
from dealtrace.cabinet.labels import labelled_text
from dealtrace.cabinet.reports.chips import filter_texts
from dealtrace.cabinet.reports.form_fields import searches_masked
from dealtrace.cabinet.reports.page import read_context_of
from dealtrace.cabinet.reports.report_url import ReportUrl
from dealtrace.cabinet.reports.saved_items.page import SavedItemLine, SavedItemsPage
from dealtrace.cabinet.reports.without_contacts import (
    context_for_person,
    has_contacts,
    saved_url,
    url_for_person,
    with_stored_names,
)
from dealtrace.cabinet.view import View
from dealtrace.errors import InvalidParameters
from dealtrace.operations.reports.manage_segments import add_segment, remove_segment, rename_segment
from dealtrace.operations.work import Work
from dealtrace.reports.question import QuestionContext
from dealtrace.reports.question_parser import parse_filters
from dealtrace.reports.reading.masking import masked_names
from dealtrace.reports.saved_items.names import SavedName
from dealtrace.reports.saved_items.saved_reports import filters_of_query
from dealtrace.reports.saved_items.segments import Segment
from dealtrace.storage.accounts.shared_links import list_shared_links
from dealtrace.storage.reports.saved_items.segments import list_segments


async def _list(view: View) -> list[SavedItemLine]:
    """List the segments with their filters in words."""
    segments, known, links = await view.read(_read, await stored_site(view), view.rights.user.id, clock.now())
    own = {segment.name for segment in segments if segment.user_id is not None}
    named = context_for_person(view, known)
    return [
        _line(
            view,
            segment,
            known,
            named,
            links=links[segment.name] if segment.user_id is None else 0,
            is_hidden=segment.user_id is None and segment.name in own,
        )
        for segment in segments
    ]


def _line(
    view: View, segment: Segment, known: QuestionContext, named: QuestionContext, *, links: int, is_hidden: bool
) -> SavedItemLine:
    """Return the line of a segment; `named` are the facts about the site as the person may see them.

    `links` is the number of shared links that use the segment: if the segment changes, strangers see other figures.

    `is_hidden` is true for a segment of the site if the person has their own segment with the same name. The link then
    marks the segment as the site's.
    """
    url = ReportUrl(f"/cabinet/{view.current_site.id}/reports", (("segment", segment.name),), ())
    url = url.with_sites_segment() if is_hidden else url
    shown = saved_url(view, known, url)
    asked = url_for_person(view, known, url)
    try:
        parse_filters(segment.filters, named if segment.user_id is not None else known)
        fault = ""
    except InvalidParameters as refusal:
        fault = labelled_text(refusal, view.language, is_whole=view.may_see_contacts)
    texts = filter_texts(segment.filters, named, view.language, is_whole=view.may_see_contacts)
    if links:
        texts = [*texts, view.translate("shared links that use this segment: %(count)s") % {"count": links}]
    link = shown.link() if shown is not None else ""
    saved_name = SavedName(segment.name, segment.user_id)
    masked = searches_masked(asked, named)
    kept = ReportUrl(url.page, (), tuple(segment.filters))
    query = kept.query if view.may_see_contacts or not has_contacts(kept) else ""
    return SavedItemLine(saved_name, link, texts, fault, searches_masked=masked, links=links, query=query)


def _read(
    connection: Connection, site: Site, user_id: int, now: datetime
) -> tuple[list[Segment], QuestionContext, Counter[str]]:
    """Return the segments that the person may use, the facts about the site, and numbers of shared links.

    For each segment of the site, by name, the last result has the number of shared links that use the segment.
    """
    stored = list_shared_links(connection, site.id)
    links = [link for link in stored if link.is_valid(now) and link.segment_deleted_at is None]
    followed = Counter(filters_of_query(link.query)[1] for link in links)
    return list_segments(connection, site.id, user_id), read_context_of(connection, site, now, user_id), followed


def _save(work: Work, url: ReportUrl, saved_name: SavedName, *, overwrites: bool) -> None:
    """Save the filters of a report, including those of its segment, as a segment."""
    known = read_context_of(work.connection, work.site, work.now, work.user_id)
    stored = with_stored_names(url, masked_names(known))
    filters = dict.fromkeys([*stored.filters, *stored.filters_of_segment(known)])
    add_segment(work, saved_name, tuple(filters), overwrites=overwrites)


SEGMENTS = SavedItemsPage(
    "reports/segments", "Segments", _list, _save, rename_segment, remove_segment, keeps_filters=True
)
