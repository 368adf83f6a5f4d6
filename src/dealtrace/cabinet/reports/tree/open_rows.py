"""The open rows of a tree in the URL of a report, and the links that open and close rows."""

from collections.abc import Sequence
from urllib.parse import quote, unquote

from dealtrace.cabinet.labels import unknown_choice
from dealtrace.cabinet.links import URL_LENGTH_MAX
from dealtrace.cabinet.reports.form_fields import MetricChoice
from dealtrace.cabinet.reports.report_url import ReportUrl
from dealtrace.cabinet.reports.tree.levels import RowPath, levels_of
from dealtrace.errors import InvalidParameters
from dealtrace.reports.filters import format_names
from dealtrace.reports.question import Question, format_sort

TREE, YES = "tree", "yes"
"""The parameter that asks for a tree, and its only value."""
OPEN = "open"
"""The parameter with the open rows."""
OPEN_MAX = 20
"""Ours: the maximum number of open rows, since each of them needs a report; the page says so if there are more."""
_MISSING = "."
"""Stands for a missing key; dots in keys are escaped."""
_BETWEEN_ROWS, _BETWEEN_KEYS = ",", "/"


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
    """Return links to the report as a list and as a tree, with these titles; none if the report cannot be a tree."""
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
