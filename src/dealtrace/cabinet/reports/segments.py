"""Segments: the filters of a report under a name, the person's own and those of the site."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection
from starlette.responses import Response

from dealtrace import clock
from dealtrace.accounts.site import Site
from dealtrace.cabinet.reports.address import Address
from dealtrace.cabinet.reports.choices import words_of_filters
from dealtrace.cabinet.reports.keeping import (
    NO_DRAFT,
    Draft,
    change_kept,
    draft_of,
    forbidden,
    may_change,
    owner_of,
    whose_of,
)
from dealtrace.cabinet.reports.page import read_known_of
from dealtrace.cabinet.reports.saved import question_of
from dealtrace.cabinet.settings.page import BAD_REQUEST, Faults, fault_text, lead_back, show_settings, stored_site
from dealtrace.cabinet.view import View
from dealtrace.errors import InvalidParameters, InvalidSetting, NameTaken
from dealtrace.operations.reports.manage_segments import add_segment, remove_segment, rename_segment
from dealtrace.record import record
from dealtrace.reports.kept.segments import Segment
from dealtrace.reports.question import Known, parse_filters
from dealtrace.reports.refusals import SegmentNotFound
from dealtrace.storage.reports.segments import list_segments

PLACE = "reports/segments"


@record
class SegmentLine:
    """A segment: whose it is, its filters in words, the report that it leads to, and what is wrong with its filters.

    `fault` is empty as long as the filters can be used.
    """

    segment: Segment
    whose: str
    filters: Sequence[str]
    address: str
    fault: str
    may_change: bool


async def show(view: View) -> Response:
    """List the segments of the site and those of the person."""
    return await _page(view)


async def save(view: View) -> Response:
    """Save the filters of a report, those of its segment among them, under a name.

    A name that is taken is only replaced if the person asks for it.
    """
    address = question_of(view)
    draft = draft_of(view, address.query)
    if not may_change(view, draft.whose):
        return forbidden(view)
    site = await stored_site(view)
    known = await view.read(read_known_of, site, clock.now(), view.who.user.id)
    filters = dict.fromkeys([*address.filters, *known.segments.get(address.get("segment"), ())])
    owner = owner_of(view, draft.whose)
    try:
        await view.manage(_save, site, draft.name, tuple(filters), owner, overwrites=view.form.has("overwrite"))
    except InvalidParameters as refusal:
        return await _page(view, faults={"": refusal.text(view.language)})
    except NameTaken:
        words = view.word("There is a segment of this name. Replace it, or choose another name.")
        return await _page(view, faults={"name": words}, draft=draft)
    except InvalidSetting as refusal:
        return await _page(view, faults={_field_of(refusal): fault_text(refusal, view.language)}, draft=draft)
    return lead_back(view, PLACE, "saved")


async def change(view: View) -> Response:
    """Rename or delete a segment."""
    site = await stored_site(view)
    return await change_kept(
        view,
        PLACE,
        rename=lambda owner, name, new_name: view.manage(_rename, site, owner, name=name, new_name=new_name),
        delete=lambda owner, name: view.manage(_delete, site, owner, name),
        show_faults=lambda faults: _page(view, faults=faults),
        taken=view.word("There is a segment of this name already."),
    )


def _field_of(refusal: InvalidSetting) -> str:
    return "name" if refusal.facts["key"] == "name" else ""


async def _page(view: View, *, faults: Faults | None = None, draft: Draft = NO_DRAFT) -> Response:
    segments, known = await view.read(_read, await stored_site(view), view.who.user.id, clock.now())
    own = {segment.name for segment in segments if segment.user_id is not None}
    return show_settings(
        view,
        "reports/segments.html",
        view.word("Segments"),
        faults=faults,
        status=BAD_REQUEST if faults else 0,
        lines=[_line(view, segment, known, own) for segment in segments],
        draft=draft,
    )


def _line(view: View, segment: Segment, known: Known, own: set[str]) -> SegmentLine:
    whose = whose_of(segment.user_id)
    report = f"/cabinet/{view.here.id}/reports"
    is_hidden = segment.user_id is None and segment.name in own
    address = Address(report, (), segment.filters) if is_hidden else Address(report, (("segment", segment.name),), ())
    try:
        parse_filters(segment.filters, known)
        fault = ""
    except InvalidParameters as refusal:
        fault = refusal.text(view.language)
    words = words_of_filters(segment.filters, known, view.language)
    return SegmentLine(segment, whose, words, address.link(), fault, may_change(view, whose))


def _read(connection: Connection, site: Site, user_id: int, now: datetime) -> tuple[list[Segment], Known]:
    return list_segments(connection, site.id, user_id), read_known_of(connection, site, now, user_id)


def _save(
    connection: Connection,
    _ids: object,
    site: Site,
    name: str,
    filters: Sequence[str],
    user_id: int | None,
    *,
    overwrites: bool,
) -> None:
    add_segment(connection, site, name, filters, clock.now(), user_id, overwrites=overwrites)


def _rename(connection: Connection, _ids: object, site: Site, user_id: int | None, *, name: str, new_name: str) -> bool:
    try:
        rename_segment(connection, site, user_id, name, new_name)
    except SegmentNotFound:
        return False
    return True


def _delete(connection: Connection, _ids: object, site: Site, user_id: int | None, name: str) -> bool:
    try:
        remove_segment(connection, site, name, user_id)
    except SegmentNotFound:
        return False
    return True
