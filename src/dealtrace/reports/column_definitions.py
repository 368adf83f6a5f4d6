"""The columns that a site defines for its reports: formulas, and counts or amounts of deals with certain statuses."""

import re
from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum

from dealtrace.errors import InvalidSetting, InvalidValue
from dealtrace.leads.limits import LABEL_LENGTH_MAX
from dealtrace.printable import check_printable
from dealtrace.record import record
from dealtrace.reports.column_formulas import (
    OPERANDS_MAX,
    SETTING,
    ColumnName,
    FormulaTree,
    MetricName,
    Number,
    format_formula,
    list_operands,
    parse_formula,
    with_column_renamed,
)
from dealtrace.reports.statuses import is_status, status_key

COLUMNS_MAX = 100
"""Ours: the maximum number of columns of a site; a report with more would be unreadable."""
COLUMN_NAME_LENGTH_MAX = 60
STATUSES_OF_A_COLUMN_MAX = 100
RESERVED = ':,|\\"'
"""The characters that a column's name must not have, because they are separators in questions and formulas."""
_PIECE = re.compile(r"(?:\\.|[^,\\]|\\\Z)*")
_ESCAPED = re.compile(r"\\(.)")


class ColumnKind(StrEnum):
    """What a column shows: how many deals have one of its statuses, the sum of their amounts, or a formula."""

    COUNT = "count"
    SUM = "sum"
    FORMULA = "formula"


_FORMATTED = re.compile(rf"(?P<name>[^:]+) \((?P<kind>{'|'.join(ColumnKind)})\): (?P<contents>.+)", re.DOTALL)


@record
class ReportColumn:
    """A column of a site's reports; formula columns have no statuses, and all other columns have no formula.

    Vendor: «Он будет отображаться в отчетах через пользовательские столбцы».
    """

    name: str
    kind: ColumnKind
    statuses: tuple[str, ...] = ()
    formula: FormulaTree | None = None

    @property
    def status_keys(self) -> frozenset[str]:
        """Return the keys (`status_key`) of the column's statuses."""
        return frozenset(map(status_key, self.statuses))


def parse_column_name(text: str) -> str:
    r"""Return the name of a new column, trimmed.

    Ours: the characters in `RESERVED` are not allowed, so that names need no escaping in questions and formulas.

    Raises:
        InvalidSetting: the name is empty or too long, or has a reserved or unprintable character.
    """
    name = text.strip()
    try:
        check_printable(name, COLUMN_NAME_LENGTH_MAX)
    except InvalidValue as fault:
        raise InvalidSetting(key="NAME", ru=fault.ru, en=fault.en) from fault
    if any(sign in name for sign in RESERVED):
        raise InvalidSetting(
            key="NAME",
            ru=f"ожидается имя без {' '.join(RESERVED)}",
            en=f"a name without {' '.join(RESERVED)} is expected",
        )
    return name


def split_statuses(text: str) -> list[str]:
    r"""Return the statuses of a comma-separated list as written; in a status, `\,` is a comma and `\\` a backslash."""
    return [piece for each in _PIECE.findall(text) if (piece := _ESCAPED.sub(r"\1", each).strip())]


def parse_statuses(text: str) -> tuple[str, ...]:
    r"""Parse a comma-separated list of statuses, without duplicates; in a status, `\,` is a comma and `\\` a backslash.

    Raises:
        InvalidSetting: there are no statuses or too many, or a status is a placeholder or too long.
    """
    statuses = tuple({status_key(piece): piece for piece in reversed(split_statuses(text))}.values())[::-1]
    if (
        not 0 < len(statuses) <= STATUSES_OF_A_COLUMN_MAX
        or any(len(each) > LABEL_LENGTH_MAX for each in statuses)
        or not all(map(is_status, statuses))
    ):
        raise InvalidSetting(
            key="--statuses",
            ru=f"ожидается от 1 до {STATUSES_OF_A_COLUMN_MAX} статусов через запятую, "
            f"каждый не длиннее {LABEL_LENGTH_MAX} символов; (not set) означает, что статуса нет",
            en=f"1 to {STATUSES_OF_A_COLUMN_MAX} statuses separated by commas are expected, "
            f"each of {LABEL_LENGTH_MAX} characters at most; (not set) means that there is no status",
        )
    return statuses


