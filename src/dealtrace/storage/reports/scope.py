"""The scope of a report's SQL statements: the period, site, groupings and filters; and the statements' parameters."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from sqlalchemy import BindParameter

from dealtrace.accounts.site import Site
from dealtrace.attribution.credit import AttributionModel
from dealtrace.record import record
from dealtrace.reports.dimensions import Dimension, Kind, rows_add_up
from dealtrace.reports.filters import Filter, Operator, key_of_value
from dealtrace.reports.periods import Period, Span
from dealtrace.reports.question import DateOf
from dealtrace.storage.database.column_types import IN_LIST_MAX, microseconds
from dealtrace.storage.reports.local_time import Offsets, offsets_between, offsets_of_visits
from dealtrace.storage.reports.statement_types import Parameters, parameter

SINCE, UNTIL = "since", "until"
"""The parameters for the bounds of a period: facts are counted from `SINCE` on and before `UNTIL`."""
FIRST_ON, LAST_ON = "first_on", "last_on"
"""The parameters for the ordinals of the first and last day of a period, both included."""
EARLIER_UNTIL, LATER_SINCE = "earlier_until", "later_since"
"""The parameters for the end of the earlier and the beginning of the later of two periods that one statement counts."""
EARLIER_UNTIL_ON, LATER_FIRST_ON = "earlier_until_on", "later_first_on"
"""For costs, the parameters for the day after the earlier and the first day of the later period, as ordinals."""
CLOCK, CLOCK_OF_VISITS = "clock", "clock_of_visits"
"""The names of two `LocalTime` objects: for times within the period, and for times of visits, which may be earlier."""
_OF_COMPARED = "compared_"


@record
class FilterShape:
    """A filter without its values: its position among the filters, and the number of its values.

    `names_nothing` is true if one of the values stands for an unknown value of the dimension.
    """

    place: int
    dimension: Dimension
    operator: Operator
    values: int
    names_nothing: bool

    @property
    def is_list(self) -> bool:
        """Whether all keys are passed as one list, because there are many."""
        return self.values > IN_LIST_MAX

    def parameter(self, number: int = 0) -> str:
        """Return the name of the SQL parameter for one key of the filter, or for the list of all its keys."""
        return f"filter_{self.place}_{number}"


@record
class Shape:
    """The data that determines the SQL text of a report's statements; reports of one shape share this text.

    If `is_compared`, the parameters of the period have other names, so that one statement can count two periods. If
    `is_joint`, the statement counts an earlier period too, and its first column is 1 in rows of the later period.
    """

    by: tuple[Dimension, ...]
    filters: tuple[FilterShape, ...]
    model: AttributionModel
    has_days: bool
    changes: int
    changes_of_visits: int
    is_compared: bool
    is_joint: bool

    def name_of(self, parameter_name: str) -> str:
        """Return the SQL name of a parameter such as `SINCE`; for the compared period, a prefix is added."""
        return f"{_OF_COMPARED}{parameter_name}" if self.is_compared else parameter_name

    def parameter(self, name: str) -> BindParameter[int]:
        """Return a bound of the period, such as `SINCE`, as an SQL parameter."""
        return parameter(self.name_of(name))


@record
class Scope:
    """The site, groupings, filters, period and attribution model of a report, and the date by which deals are counted.

    `visits_since` is when the first visit of the site began; it is `None` if there is no visit, or if the report does
    not need hours of visits, see `needs_hours_of_visits`. `is_compared` is as in `Shape`. `earlier` is the span of an
    earlier period that the same statements count; in this case, both spans have `days`.
    """

    site: Site
    by: tuple[Dimension, ...]
    filters: tuple[Filter, ...]
    span: Span
    model: AttributionModel
    date_of: DateOf
    visits_since: datetime | None
    is_compared: bool = False
    earlier: Span | None = None

    @property
    def whole(self) -> Span:
        """The span from the beginning of the earlier period, if any, to the end of the period."""
        if self.earlier is None or self.earlier.days is None or self.span.days is None:
            return self.span
        days = Period(self.earlier.days.first_on, self.span.days.last_on)
        return Span(self.earlier.since, self.span.until, days)

    @property
    def adds_up(self) -> bool:
        """Whether the rows of the report add up to its total."""
        return rows_add_up(self.by)


def shape_of(scope: Scope) -> Shape:
    """Return the shape of a scope; the shape determines the SQL text of the scope's statements."""
    filters = []
    for place, condition in enumerate(scope.filters):
        keys = _keys(condition)
        named = keys - {None}
        filters.append(FilterShape(place, condition.dimension, condition.operator, len(named), None in keys))
    return Shape(
        scope.by,
        tuple(filters),
        scope.model,
        scope.span.days is not None,
        len(_offsets(scope).changes),
        len(_offsets_of_visits(scope).changes),
        scope.is_compared,
        scope.earlier is not None,
    )


