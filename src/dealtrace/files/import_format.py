"""What a file can be imported as: the columns of each noun, and how a row becomes a record."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from dealtrace.errors import InvalidParameters, Violation
from dealtrace.files.cell_types import TextCell
from dealtrace.files.columns import Column, Layout, RowValues, normalize_heading
from dealtrace.files.row import Row
from dealtrace.files.timestamps import instant_of
from dealtrace.leads.limits import CUSTOM_VALUE_LENGTH_MAX
from dealtrace.record import record

_FIELD_PREFIX, _FIELD_SUFFIX = "custom[", "]"
_FIELD = TextCell(CUSTOM_VALUE_LENGTH_MAX)


class ImportNoun(StrEnum):
    """What can be imported."""

    CALL = "call"
    LEAD_REQUEST = "lead_request"
    DEAL = "deal"
    VISIT = "visit"


@record
class ImportFormat:
    """How the rows of a file become records of one noun.

    `time_column` is the column with the time of the record, beside which a column may have the time of day;
    `other_times` are columns of further times. `any_of` are columns at least one of which is required, and `lacking`
    is what is wrong with a row that has none. `make` returns the record in a row, given its values by column name,
    instants in UTC; it raises `InvalidParameters`. With `has_fields` the custom fields of the site are columns, too.
    """

    noun: ImportNoun
    columns: tuple[Column, ...]
    time_column: str
    make: Callable[[RowValues], object]
    other_times: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()
    lacking: Violation | None = None
    has_fields: bool = True

    def with_fields(self, fields: Iterable[str]) -> tuple[Column, ...]:
        """Return the columns with those of a site's custom fields, as an export names them, behind the others."""
        return (*self.columns, *_field_columns(self.columns, sorted(fields))) if self.has_fields else self.columns

    def parse(self, row: Row, layout: Layout, time_zone: ZoneInfo) -> object:
        """Return the record in a row; wall clocks are those of `time_zone`.

        Raises:
            InvalidParameters: lists every invalid cell.
        """
        values = layout.read(row)
        if self.lacking is not None and not any(values.get(name) for name in self.any_of):
            raise InvalidParameters([self.lacking])
        for name in (self.time_column, *self.other_times):
            if name in values:
                time_of_day = values.get("time") if name == self.time_column else None
                values[name] = _instant(layout, name, instant_of(values[name], time_of_day, time_zone))
        return self.make(values)


def custom_values_of(values: RowValues) -> dict[str, str]:
    """Return the values of custom fields in a row, by the names of the fields."""
    start, end = len(_FIELD_PREFIX), -len(_FIELD_SUFFIX)
    return {name[start:end]: value for name, value in values.items() if name.startswith(_FIELD_PREFIX)}


def _instant(layout: Layout, name: str, at: datetime | None) -> datetime:
    if at is None:
        raise InvalidParameters([Violation(layout.heading_of(name), "нет времени суток", "the time of day is missing")])
    return at


def _field_columns(columns: Sequence[Column], fields: Sequence[str]) -> list[Column]:
    """Return a column for each custom field; its bare name is a heading, too, unless it means something else.

    Fields whose names differ in case or signs alone are left out: a heading could not tell them apart.
    """
    taken = [normalize_heading(heading) for column in columns for heading in (column.name, *column.headings)]
    names = [normalize_heading(field) for field in fields]
    return [
        Column(f"{_FIELD_PREFIX}{field}{_FIELD_SUFFIX}", () if name in taken else (field,), _FIELD, "A custom field.")
        for field, name in zip(fields, names, strict=True)
        if names.count(name) == 1
    ]