def list_in_evaluation_sequence(columns: Iterable[ReportColumn]) -> list[ReportColumn]:
    """List columns so that each comes after the columns that its formula uses.

    Raises:
        InvalidSetting: formulas refer to each other in a cycle, or a formula is too large with its columns expanded.
    """
    by_name = {column.name: column for column in columns}
    sizes: dict[str, int] = {}
    way: list[str] = []

    def follow(name: str) -> int:
        if name in sizes:
            return sizes[name]
        if name in way:
            raise _circle([*way[way.index(name) :], name])
        way.append(name)
        size = sum(follow(named) for named in columns_named_by(by_name[name])) + _own_operands(by_name[name])
        way.pop()
        if size > OPERANDS_MAX:
            raise _too_large(name)
        sizes[name] = size
        return size

    for name in by_name:
        follow(name)
    return [by_name[name] for name in sizes]


def replace_column(columns: Iterable[ReportColumn], name: str, new: ReportColumn) -> list[ReportColumn]:
    """Return a site's columns with `new` instead of the column `name`; formulas that use the column get its new name.

    Raises:
        InvalidSetting: the new name makes a formula too long.
    """
    return [new if each.name == name else _with_renamed(each, name, new.name) for each in columns]


def _with_renamed(column: ReportColumn, name: str, new_name: str) -> ReportColumn:
    if column.formula is None or name == new_name:
        return column
    formula = format_formula(with_column_renamed(column.formula, name, new_name))
    return replace(column, formula=parse_formula(formula))


def contents_of(column: ReportColumn) -> str:
    """Return the formula of a column, or its statuses separated by commas."""
    return format_formula(column.formula) if column.formula is not None else ", ".join(column.statuses)


def format_statuses(statuses: Iterable[str]) -> str:
    """Return statuses as one string, from which `parse_statuses` returns them."""
    return ", ".join(status.replace("\\", "\\\\").replace(",", "\\,") for status in statuses)


def format_column(column: ReportColumn) -> str:
    """Return a column as `NAME (KIND): CONTENTS`; `parse_formatted_column` is the inverse."""
    contents = contents_of(column) if column.formula is not None else format_statuses(column.statuses)
    return f"{column.name} ({column.kind}): {contents}"


def parse_formatted_column(text: str) -> ReportColumn | None:
    """Return the column in a string from `format_column`, or `None` if the string is something else."""
    found = _FORMATTED.fullmatch(text)
    if found is None:
        return None
    kind = ColumnKind(found["kind"])
    try:
        name = parse_column_name(found["name"])
        if kind is ColumnKind.FORMULA:
            return ReportColumn(name, kind, formula=parse_formula(found["contents"]))
        return ReportColumn(name, kind, parse_statuses(found["contents"]))
    except InvalidSetting:
        return None


def columns_named_by(column: ReportColumn) -> list[str]:
    """List the names of the columns that a column's formula uses, with repetitions."""
    return [part.name for part in _operands(column) if isinstance(part, ColumnName)]


def list_columns_that_name(name: str, columns: Iterable[ReportColumn]) -> list[str]:
    """List the names of the columns whose formulas use the column `name`."""
    return [column.name for column in columns if name in columns_named_by(column)]


def _operands(column: ReportColumn) -> list[Number | MetricName | ColumnName]:
    return list_operands(column.formula) if column.formula is not None else []


def _own_operands(column: ReportColumn) -> int:
    """Return how many numbers and metrics a column's formula has, or 1 for a column without a formula."""
    if column.formula is None:
        return 1
    return sum(not isinstance(part, ColumnName) for part in _operands(column))


def _circle(way: list[str]) -> InvalidSetting:
    named = " → ".join(way)
    return InvalidSetting(
        key=SETTING,
        ru=f"столбцы ссылаются друг на друга по кругу: {named}",
        en=f"columns refer to each other in a cycle: {named}",
    )


def _too_large(name: str) -> InvalidSetting:
    return InvalidSetting(
        key=SETTING,
        ru=f"упростите формулу {name}: вместе с формулами столбцов, которые в ней названы, в ней больше {OPERANDS_MAX} "
        "чисел и показателей",
        en=f"simplify the formula of {name}: together with the formulas of the columns that it uses, it has more than "
        f"{OPERANDS_MAX} numbers and metrics",
    )
