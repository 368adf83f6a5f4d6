"""The question that a report answers, as sent and as parsed, and what its parser needs to know about a site."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import field
from datetime import date
from enum import StrEnum

from dealtrace.attribution.credit import AttributionModel
from dealtrace.record import record
from dealtrace.reports.dimensions import Dimension, field_dimension, rows_add_up
from dealtrace.reports.filters import (
    FILTERS_MAX,
    Filter,
    Mask,
    escaped_name,
)
from dealtrace.reports.metrics import Metric
from dealtrace.reports.periods import Comparison, Period

BY_MAX = 3
LIMIT_DEFAULT = 1_000
LIMIT_MAX = 10_000
METRICS_MAX = 50
ALL_MODELS = "all"
SEGMENT_OF_SITE = "site"
DESCENDING = "-"
CHANGE_PREFIX = "change:"
"""The prefix of a metric's name in `sort` that sorts by the change in the metric from the compared period.

Ours: it ends with a colon, as the prefixes of custom fields and columns do; no name of a metric has a colon. Rows
are sorted by the difference, not by the percentage, so that a source that lost its only deal does not come first.
"""


class DateOf(StrEnum):
    """The date by which deals are counted: the date of the deal itself, of its lead, or of its last change."""

    DEAL = "deal"
    LEAD = "lead"
    CHANGED = "changed"


@record
class Sort:
    """The order of rows: by a metric, by the change in a metric from the compared period, or by a dimension."""

    name: str
    is_descending: bool
    is_by_change: bool = False


@record
class Question:
    """The parsed parameters of a report. `model` is `None` for all models at once; `limit` is `None` for all rows.

    `pivot` is the dimension whose keys become columns with figures of the first metric, or `None`. `shows_empty_times`
    is true for pages and e-mails, which have rows for times when nothing was counted; see `reading/empty_rows.py`.
    `hides_contacts` is true if the answer is for people who may not see contacts; rows are then sorted by their masked
    keys.
    """

    by: tuple[Dimension, ...]
    metrics: tuple[Metric, ...]
    period: Period
    model: AttributionModel | None
    date_of: DateOf = DateOf.DEAL
    comparison: Comparison | None = None
    filters: tuple[Filter, ...] = ()
    sort: Sort | None = None
    limit: int | None = LIMIT_DEFAULT
    pivot: Dimension | None = None
    shows_empty_times: bool = False
    hides_contacts: bool = False

    @property
    def adds_up(self) -> bool:
        """Return whether counts and sums in the rows, and in the columns of a pivot, add up to the total."""
        return rows_add_up((*self.by, *([self.pivot] if self.pivot is not None else [])))

    def sort_of(self, metric: Metric) -> Sort | None:
        """Return the sort for a table that shows only `metric`; `None` if the sort is by another metric or absent."""
        shown = {metric.name, *(dimension.name for dimension in self.by)}
        return self.sort if self.sort is not None and self.sort.name in shown else None


@record
class RawQuestion:
    """The unparsed parameters of a report, empty if missing; `segment_of` says who owns `segment`."""

    by: str = ""
    pivot: str = ""
    metrics: str = ""
    period: str = ""
    first: str = ""
    last: str = ""
    model: str = ""
    models: str = ""
    date_of: str = ""
    compare: str = ""
    filters: tuple[str, ...] = ()
    segment: str = ""
    segment_of: str = ""
    sort: str = ""
    limit: str = ""


@record
class QuestionContext:
    """The facts about a site that the parser of questions needs: its current date, its attribution model, and more.

    - `fields`: the names of the custom fields.
    - `columns`: the metrics of the site's own report columns, by name.
    - `segments`: the unparsed filters of each segment that the person may use, by the name of the segment.
    - `own_segments`: the names of the segments that belong to the person.
    - `site_segments`: the unparsed filters of each segment that belongs to the site, by the name of the segment.
    - `site_reports`: the questions of the site's saved reports, as query strings.
    - `rows_max`: the maximum number of rows; `None` if all rows may be requested.
    - `filters_max`: the maximum number of filters, not counting those of a segment.

    Three fields are only for people who may not see contacts:

    - `field_titles`: the title to show for each field whose name is hidden, by the name of the field.
    - `mask`: the function that masks the keys that filters compare.
    - `given_filters`: the filters that nevertheless compare unmasked keys (see `with_given_whole`).
    """

    today: date
    model: AttributionModel
    fields: Collection[str] = ()
    columns: Mapping[str, Metric] = field(default_factory=dict)
    segments: Mapping[str, Sequence[str]] = field(default_factory=dict)
    rows_max: int | None = LIMIT_MAX
    field_titles: Mapping[str, str] = field(default_factory=dict)
    own_segments: Collection[str] = ()
    site_segments: Mapping[str, Sequence[str]] = field(default_factory=dict)
    site_reports: Sequence[str] = ()
    given_filters: Collection[Collection[str]] = ()
    mask: Mask | None = None
    filters_max: int = FILTERS_MAX

    def field_dimension(self, name: str) -> Dimension:
        """Return the dimension of a custom field, with the title to show for the field."""
        return field_dimension(name, self.field_titles.get(name, ""))


def format_sort(sort: Sort) -> str:
    """Format the order of rows as a value of the parameter `sort`."""
    start = f"{DESCENDING * sort.is_descending}{CHANGE_PREFIX * sort.is_by_change}"
    return f"{start}{escaped_name(sort.name)}"
