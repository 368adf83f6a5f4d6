"""A tree as a table for the template: the rows of the first level, and below each open row the rows of the next one."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from dealtrace.attribution.credit import AttributionModel
from dealtrace.cabinet.formats import number
from dealtrace.cabinet.reports.key_cells import KeyCell
from dealtrace.cabinet.reports.report_url import ReportUrl, narrowed_url
from dealtrace.cabinet.reports.table import (
    TableCell,
    TableHeading,
    TableLine,
    TableLineBuilder,
    Translate,
    headings_of,
    more_rows,
    sorted_column,
)
from dealtrace.cabinet.reports.tree.levels import Level, RowPath, levels_of
from dealtrace.cabinet.reports.tree.open_rows import (
    OPEN_MAX,
    Branches,
    closed,
    has_rows_below,
    level_question,
    opened,
    without_tree,
)
from dealtrace.cabinet.reports.without_contacts import unlinked
from dealtrace.errors import Language, text_in
from dealtrace.record import record
from dealtrace.reports.answer import Report
from dealtrace.reports.filters import format_names
from dealtrace.reports.question import Question
from dealtrace.reports.reading.masking import masked_key

RowsPageOf = Callable[[Question], str]
BETWEEN_KEYS = " / "
"""Separates the keys of a row, and the titles of the dimensions of a level."""


@record
class TreeLine:
    """A line of the tree: a row, or the number of rows that are left out below an open row.

    `level` is 0 for rows of the first level. `id` marks the line in the page. `fold` is the URL that opens the row
    or, if `is_open` is true, closes it; it is empty if there is nothing below. `rest` says how many rows are left out,
    and `rest_url` leads to all of them; `rest` is empty for a row.
    """

    level: int
    id: str
    key: KeyCell
    cells: tuple[TableCell, ...] = ()
    fold: str = ""
    is_open: bool = False
    rest: str = ""
    rest_url: str = ""


@record
class TreeTable:
    """A report as a tree; see `Table` for `total`, `more` and `legend`.

    `keys_heading` names the levels from the first to the last; the other headings are those of values. The rows
    are sorted by the value at `sorted_cell` unless `is_sorted_by_key` is true. `too_many` says that some rows stayed
    closed; it is empty if none did.
    """

    keys_heading: TableHeading
    headings: tuple[TableHeading, ...]
    lines: tuple[TreeLine, ...]
    total: tuple[TableCell, ...]
    rows_shown: int
    rows_total: int
    more: str
    is_sorted_by_key: bool
    sorted_cell: int
    legend: str
    too_many: str

    @property
    def cells_count(self) -> int:
        """Return the number of values of a row."""
        return len(self.headings)


@record
class Tree:
    """A report as a tree, and how a person sees it.

    `question` is the whole question, `root` the report of its first level, and `branches` has those below open rows.
    `rows_page_of` returns the page with the rows behind the figures of a level, empty if these figures have no links.
    """

    question: Question
    root: Report
    branches: Branches
    url: ReportUrl
    rows_page_of: RowsPageOf
    language: Language
    translate: Translate


def tree_table(tree: Tree) -> TreeTable:
    """Return the table of a tree.

    In the keys of rows, contacts are masked for people who may not see them; such a row has no links.
    """
    question, root, url, language = tree.question, tree.root, tree.url, tree.language
    builder = _TreeShaper(tree)
    lines = tuple(builder.lines((), root, builder.top, 0))
    headings = headings_of(question, url, language)
    sorted_at = sorted_column(question)
    levels = " → ".join(
        BETWEEN_KEYS.join(text_in(language, dimension) for dimension in level) for level in levels_of(question).listed
    )
    return TreeTable(
        replace(headings[0], text=levels, meaning=""),
        tuple(headings[len(question.by) :]),
        lines,
        tuple(builder.top.cells(root.total, is_total=True)),
        len(root.rows),
        root.rows_total,
        more_rows(root, url),
        sorted_at < len(question.by),
        sorted_at - len(question.by),
        builder.top.legend if any(cell.mark for line in lines for cell in line.cells) else "",
        tree.translate("At most %(most)s rows can be open at once; the others stayed closed.") % {"most": OPEN_MAX}
        if tree.branches.has_more
        else "",
    )


class _TreeShaper:
    def __init__(self, tree: Tree) -> None:
        self.tree, self.flat, self.levels = tree, without_tree(tree.url), levels_of(tree.question)
        self.model: AttributionModel = next(iter(tree.root.total.values))
        self.top = self._builder((), tree.root)
        self._count = 0

    def _below(self, path: RowPath) -> ReportUrl | None:
        """Return the URL of the report as a list, filtered by the keys of a row and grouped by the level below the row.

        The result is `None` if no URL can express this (see `narrowed_url`).
        """
        url = narrowed_url(self.flat, self.tree.question, zip(self.levels.dimensions, path, strict=False))
        if url is None:
            return None
        level = level_question(self.tree.question, path)
        names = [dimension.name for dimension in level.by]
        is_by_key = level.sort is not None and level.sort.name in names
        return url.with_parameters(by=format_names(names), **({"sort": ""} if is_by_key else {}))

    def lines(self, path: RowPath, report: Report, builder: TableLineBuilder, level: int) -> Iterator[TreeLine]:
        """Yield the lines of a report below the row at `path`; the lines below an open row follow it."""
        for row in report.rows:
            line, place = builder.line(row), (*path, *row.keys)
            if self.tree.question.hides_contacts:
                line = _masked(report.question.by, line)
            branch = self.tree.branches.below.get(place)
            is_open = branch is not None
            self._count += 1
            mark = f"row{self._count}"
            fold = self._fold(place, mark, is_open=is_open)
            yield TreeLine(level, mark, _joined(line.keys), line.cells, fold, is_open)
            if branch is not None:
                yield from self.lines(place, branch, self._builder_below(place, branch), level + 1)
                yield from self._rest(place, branch, level + 1)

    def _builder(self, path: RowPath, report: Report) -> TableLineBuilder:
        rows_page = self.tree.rows_page_of(report.question)
        return TableLineBuilder(
            report, self.model, self._below(path), rows_page, self.tree.language, self.tree.translate
        )

    def _builder_below(self, path: RowPath, branch: Report) -> TableLineBuilder:
        """Return the builder of the rows below a row.

        Its bars and shares refer to the whole report, and it marks no value as the best.
        """
        builder = self._builder(path, branch)
        builder.largest, builder.total = self.top.largest, self.top.total
        builder.best = [None] * len(builder.best)
        return builder

    def _fold(self, path: RowPath, mark: str, *, is_open: bool) -> str:
        if not has_rows_below(self.tree.question, path):
            return ""
        link = closed(self.tree.url, path) if is_open else opened(self.tree.url, path)
        return f"{link}#{mark}" if link else ""

    def _rest(self, path: RowPath, branch: Report, level: int) -> Iterator[TreeLine]:
        """Yield a line with the number of rows left out below an open row, or one that says that there are no rows."""
        left = branch.rows_total - len(branch.rows)
        if left or not branch.rows:
            words = self.tree.translate("and %(count)s more") if left else self.tree.translate("nothing below")
            rest = words % {"count": number(self.tree.language, left)} if left else words
            self._count += 1
            empty = KeyCell("", "", is_missing=False)
            url = self._below(path) if left else None
            link = url.link() if url is not None else ""
            yield TreeLine(level, f"row{self._count}", empty, rest=rest, rest_url=link)


def _masked(level: Level, line: TableLine) -> TableLine:
    """Return a row with contacts in its keys masked; such a row has no links, since any may contain the contact."""
    keys = tuple(
        replace(key, text=masked_key(dimension, key.text)) for dimension, key in zip(level, line.keys, strict=True)
    )
    if keys == line.keys:
        return line
    return TableLine(tuple(replace(key, url="") for key in keys), tuple(map(unlinked, line.cells)))


def _joined(keys: Sequence[KeyCell]) -> KeyCell:
    """Return the keys of a row as one cell, whose link filters by all of them.

    If all keys are missing, the cell has a single label for them.
    """
    is_missing = all(key.is_missing for key in keys)
    shown = keys[:1] if is_missing else keys
    text = BETWEEN_KEYS.join(key.text for key in shown)
    return replace(keys[0], text=text, url=keys[-1].url, is_missing=is_missing)
