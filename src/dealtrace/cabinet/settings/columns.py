"""The columns that a site defines for its reports; each is first tried on the last month, then saved."""

import json
from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.responses import Response

from dealtrace import clock
from dealtrace.cabinet.form_pages import Faults, fault_text, redirect_with_message, show_form_page, unknown_faults
from dealtrace.cabinet.formats import metric_value
from dealtrace.cabinet.labels import COLUMN_KINDS, page_text
from dealtrace.cabinet.view import View
from dealtrace.cabinet.what_if.agreed import has_changed, may_save
from dealtrace.errors import InvalidSetting, NameTaken, text_in
from dealtrace.operations.reports.column_metrics import try_new_column
from dealtrace.operations.reports.manage_columns import (
    add_column,
    change_column,
    check_changed_column,
    check_new_column,
    remove_column,
)
from dealtrace.operations.work import Work, at_site
from dealtrace.record import record
from dealtrace.reports.column_definitions import (
    ColumnKind,
    ReportColumn,
    contents_of,
    format_statuses,
    parse_column_name,
    parse_statuses,
    split_statuses,
)
from dealtrace.reports.column_formulas import format_formula, parse_formula
from dealtrace.reports.metrics import METRICS
from dealtrace.reports.statuses import StatusGroup, group_statuses
from dealtrace.storage.reports.column_definitions import list_columns
from dealtrace.storage.reports.statuses import list_statuses

PLACE = "settings/columns"
CHANGE = "change"
"""The parameter of the URL that names the column to change."""
STATUSES_OFFERED_MAX = 200
"""Ours: how many statuses can be chosen with checkboxes; the page says how many others can be typed."""
_FIELDS = {"NAME": "name", "--statuses": "status", "formula": "formula", "kind": "kind"}
"""The names of the form's fields, by the names that refusals use."""


@record
class ColumnDraft:
    """A column as it was entered in the form; `before` is the name of the column to change, empty for a new column."""

    name: str = ""
    kind: str = ColumnKind.COUNT
    statuses: tuple[str, ...] = ()
    formula: str = ""
    before: str = ""

    @property
    def agreement(self) -> str:
        """Return the form value that confirms that the person saw this column's total before saving the column."""
        return json.dumps([self.name, self.kind, self.statuses, self.formula, self.before], ensure_ascii=False)


@record
class ColumnLine:
    """A column in the list: what it shows, its statuses or formula, and the URL of the form that changes it."""

    name: str
    kind: str
    contents: str
    url: str


async def show(view: View) -> Response:
    """Show the columns, and the form for a new column or for the one that the URL names."""
    columns = await view.read(list_columns, view.current_site.id)
    chosen = view.request.query_params.get(CHANGE, "")
    draft = next((_draft_of_column(each) for each in columns if each.name == chosen), ColumnDraft())
    faults = unknown_faults(view, **({CHANGE: (chosen, "Column")} if chosen != draft.name else {}))
    return await _page(view, draft, faults=faults)


async def save(view: View) -> Response:
    """Try a new or changed column and show its total over the last month; save it once the person confirms."""
    draft = _draft_of(view)
    try:
        column = _column_of(draft)
        columns = await view.read(list_columns, view.current_site.id)
        if draft.before:
            columns = check_changed_column(view.current_site.id, draft.before, column, columns)
        else:
            check_new_column(column, columns)
            columns = [*columns, column]
        if not may_save(view, draft.agreement):
            metric, total = await view.ask(try_new_column, column.name, columns, clock.now())
            return await _page(view, draft, tried=metric_value(view.language, metric, total))
        await view.manage(at_site(view.current_site, _save), column, draft.before)
    except NameTaken as refusal:
        return await _page(view, draft, faults={"name": page_text(refusal, view.language)})
    except InvalidSetting as refusal:
        field = _FIELDS.get(str(refusal.facts["key"]), "name")
        return await _page(view, draft, faults={field: fault_text(refusal, view.language)})
    return redirect_with_message(view, PLACE, "saved" if draft.before else "added")


async def remove(view: View) -> Response:
    """Remove a column, or show why it cannot be removed, for example because a formula uses it."""
    try:
        await view.manage(at_site(view.current_site, remove_column), view.form.get("name"))
    except InvalidSetting as refusal:
        return await _page(view, ColumnDraft(), faults={"": fault_text(refusal, view.language)})
    return redirect_with_message(view, PLACE, "removed")


def _draft_of(view: View) -> ColumnDraft:
    form = view.form
    return ColumnDraft(
        form.get("name").strip(),
        form.get("kind"),
        tuple(dict.fromkeys([*form.all("status"), *split_statuses(form.get("further"))])),
        form.get("formula").strip(),
        form.get("before"),
    )


def _draft_of_column(column: ReportColumn) -> ColumnDraft:
    formula = format_formula(column.formula) if column.formula is not None else ""
    return ColumnDraft(column.name, column.kind, column.statuses, formula, column.name)


def _column_of(draft: ColumnDraft) -> ReportColumn:
    """Return the column that was entered.

    Raises:
        InvalidSetting: a field is not valid.
    """
    name = parse_column_name(draft.name)
    if draft.kind not in list(ColumnKind):
        raise InvalidSetting(key="kind", ru="выберите, что показывает столбец", en="choose what the column shows")
    if draft.kind == ColumnKind.FORMULA:
        return ReportColumn(name, ColumnKind.FORMULA, formula=parse_formula(draft.formula))
    return ReportColumn(name, ColumnKind(draft.kind), parse_statuses(format_statuses(draft.statuses)))


async def _page(view: View, draft: ColumnDraft, *, tried: str = "", faults: Faults | None = None) -> Response:
    columns, statuses = await view.read(_read, view.current_site.id)
    offered = list(dict.fromkeys([*draft.statuses, *(status.name for status in statuses[:STATUSES_OFFERED_MAX])]))
    return show_form_page(
        view,
        "settings/columns.html",
        view.translate("Report columns"),
        faults=faults,
        columns=[_line(view, column) for column in columns],
        kinds=[(str(kind), view.translate(label), kind == draft.kind) for kind, label in COLUMN_KINDS.items()],
        statuses=[(name, name in draft.statuses) for name in offered],
        unlisted=len({status.name for status in statuses} - set(offered)),
        metrics=[(metric.name, text_in(view.language, metric)) for metric in METRICS.values()],
        draft=draft,
        tried=tried,
        has_changed=has_changed(view, draft.agreement),
    )


def _line(view: View, column: ReportColumn) -> ColumnLine:
    url = f"/cabinet/{view.current_site.id}/{PLACE}?{urlencode({CHANGE: column.name})}#column"
    return ColumnLine(column.name, view.translate(COLUMN_KINDS[column.kind]), contents_of(column), url)


def _read(connection: Connection, site_id: int) -> tuple[list[ReportColumn], list[StatusGroup]]:
    """List the columns of a site, and its statuses in alphabetical order: sorting by frequency would read all deals."""
    return list_columns(connection, site_id), group_statuses(list_statuses(connection, site_id), {})


def _save(work: Work, column: ReportColumn, before: str) -> None:
    if before:
        change_column(work, before, column)
    else:
        add_column(work, column)
