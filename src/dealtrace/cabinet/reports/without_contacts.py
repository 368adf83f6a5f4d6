"""Reports for people who may not see contacts: keys and names that look like contacts are masked."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from dealtrace.cabinet.reports.key_cells import KeyCell
from dealtrace.cabinet.reports.model_comparison import ModelCell, ModelsTable
from dealtrace.cabinet.reports.pivot import PivotCell, PivotTable
from dealtrace.cabinet.reports.report_url import ReportUrl
from dealtrace.cabinet.reports.table import Table, TableCell
from dealtrace.cabinet.view import View
from dealtrace.reports.dimensions import Dimension
from dealtrace.reports.filters import (
    LIST_SEPARATOR,
    Filter,
    escaped_name,
    format_filter,
    searches_texts,
    split_escaped,
    unescaped,
)
from dealtrace.reports.pivot import Pivot
from dealtrace.reports.question import CHANGE_PREFIX, DESCENDING, Question, QuestionContext
from dealtrace.reports.reading.masking import (
    MaskedNames,
    context_without_contacts,
    masked_filter,
    masked_key,
    masked_label,
    masked_names,
)

Linked = TypeVar("Linked", TableCell, ModelCell, PivotCell)


URL_NAMES = ("by", "pivot", "metrics", "sort", "chart", "segment")
"""The parameters of a report's URL whose values may contain names that people chose."""


def for_person(view: View, context: QuestionContext, url: ReportUrl) -> tuple[QuestionContext, ReportUrl]:
    """Return the facts about a site for the parser, and the URL of a report; both lack what the person may not see.

    For people who may not see contacts, the names of segments and columns are masked, even in the URL.
    """
    return context_for_person(view, context), url_for_person(view, context, url)


def context_for_person(view: View, context: QuestionContext) -> QuestionContext:
    """Return the facts about a site as the person may see them; this parses all saved reports of the site."""
    return context if view.may_see_contacts else context_without_contacts(context)


def url_for_person(view: View, context: QuestionContext, url: ReportUrl) -> ReportUrl:
    """Return the URL of a report as the person may see it; `context` has the names as they are stored."""
    return url if view.may_see_contacts else with_masked_names(url, masked_names(context))


def with_masked_names(url: ReportUrl, names: MaskedNames) -> ReportUrl:
    """Return the URL of a report after replacing each name that has contacts with the name that is shown instead."""
    return _renamed(url, names.segments, names.columns)


def with_stored_names(url: ReportUrl, names: MaskedNames) -> ReportUrl:
    """Undo `with_masked_names`: return the URL of a report with the names as they are stored."""
    stored = ({shown: name for name, shown in each.items()} for each in (names.segments, names.columns))
    return _renamed(url, *stored)


def _renamed(url: ReportUrl, segments: Mapping[str, str], columns: Mapping[str, str]) -> ReportUrl:
    def of_column(written: str) -> str:
        prefix = next((each for each in _SORTED_BY if written.startswith(each)), "")
        name = unescaped(written.removeprefix(prefix))
        return f"{prefix}{escaped_name(columns[name])}" if name in columns else written

    changed = {
        "metrics": LIST_SEPARATOR.join(map(of_column, split_escaped(url.get("metrics"), LIST_SEPARATOR))),
        "sort": of_column(url.get("sort")),
        "chart": of_column(url.get("chart")),
        "segment": segments.get(url.get("segment"), url.get("segment")),
    }
    return url.with_parameters(**{name: text for name, text in changed.items() if text != url.get(name)})


_SORTED_BY = (f"{DESCENDING}{CHANGE_PREFIX}", DESCENDING, CHANGE_PREFIX)


def has_contacts(url: ReportUrl) -> bool:
    """Return whether the URL of a report has contacts in its filters, or in names that were not masked."""
    names = (url.get(name) for name in URL_NAMES)
    return any(masked_label(name) != name for name in names) or any(masked_filter(text) != text for text in url.filters)


