"""The open rows of a tree in the URL of a report, and the links that open and close rows."""

from collections.abc import Sequence
from urllib.parse import quote, unquote

from dealtrace.cabinet.field_labels import unknown_choice
from dealtrace.cabinet.links import URL_LENGTH_MAX
from dealtrace.cabinet.reports.form_fields import MetricChoice
from dealtrace.cabinet.reports.report_url import ReportUrl
from dealtrace.cabinet.reports.source_drilldown import LADDER
from dealtrace.errors import InvalidParameters
from dealtrace.reports.question import Question

TREE, YES = "tree", "yes"
"""The parameter that asks for a tree, and its only value."""
OPEN = "open"
"""The parameter with the open rows."""
OPEN_MAX = 20
"""Ours: the maximum number of open rows, since each of them needs a report; the page says so if there are more."""
_MISSING = "."
"""Stands for a missing key; dots in keys are escaped."""
_BETWEEN_ROWS, _BETWEEN_KEYS = ",", "/"
RowPath = tuple[str | None, ...]
"""A row of a tree: its key, after the keys of the rows above it; a missing key is `None`."""


def check_tree(url: ReportUrl) -> None:
    """Check the parameter that asks for a tree.

    Raises:
        InvalidParameters: its value is unknown.
    """
    if url.get(TREE) not in ("", YES):
        raise InvalidParameters([unknown_choice(TREE, url.get(TREE))])


def can_be_tree(question: Question) -> bool:
    """Return whether a report can be a tree: it has several dimensions and one model, and is not a pivot."""
    return len(question.by) > 1 and question.pivot is None and question.model is not None


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


def layout_choices(url: ReportUrl, question: Question, as_list: str, as_tree: str) -> tuple[MetricChoice, ...]:
    """Return links to the report as a list and as a tree, with these titles; none if it cannot be a tree.

    A report by sources alone, which has one level, leads to the tree from sources to campaigns and keywords.
    """
    flat = without_tree(url)
    if can_be_tree(question):
        shows_tree = is_tree(url, question)
        return (
            MetricChoice(as_list, flat.link(), not shows_tree),
            MetricChoice(as_tree, flat.link(**{TREE: YES}), shows_tree),
        )
    names = tuple(dimension.name for dimension in question.by)
    if names != (LADDER[0][0],) or question.pivot is not None or question.model is None:
        return ()
    levels = ",".join((*names, "campaign", "term"))
    return (
        MetricChoice(as_list, flat.link(), is_shown=True),
        MetricChoice(as_tree, flat.link(by=levels, **{TREE: YES}), is_shown=False),
    )


def _link(url: ReportUrl, paths: Sequence[RowPath]) -> str:
    link = url.link(**{OPEN: _BETWEEN_ROWS.join(dict.fromkeys(map(_written, paths)))})
    return link if len(link) <= URL_LENGTH_MAX else ""


def _written(path: RowPath) -> str:
    return _BETWEEN_KEYS.join(_MISSING if key is None else quote(key, safe="").replace(".", "%2E") for key in path)


def _read_key(text: str) -> str | None:
    return None if text == _MISSING else unquote(text)
