"""The pages of saved reports and of segments: the person's own, and those that everybody at the site can use."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from http import HTTPStatus
from typing import Protocol

from starlette.responses import Response

from dealtrace import clock
from dealtrace.accounts.rights import Role
from dealtrace.cabinet.form_pages import Faults, fault_text, redirect_with_message, show_form_page
from dealtrace.cabinet.gate import not_found_page
from dealtrace.cabinet.labels import labelled_text
from dealtrace.cabinet.reports.page import read_context_of
from dealtrace.cabinet.reports.report_url import USUAL, ReportUrl, report_url_at
from dealtrace.cabinet.reports.tree.open_rows import with_closed_rows
from dealtrace.cabinet.reports.without_contacts import for_person
from dealtrace.cabinet.view import View
from dealtrace.errors import InvalidParameters, InvalidSetting, NameTaken
from dealtrace.operations.accounts.require_site import ReadSite, require_site
from dealtrace.operations.work import Work, at_site
from dealtrace.record import record
from dealtrace.reports.question import QuestionContext
from dealtrace.reports.question_parser import parse_filters, parse_question
from dealtrace.reports.saved_items.names import SavedName

DELETE = "delete"
OWN, SITES = "own", "site"
"""The form values for the owner of a saved report or segment: the person, or the site."""


@record
class SavedItemDraft:
    """A refused form: the owner (`whose`), the name and the question (a query string) of the item to save."""

    whose: str
    name: str
    query: str


@record
class SavedItemLine:
    """A line of a list of saved reports or segments.

    - `url`: the URL of the saved report, or of a report with the segment.
    - `details`: further texts of the line.
    - `fault`: the reason why the item's question is no longer valid; it is empty if the question is valid.
    - `has_contacts`: whether the item has contacts that the person may not see, so that they cannot open it.
    - `searches_masked`: whether the item's filters search strings in which contacts are masked.
    - `links`: the number of shared links that show nothing once the item is deleted.
    - `query`: the query string with which the item is saved again after its deletion; it is empty if the person may not
      see or save the item.
    """

    saved_name: SavedName
    url: str
    details: Sequence[str]
    fault: str
    has_contacts: bool = False
    searches_masked: bool = False
    links: int = 0
    query: str = ""

    @property
    def can_come_back(self) -> bool:
        """Return whether the person could save the item again after its deletion."""
        return bool(self.query) and not self.fault


class Save(Protocol):
    """A function that saves a question as a report or segment under a name.

    Raises:
        InvalidParameters: the question is not valid at the site.
        InvalidSetting: the name is empty or too long, or the site has too many reports or segments.
        NameTaken: the name is taken, and `overwrites` is false.
    """

    def __call__(self, work: Work, url: ReportUrl, saved_name: SavedName, *, overwrites: bool) -> None:
        """Save the question of a report URL under a name."""


@record
class SavedItemsPage:
    """A page that lists, saves, renames and deletes either saved reports or segments.

    With `keeps_filters`, a saved question has the filters of its segment instead of the segment's name. `rename` and
    `delete` return `False` if nothing has the name.
    """

    place: str
    title: str
    list_lines: Callable[[View], Awaitable[Sequence[SavedItemLine]]]
    save: Save
    rename: Callable[[Work, SavedName, str], bool]
    delete: Callable[[Work, SavedName], bool]
    keeps_filters: bool = False

    async def show(self, view: View) -> Response:
        """Show the saved reports or segments of the site and of the person."""
        return await self._page(view)

    async def store(self, view: View) -> Response:
        """Save the question in a form under a name; if the name is taken, ask whether to replace the saved question."""
        url, whose = report_in_form(view), view.form.get("whose")
        if not _may_change(view, whose):
            return _forbidden(view)
        saved_name, overwrites = _saved_name(view), view.form.has("overwrite")
        try:
            if not view.may_see_contacts:
                await self._check_as_reader(view, url)
            await view.manage(at_site(_stored_site(view), self.save), url, saved_name, overwrites=overwrites)
        except InvalidParameters as refusal:
            message = labelled_text(refusal, view.language, is_whole=view.may_see_contacts)
            return await self._page(view, faults={"": message}, draft=SavedItemDraft(whose, saved_name.name, url.query))
        except (InvalidSetting, NameTaken) as refusal:
            taken = view.translate("This name is taken. Confirm the replacement, or choose another name.")
            faults = _faults_of(refusal, view, taken=taken)
            return await self._page(view, faults=faults, draft=SavedItemDraft(whose, saved_name.name, url.query))
        return redirect_with_message(view, self.place, "saved")

    async def _check_as_reader(self, view: View, url: ReportUrl) -> None:
        """Raise `InvalidParameters` if the person may not ask the question, for example if it filters by a contact."""
        known = await view.read(read_context_of, view.current_site, clock.now(), view.rights.user.id)
        masked, asked = for_person(view, known, url)
        kept = asked.filters_of_segment(masked)
        parse_filters(list(dict.fromkeys([*asked.filters, *(kept if self.keeps_filters else ())])), masked)

    async def change(self, view: View) -> Response:
        """Rename or delete the saved report or segment that a form names; before it is deleted, ask once more.

        The page after the deletion of a person's own item has a form that saves it again; a site's item can be restored
        on the page of changes.
        """
        if not _may_change(view, view.form.get("whose")):
            return _forbidden(view)
        site, saved_name = _stored_site(view), _saved_name(view)
        is_deletion, new_name = view.form.get("act") == DELETE, view.form.get("new_name")
        lines = await self.list_lines(view) if is_deletion else ()
        found = next((line for line in lines if line.saved_name == saved_name), None)
        if is_deletion and view.form.get("agreed") != view.form.get("name"):
            return await self._page(view, deleting=found) if found is not None else not_found_page(view)
        try:
            if is_deletion:
                is_done = await view.manage(at_site(site, self.delete), saved_name)
            else:
                is_done = await view.manage(at_site(site, self.rename), saved_name, new_name)
        except (InvalidSetting, NameTaken) as refusal:
            faults = _faults_of(refusal, view, taken=view.translate("This name is taken. Choose another name."))
            message = " ".join(faults.values())
            return await self._page(view, faults={"new_name": message}, renaming=_renaming(view))
        if not is_done:
            return not_found_page(view)
        if is_deletion and found is not None and found.can_come_back and saved_name.user_id is not None:
            return await self._page(view, deleted=found)
        return redirect_with_message(view, self.place, "removed" if is_deletion else "saved")

    async def _page(
        self,
        view: View,
        *,
        faults: Faults | None = None,
        draft: SavedItemDraft | None = None,
        renaming: tuple[str, str] | None = None,
        deleting: SavedItemLine | None = None,
        deleted: SavedItemLine | None = None,
    ) -> Response:
        lines = []
        for line in await self.list_lines(view):
            whose = SITES if line.saved_name.user_id is None else OWN
            is_renamed = (whose, line.saved_name.name) == renaming
            shown = line.saved_name.name if whose == OWN else view.shown_name(line.saved_name.name)
            typed = view.form.get("new_name") if is_renamed else None
            lines.append((line, shown, whose, _may_change(view, whose), typed))
        is_beside_form = draft is not None or any(typed is not None for *_, typed in lines)
        return show_form_page(
            view,
            f"{self.place}.html",
            view.translate(self.title),
            faults=faults,
            fault=(faults or {}).get("", "") if is_beside_form else " ".join((faults or {}).values()),
            place=f"/cabinet/{view.current_site.id}/{self.place}",
            lines=lines,
            draft=draft,
            deleting=deleting,
            deleted=deleted,
            deleting_whose=view.form.get("whose"),
        )


def report_in_form(view: View) -> ReportUrl:
    """Return the URL of a report; the form has the question of the report as a query string.

    The open rows of a tree are left out: they are not part of the question, and their keys may have contacts.
    """
    return with_closed_rows(site_report_url(view.current_site.id, view.form.get("query")))


def site_report_url(site_id: int, query: str) -> ReportUrl:
    """Return the URL of a site's report; `query` is the question of the report as a query string."""
    return report_url_at(f"/cabinet/{site_id}/reports", query)