def scope_parameters(scope: Scope) -> Parameters:
    """Return the parameters of a scope's SQL statements, by name, without those from `parameters_of_site`."""
    span, of_scope = scope.whole, shape_of(scope)
    name_of = of_scope.name_of
    given: dict[str, object] = {
        name_of(SINCE): microseconds(span.since),
        name_of(UNTIL): microseconds(span.until),
        **_offsets(scope).parameters(name_of(CLOCK)),
        **_offsets_of_visits(scope).parameters(name_of(CLOCK_OF_VISITS)),
    }
    if span.days is not None:
        first_on, last_on = span.days.first_on.toordinal(), span.days.last_on.toordinal()
        given |= {name_of(FIRST_ON): first_on, name_of(LAST_ON): last_on}
    if scope.earlier is not None:
        given |= _parameters_of_joint(scope.span, scope.earlier)
    for shape, condition in zip(of_scope.filters, scope.filters, strict=True):
        given |= _parameters_of_filter(shape, condition)
    return given


def _parameters_of_joint(later: Span, earlier: Span) -> Parameters:
    assert later.days is not None, "see `Scope`"
    assert earlier.days is not None, "see `Scope`"
    return {
        EARLIER_UNTIL: microseconds(earlier.until),
        LATER_SINCE: microseconds(later.since),
        EARLIER_UNTIL_ON: earlier.days.last_on.toordinal() + 1,
        LATER_FIRST_ON: later.days.first_on.toordinal(),
    }


def _parameters_of_filter(shape: FilterShape, condition: Filter) -> Iterator[tuple[str, object]]:
    named = sorted(_keys(condition) - {None})  # type: ignore[type-var]  # keys of one dimension are of one type
    if shape.is_list:
        yield shape.parameter(), named
    else:
        yield from ((shape.parameter(number), key) for number, key in enumerate(named))


def _keys(condition: Filter) -> set[str | int | None]:
    return {key_of_value(condition.dimension, value) for value in condition.values}


def needs_hours_of_visits(by: Iterable[Dimension], filters: Iterable[Filter]) -> bool:
    """Return whether a report groups or filters by the hour of the visit, which may be long before the period."""
    return any(each.kind is Kind.VISIT_CLOCK for each in (*by, *(condition.dimension for condition in filters)))


def _offsets(scope: Scope) -> Offsets:
    """Return the UTC offsets of a period; those of whole years are cached, because finding them takes long."""
    since, until = scope.whole.since, max(scope.whole.since, scope.whole.until)
    first, end = datetime(since.year, 1, 1, tzinfo=UTC), datetime(until.year + 1, 1, 1, tzinfo=UTC)
    return offsets_between(scope.site.time_zone, first, end).within(since, until)


def _offsets_of_visits(scope: Scope) -> Offsets:
    return offsets_of_visits(scope.site.time_zone, scope.visits_since, scope.span.until)
