"""The open rows of a tree: their paths in URLs, the links that open and close them, and the rows below them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from urllib.parse import quote, unquote

from dealtrace.accounts.site import Site
from dealtrace.cabinet.labels import unknown_choice
from dealtrace.cabinet.links import URL_LENGTH_MAX
from dealtrace.cabinet.reports.form_fields import MetricChoice
from dealtrace.cabinet.reports.report_url import ReportUrl
from dealtrace.cabinet.reports.tree.levels import RowPath, levels_of
from dealtrace.errors import InvalidParameters
from dealtrace.operations.reports.ask import FactSource, ask
from dealtrace.record import record
from dealtrace.reports.answer import Report
from dealtrace.reports.dimensions import Kind
from dealtrace.reports.filters import Filter, format_names
from dealtrace.reports.question import Question, format_sort
from dealtrace.reports.reading.masking import masked_key
from dealtrace.reports.reading.narrowing import narrowed_filters

TREE, YES = "tree", "yes"
"""The parameter that asks for a tree, and its only value."""
OPEN = "open"
"""The parameter with the open rows."""
OPEN_MAX = 20
"""Ours: the maximum number of open rows, since each of them needs a report; the page says so if there are more."""
_MISSING = "."
"""Stands for a missing key; dots in keys are escaped."""
_BETWEEN_ROWS, _BETWEEN_KEYS = ",", "/"
CHILDREN_MAX = 50
"""Ours: the maximum number of rows below an open row; a link leads to all of them."""


def check_tree(url: ReportUrl) -> None:
    """Check the parameter that asks for a tree.

    Raises:
        InvalidParameters: its value is unknown.
    """
    if url.get(TREE) not in ("", YES):
        raise InvalidParameters([unknown_choice(TREE, url.get(TREE))])


def can_be_tree(question: Question) -> bool:
    """Return whether a report can be a tree: it has several levels and one model, and is not a pivot."""
    return len(levels_of(question).listed) > 1 and question.pivot is None and question.model is not None


def is_tree(url: ReportUrl, question: Question) -> bool:
    """Return whether the URL of a report asks for a tree, and the report can be one."""
    return url.get(TREE) == YES and can_be_tree(question)


def open_paths(url: ReportUrl) -> list[RowPath]:
    """Return the open rows in the URL of a report, in the order of the URL, without repetitions."""
    texts = (text for text in url.get(OPEN).split(_BETWEEN_ROWS) if text)
    return list(dict.fromkeys(tuple(map(_read_key, text.split(_BETWEEN_KEYS))) for text in texts))


def opened(url: ReportUrl, path: RowPath) -> str:
    """Return the URL of the report with one more open row, or an empty string if it would be too long."""
    return _link(url, [*open_paths(url), path])


def closed(url: ReportUrl, path: RowPath) -> str:
    """Return the URL of the report after closing a row and the rows below it."""
    return _link(url, [each for each in open_paths(url) if each[: len(path)] != path])


def with_closed_rows(url: ReportUrl) -> ReportUrl:
    """Return the URL of the report without open rows."""
    return url.with_parameters(**{OPEN: ""})


def without_tree(url: ReportUrl) -> ReportUrl:
    """Return the URL of the report as a list."""
    return url.with_parameters(**{TREE: "", OPEN: ""})


def tree_url(url: ReportUrl, question: Question) -> str:
    """Return the URL of a report as a tree by the dimensions, with the metrics and in the order of `question`."""
    by, metrics = (format_names(each.name for each in named) for named in (question.by, question.metrics))
    sort = format_sort(question.sort) if question.sort is not None else ""
    return without_tree(url).link(by=by, metrics=metrics, sort=sort, **{TREE: YES})


def layout_choices(url: ReportUrl, question: Question, as_list: str, as_tree: str) -> tuple[MetricChoice, ...]:
    """Return a link titled `as_list` to the report as a list, and a link titled `as_tree` to the report as a tree.

    There are no links if the report cannot be a tree.
    """
    if not can_be_tree(question):
        return ()
    flat, shows_tree = without_tree(url), is_tree(url, question)
    return (
        MetricChoice(as_list, flat.link(), not shows_tree),
        MetricChoice(as_tree, flat.link(**{TREE: YES}), shows_tree),
    )


def _link(url: ReportUrl, paths: Sequence[RowPath]) -> str:
    link = url.link(**{OPEN: _BETWEEN_ROWS.join(dict.fromkeys(map(_written, paths)))})
    return link if len(link) <= URL_LENGTH_MAX else ""


def _written(path: RowPath) -> str:
    return _BETWEEN_KEYS.join(_MISSING if key is None else quote(key, safe="").replace(".", "%2E") for key in path)


def _read_key(text: str) -> str | None:
    return None if text == _MISSING else unquote(text)


@record
class Branches:
    """The reports below the open rows of a tree, by row path; `has_more` is true if more than `OPEN_MAX` were open."""

    below: Mapping[RowPath, Report]
    has_more: bool = False


NO_BRANCHES = Branches({})


def level_question(question: Question, path: RowPath) -> Question:
    """Return the question whose rows are below the row at `path`; below `()` are the rows of the first level.

    There must be rows below (see `has_rows_below`). A lower level has only the data of the row above; its rows are in
    the order of the report. If a report is sorted by any of its keys, each level is sorted by its own keys.
    """
    by, sort, filters = levels_of(question).below(path), question.sort, _filters_below(question, path)
    assert by is not None
    assert filters is not None
    names = [dimension.name for dimension in by]
    if sort is not None and sort.name not in names and sort.name in {each.name for each in question.by}:
        sort = replace(sort, name=names[0])
    level = replace(question, by=by, filters=filters, sort=sort)
    return level if not path else replace(level, limit=min(question.limit or CHILDREN_MAX, CHILDREN_MAX))


def ask_branches(
    source: FactSource, site: Site, question: Question, root: Report, paths: Sequence[RowPath], now: datetime
) -> Branches:
    """Return the rows below the open rows that are shown, for at most `OPEN_MAX` rows.

    `root` has the rows of the first level. A row is shown if the rows above it are open and it is among their rows. For
    people who may not see contacts, rows with masked keys stay closed: their URLs would show the contact.
    """
    below: dict[RowPath, Report] = {}
    shown: set[RowPath] = {row.keys for row in root.rows}
    has_more = False
    for path in sorted(paths, key=len):
        if path not in shown or not has_rows_below(question, path):
            continue
        if len(below) == OPEN_MAX:
            has_more = True
            break
        below[path] = ask(source, site, level_question(question, path), now)
        shown.update((*path, *row.keys) for row in below[path].rows)
    return Branches(below, has_more)


def has_rows_below(question: Question, path: RowPath) -> bool:
    """Return whether a row can be opened.

    There must be a lower level, filters must be able to select the rows below, and no key may be masked for the person.
    In a comparison, a day, week, month or quarter has no rows below: it is compared with an earlier one, but a filter
    by it would remove all data of the compared period.
    """
    levels = levels_of(question)
    if not path or levels.below(path) is None or _filters_below(question, path) is None:
        return False
    placed = list(zip(levels.dimensions, path, strict=False))
    if question.comparison is not None and any(dimension.kind is Kind.CALENDAR for dimension, _ in placed):
        return False
    return not question.hides_contacts or all(key is None or masked_key(each, key) == key for each, key in placed)


def _filters_below(question: Question, path: RowPath) -> tuple[Filter, ...] | None:
    filters: tuple[Filter, ...] | None = question.filters
    for dimension, key in zip(levels_of(question).dimensions, path, strict=False):
        if filters is not None:
            filters = narrowed_filters(filters, dimension, [key])
    return filters