def saved_url(view: View, known: QuestionContext, url: ReportUrl) -> ReportUrl | None:
    """Return the URL of a saved report as the person may see it; `None` if it would show contacts to them."""
    if view.may_see_contacts:
        return url
    masked = with_masked_names(url, masked_names(known))
    return masked if not has_contacts(masked) else None


def rows_page_for(view: View, question: Question, url: ReportUrl, narrowed: Question | None = None) -> str:
    """Return the path of the page with the rows behind a figure, to which the figures of a report link.

    The path is empty if a segment of the question filters by contacts that the person may not see: the URL of the
    report only refers to the segment, but the URLs of the links would contain the segment's filters. `narrowed` is the
    question of the figures, if it has filters other than `question`; the path is also empty if these filters would find
    less for the person.
    """
    is_open = view.may_see_contacts or not any(
        format_filter(condition) not in url.filters and _names_contacts(condition) for condition in question.filters
    )
    if narrowed is not None and not view.may_see_contacts and not set(question.filters) <= set(narrowed.filters):
        is_open = is_open and not any(searches_texts(each) and not each.is_masked for each in narrowed.filters)
    return f"/cabinet/{view.current_site.id}/reports/rows" if is_open else ""


def _names_contacts(condition: Filter) -> bool:
    text = format_filter(condition)
    return masked_filter(text) != text


def table_for_readers(table: Table, by: Sequence[Dimension]) -> Table:
    """Return a copy of a report's table with contacts in keys masked.

    Masked keys and the figures of their rows have no links, since the URLs would contain the contact. `by` are the
    dimensions of the keys.
    """
    lines = []
    for line in table.lines:
        keys = _keys(by, line.keys)
        lines.append(replace(line, keys=keys, cells=line.cells if keys == line.keys else _unlinked(line.cells)))
    return replace(table, lines=tuple(lines))


def models_for_readers(table: ModelsTable, by: Sequence[Dimension]) -> ModelsTable:
    """Return a copy of a table of all attribution models; contacts in its keys are masked as in `table_for_readers`."""
    lines = []
    for line in table.lines:
        keys = _keys(by, line.keys)
        lines.append(replace(line, keys=keys, values=line.values if keys == line.keys else _unlinked(line.values)))
    return replace(table, lines=tuple(lines))


def pivot_for_readers(table: PivotTable, pivot: Pivot) -> PivotTable:
    """Return a copy of the table of a pivot with contacts in its keys masked; see `table_for_readers`."""
    by = pivot.report.question.by
    columns = tuple(_key(pivot.dimension, column) for column in table.columns)
    is_masked = [*(after != before for after, before in zip(columns, table.columns, strict=True)), False]
    rows = []
    for row in table.rows:
        keys = _keys(by, row.keys)
        cells = tuple(
            unlinked(cell) if keys != row.keys or masked else cell
            for cell, masked in zip(row.cells, is_masked, strict=True)
        )
        rows.append(replace(row, keys=keys, cells=cells))
    total = tuple(unlinked(cell) if masked else cell for cell, masked in zip(table.total, is_masked, strict=True))
    return replace(table, columns=columns, rows=tuple(rows), total=total)


def unlinked(cell: Linked) -> Linked:
    """Return a figure without links to the rows behind it and behind the figure with which it is compared."""
    return replace(cell, url="", change=replace(cell.change, url="") if cell.change is not None else None)


def _unlinked(cells: Sequence[Linked]) -> tuple[Linked, ...]:
    return tuple(map(unlinked, cells))


def _keys(by: Sequence[Dimension], keys: tuple[KeyCell, ...]) -> tuple[KeyCell, ...]:
    """Return the keys of a row; if one is masked, no key has a link, since any link may contain the masked contact."""
    shown = tuple(_key(dimension, key) for dimension, key in zip(by, keys, strict=True))
    return shown if shown == keys else tuple(replace(key, url="") for key in shown)


def _key(dimension: Dimension, key: KeyCell) -> KeyCell:
    text = masked_key(dimension, key.text)
    return key if text == key.text else replace(key, text=text, url="")
