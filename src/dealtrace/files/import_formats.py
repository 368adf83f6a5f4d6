"""The formats of imported files: the columns of each kind of record, and how a row is turned into a record."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from dealtrace.errors import InvalidParameters, Violation
from dealtrace.files.cell_types import FieldCell
from dealtrace.files.import_columns import ImportColumn, Layout, RowValues, normalize_heading
from dealtrace.files.row import FileRow
from dealtrace.files.timestamp_cells import utc_of_timestamp
from dealtrace.leads.limits import CUSTOM_VALUE_LENGTH_MAX
from dealtrace.record import record

_FIELD_PREFIX, _FIELD_SUFFIX = "custom[", "]"
_FIELD = FieldCell(CUSTOM_VALUE_LENGTH_MAX)


class ImportNoun(StrEnum):
    """The kinds of record that can be imported."""

    CALL = "call"
    LEAD_REQUEST = "lead_request"
    DEAL = "deal"
    VISIT = "visit"


@record
class ImportFormat:
    """The format of files with records of one kind, and how a row is turned into a record.

    `time_column` has the date and time of the record; the time of day may be in the column `time` instead.
    `other_times` are further columns with times. A row must have a value in one of the columns `any_of`; otherwise it
    is refused with the violation `lacking`. `make` builds the record from the values of a row, with times in UTC,
    or raises `InvalidParameters`. With `has_fields`, the site's custom fields are columns too.
    """

    noun: ImportNoun
    columns: tuple[ImportColumn, ...]
    time_column: str
    make: Callable[[RowValues], object]
    other_times: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()
    lacking: Violation | None = None
    has_fields: bool = True

    def with_fields(self, fields: Iterable[str]) -> tuple[ImportColumn, ...]:
        """Return the columns, followed by columns for a site's custom fields, named as in exports."""
        return (*self.columns, *_field_columns(self.columns, sorted(fields))) if self.has_fields else self.columns

    def plain_headings(self, fields: Iterable[str]) -> set[str]:
        """Return the normalized names of the custom fields, without names that are headings of other columns."""
        return {
            normalize_heading(text)
            for column in self.with_fields(fields)[len(self.columns) :]
            for text in column.headings
        }

    def parse(self, row: FileRow, layout: Layout, time_zone: ZoneInfo) -> object:
        """Return the record in a row; times without an offset are in `time_zone`.

        Raises:
            InvalidParameters: cells are invalid or missing; each violation names the column.
        """
        values = layout.read(row)
        if self.lacking is not None and not any(values.get(name) for name in self.any_of):
            raise InvalidParameters([self.lacking])
        for name in (self.time_column, *self.other_times):
            if name in values:
                time_of_day = values.get("time") if name == self.time_column else None
                values[name] = _instant(layout, name, utc_of_timestamp(values[name], time_of_day, time_zone))
        return self.make(values)


def field_heading(field: str) -> str:
    """Return `custom[name]`, a heading that only this custom field can have."""
    return f"{_FIELD_PREFIX}{field}{_FIELD_SUFFIX}"


def custom_values_of(values: RowValues) -> dict[str, str]:
    """Return the values of the custom fields in a row by the names of the fields, without `custom[…]`."""
    start, end = len(_FIELD_PREFIX), -len(_FIELD_SUFFIX)
    return {name[start:end]: value for name, value in values.items() if name.startswith(_FIELD_PREFIX)}


def _instant(layout: Layout, name: str, at: datetime | None) -> datetime:
    if at is None:
        raise InvalidParameters([Violation(layout.heading_of(name), "нет времени суток", "the time of day is missing")])
    return at


def _field_columns(columns: Sequence[ImportColumn], fields: Sequence[str]) -> list[ImportColumn]:
    """Return a column for each custom field; its headings are `custom[…]` and, unless taken, the name of the field.

    Fields whose names differ only in case or punctuation are left out.
    """
    taken = [normalize_heading(heading) for column in columns for heading in (column.name, *column.headings)]
    names = [normalize_heading(field) for field in fields]
    return [
        ImportColumn(field_heading(field), () if name in taken else (field,), _FIELD, "A custom field.")
        for field, name in zip(fields, names, strict=True)
        if names.count(name) == 1
    ]