def fault_of(url: ReportUrl, known: QuestionContext, view: View) -> str:
    """Return a string that says why a stored question is no longer valid, or an empty string if it is valid."""
    try:
        parse_question(url.raw_question(**USUAL), known)
    except InvalidParameters as refusal:
        return labelled_text(refusal, view.language, is_whole=view.may_see_contacts)
    return ""


def _stored_site(view: View) -> ReadSite:
    """Return a function that reads the page's site, with its current settings, over a given connection."""
    return partial(require_site, site_id=view.current_site.id)


def _renaming(view: View) -> tuple[str, str]:
    """Return the owner and the name of the saved item that a form renames."""
    return SITES if view.form.get("whose") == SITES else OWN, view.form.get("name")


def _faults_of(refusal: InvalidSetting | NameTaken, view: View, taken: str) -> Faults:
    """Return the error message by field: the field is `name` if the name is refused, otherwise "" (the whole form)."""
    if isinstance(refusal, NameTaken):
        return {"name": taken}
    return {"name" if refusal.facts["key"] == "name" else "": fault_text(refusal, view.language)}


def _saved_name(view: View) -> SavedName:
    """Return the name and the owner of a saved item, as entered in a form."""
    return SavedName(view.form.get("name"), None if view.form.get("whose") == SITES else view.rights.user.id)


def _may_change(view: View, whose: str) -> bool:
    """Return whether the person may save, rename and delete items.

    If `whose` is `SITES`, the items are those that the site's users share, and only analysts and owners may change
    them. Otherwise, the items are the person's own, and anyone may change their own items.
    """
    return whose != SITES or (view.role is not None and view.role.includes(Role.ANALYST))


def _forbidden(view: View) -> Response:
    return view.page("forbidden.html", HTTPStatus.FORBIDDEN, needed=Role.ANALYST)
