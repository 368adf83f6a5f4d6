"""The URL of a report: it contains the whole question, and each link of the page changes one part of it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from dealtrace.cabinet.carried_parameters import NO_COMPARISON
from dealtrace.files.reports.code_labels import code_of_label
from dealtrace.record import record
from dealtrace.reports.dimensions import Dimension
from dealtrace.reports.filters import (
    FILTERS_MAX,
    LIST_SEPARATOR,
    SEPARATOR,
    Filter,
    Operator,
    escaped,
    escaped_name,
    format_filter,
    searches_texts,
    split_escaped,
)
from dealtrace.reports.metrics import Metric
from dealtrace.reports.periods import DEFAULT_PRESET, MONTHLY_PRESETS, Comparison
from dealtrace.reports.question import (
    ALL_MODELS,
    CHANGE_PREFIX,
    DESCENDING,
    SEGMENT_OF_SITE,
    Question,
    QuestionContext,
    RawQuestion,
)
from dealtrace.reports.reading.masking import masked_filter
from dealtrace.reports.reading.narrowing import is_alternative, narrowed_filters
from dealtrace.reports.saved_items.saved_reports import SavedReport

ONCE = (
    "by",
    "pivot",
    "metrics",
    "period",
    "from",
    "to",
    "model",
    "models",
    "date",
    "compare",
    "side",
    "segment",
    "segment_of",
    "sort",
    "limit",
    "chart",
    "tree",
    "open",
)
"""The parameters that a report's URL contains at most once, in the order that they have in the URL."""
FILTER = "filter"
SHOWN_PERIOD, SHOWN_DATES, SHOWN_DATES_APART = "shown", "dates", ".."
"""The form fields with the period and the dates that the form was shown with, and the separator between the dates."""
SHOWN_SEGMENT = "shown_segment"
"""The form field with the segment that the form was shown with."""
ORDERED = "ordered"
"""The form field with the metrics in the order in which they were shown."""
USUAL = {
    "by": "source,medium",
    "metrics": "visits,leads,deals,won,amount,cost,drr",
    "period": DEFAULT_PRESET,
    "limit": "100",
}
"""The default values of parameters that are missing in the URL."""
DEFAULTS_WRITTEN_OUT = {name: value for name, value in USUAL.items() if name != "limit"}
"""The defaults written into saved questions; `limit` is left out, so that files of saved reports have all rows."""


@record
class ReportUrl:
    """The URL of a report: the path of its page, and the question as `parameters` and `filters`."""

    page: str
    parameters: tuple[tuple[str, str], ...]
    filters: tuple[str, ...]

    def get(self, name: str) -> str:
        """Return a parameter, or an empty string if it is missing."""
        return dict(self.parameters).get(name, "")

    def of_days(self, metric: Metric, first_on: date, last_on: date) -> str:
        """Return the URL of the report of a metric by the days of a period, without filters."""
        days = {"first": first_on.isoformat(), "last": last_on.isoformat()}
        return ReportUrl(self.page, (), ()).link(by="day", metrics=escaped_name(metric.name), **days)

    def link(self, **changed: str) -> str:
        """Return the URL with some parameters changed; `from` and `to` are passed as `first` and `last`."""
        query = self.with_parameters(**changed).query
        return f"{self.page}?{query}" if query else self.page

    @property
    def query(self) -> str:
        """Return the question as a query string."""
        parameters = dict(self.parameters)
        without = ("segment_of",) if not parameters.get("segment") else ()
        pairs = [(name, parameters[name]) for name in ONCE if parameters.get(name) and name not in without]
        return urlencode([*pairs, *((FILTER, text) for text in self.filters)])

    def with_parameters(self, **changed: str) -> "ReportUrl":
        """Return a copy with some parameters changed; `from` and `to` are passed as `first` and `last`."""
        names = {"first": "from", "last": "to"}
        parameters = dict(self.parameters) | {names.get(name, name): value for name, value in changed.items()}
        return ReportUrl(self.page, tuple(parameters.items()), self.filters)

    def written_out(self, usual: Mapping[str, str]) -> "ReportUrl":
        """Return a copy with `usual` values for missing parameters, so that changed defaults do not affect it."""
        has_days = self.get("from") or self.get("to")
        missing = {name: value for name, value in usual.items() if not self.get(name)}
        if "compare" in missing:
            missing["compare"] = self.usual_comparison(**usual)
        return self.with_parameters(
            **{name: value for name, value in missing.items() if name != "period" or not has_days}
        )

    def without_filter(self, text: str) -> "ReportUrl":
        """Return the URL of the report without the filter `text`."""
        return ReportUrl(self.page, self.parameters, tuple(other for other in self.filters if other != text))

    def with_other_filter(self, text: str, other: str) -> "ReportUrl":
        """Return a copy of this report URL in which the filter `other` replaces the filter `text`."""
        filters = dict.fromkeys(other if each == text else each for each in self.filters)
        return ReportUrl(self.page, self.parameters, tuple(filters))

    def with_sites_segment(self) -> "ReportUrl":
        """Return a copy that uses the site's segment, even for people who have a segment with the same name."""
        return self.with_parameters(segment_of=SEGMENT_OF_SITE) if self.get("segment") else self

    def filters_of_segment(self, known: QuestionContext) -> Sequence[str]:
        """Return the unparsed filters of the segment that the URL names; none if there is no such segment."""
        segments = known.site_segments if self.get("segment_of") else known.segments
        return segments.get(self.get("segment"), ())

    def at(self, page: str) -> "ReportUrl":
        """Return the URL of another page, with the same parameters and filters."""
        return ReportUrl(page, self.parameters, self.filters)

    def sorted_by(self, name: str, *, is_rising_first: bool = False) -> str:
        """Return the URL of the report sorted by a column: descending, or ascending if it is already descending.

        `is_rising_first` swaps the two orders.
        """
        first, second = (name, f"{DESCENDING}{name}") if is_rising_first else (f"{DESCENDING}{name}", name)
        return self.link(sort=second if self.get("sort") == first else first)

    def usual_comparison(self, **usual: str) -> str:
        """Return the comparison that applies if the URL has none: `MONTHS` for a month, else the one in `usual`."""
        has_days = self.get("from") or self.get("to")
        is_month = not has_days and (self.get("period") or usual.get("period")) in MONTHLY_PRESETS
        return Comparison.MONTHS if is_month else usual.get("compare", "")

    def comparison(self, **usual: str) -> str:
        """Return the comparison of this URL, or an empty string for none; see `usual_comparison`."""
        stated = self.get("compare") or self.usual_comparison(**usual)
        return stated if stated != NO_COMPARISON else ""

    def raw_question(self, **usual: str) -> RawQuestion:
        """Return the question in this URL, as strings; a parameter that the URL lacks has its value from `usual`.

        A month is compared with the month before, unless the URL says otherwise.
        """
        parameters: Mapping[str, str] = {**usual, **{name: value for name, value in self.parameters if value}}
        return RawQuestion(
            by=parameters.get("by", ""),
            pivot=parameters.get("pivot", ""),
            metrics=parameters.get("metrics", ""),
            period=parameters.get("period", "") if not (parameters.get("from") or parameters.get("to")) else "",
            first=parameters.get("from", ""),
            last=parameters.get("to", ""),
            model=parameters.get("model", "") if not parameters.get("models") else "",
            models=parameters.get("models", ""),
            date_of=parameters.get("date", ""),
            compare=self.comparison(**usual),
            filters=self.filters,
            segment=parameters.get("segment", ""),
            segment_of=parameters.get("segment_of", ""),
            sort=parameters.get("sort", ""),
            limit=parameters.get("limit", ""),
        )


NEW_FILTER = ("filter_dimension", "filter_operator", "filter_value")
"""The form fields that add a filter."""


def new_filter_of(query: QueryParams) -> str:
    """Return the filter that a form adds, written `dimension:operator:value`; empty if it adds none.

    A value, or an unknown operator, without a dimension becomes a filter that is later refused for lack of one. A label
    that pages show instead of a code, such as “Monday”, means its code, and “is” without a value means “is empty”.
    """
    dimension, operator, value = (query.get(name, "") for name in NEW_FILTER)
    if not dimension and (value or operator not in ("", *Operator)):
        return f"{SEPARATOR}{operator}{SEPARATOR}{escaped(value)}"
    if not dimension:
        return ""
    written = f"{dimension}{SEPARATOR}{operator}"
    takes_value = operator not in tuple(Operator) or Operator(operator).takes_value
    if operator == Operator.IS and not value.strip():
        return f"{dimension}{SEPARATOR}{Operator.EMPTY}"
    if operator != Operator.CONTAINS:
        value = code_of_label(dimension, value)
    return f"{written}{SEPARATOR}{escaped(value)}" if takes_value else written


def report_url_of(page: str, query: QueryParams, *, is_compared: bool = False) -> ReportUrl:
    """Return the URL of the report page `page` with the question in `query`, the parameters of a link or a sent form.

    Unlike a link, a form has a field for each item of a list, “all models” as a value of `model`, three fields for
    a new filter, and hidden fields with the period and the dates that it was shown with. If it showed days without a
    comparison and a person then chooses a month, the month is not compared either: a form never turns on a comparison
    that it did not show. `is_compared` is true if the page compares days unless the URL says otherwise.
    """
    left_out = _left_behind(query)
    parameters = tuple(
        (name, LIST_SEPARATOR.join(_added_metrics_last(name, query)))
        for name in ONCE
        if name in query and name not in left_out
    )
    parameters = tuple(
        ("models", value) if (name, value) == ("model", ALL_MODELS) else (name, value) for name, value in parameters
    )
    if not is_compared and not query.get("compare") and _is_new_month(query):
        parameters = (*((name, value) for name, value in parameters if name != "compare"), ("compare", NO_COMPARISON))
    filters = dict.fromkeys([*query.getlist(FILTER), new_filter_of(query)])
    return ReportUrl(page, parameters, tuple(text for text in filters if text))


def _left_behind(query: QueryParams) -> tuple[str, ...]:
    """Return the names of a form's fields that still belong to the former period, segment or columns.

    If a person chooses a named period while the form still has the dates of the former one, the named period counts. If
    a person compared days with the days before and then chooses a month, the month is compared with the month before.
    A table is no longer sorted by a column that it lost.
    """
    is_compared_before = _is_new_month(query) and query.get("compare") == Comparison.PREVIOUS
    is_other_segment = query.get("segment", "") != query.get(SHOWN_SEGMENT, query.get("segment", ""))
    return (
        *(("from", "to") if _has_old_dates(query) else ()),
        *(("compare",) if is_compared_before else ()),
        *(("segment_of",) if is_other_segment else ()),
        *(("sort",) if _sorts_by_lost_column(query) else ()),
    )


def _has_old_dates(query: QueryParams) -> bool:
    """Return whether a sent form has a named period, but still the dates that it was shown with."""
    dates = query.get("from", ""), query.get("to", "")
    is_as_shown = query.get(SHOWN_DATES) == SHOWN_DATES_APART.join(dates)
    return bool(query.get("period")) and any(dates) and is_as_shown


def _is_new_month(query: QueryParams) -> bool:
    """Return whether a person has chosen a month in a form that was shown with other days."""
    period = query.get("period", "")
    has_dates = bool(query.get("from") or query.get("to")) and not _has_old_dates(query)
    is_from_days = query.get(SHOWN_PERIOD, period) not in MONTHLY_PRESETS
    return period in MONTHLY_PRESETS and is_from_days and not has_dates


def _sorts_by_lost_column(query: QueryParams) -> bool:
    """Return whether a sent form still sorts by a column, or by the changes in a column, that the report lost."""
    if ORDERED not in query:
        return False
    name = query.get("sort", "").removeprefix(DESCENDING)
    is_compared = query.get("compare", "") not in ("", NO_COMPARISON) or query.get("period", "") in MONTHLY_PRESETS
    if name.startswith(CHANGE_PREFIX) and not (is_compared and query.get("compare", "") != NO_COMPARISON):
        return True
    return name.removeprefix(CHANGE_PREFIX) not in (*query.getlist("metrics"), *query.getlist("by"))


def report_url_at(page: str, query: str) -> ReportUrl:
    """Return the URL of the page `page` with a stored or sent query string."""
    pairs = [(name, value.replace("\0", "")) for name, value in QueryParams(query).multi_items()]
    return report_url_of(page, QueryParams(pairs))


def saved_report_url(page: str, report: SavedReport) -> ReportUrl:
    """Return the URL of a saved report; if all users see the report, its segment is the site's.

    Without this, people who have their own segment of the same name would see other figures.
    """
    url = report_url_at(page, report.query)
    return url.with_sites_segment() if report.user_id is None else url


def report_url_of_question(page: str, question: RawQuestion) -> ReportUrl:
    """Return the URL of the page `page` with the parameters of `question`."""
    named = {"from": question.first, "to": question.last, "date": question.date_of}
    parameters = ((name, named.get(name) or str(getattr(question, name, ""))) for name in ONCE)
    return ReportUrl(page, tuple((name, value) for name, value in parameters if value), question.filters)


def _added_metrics_last(name: str, query: QueryParams) -> list[str]:
    """Return the non-empty values of a parameter. Metrics just added come last; all other values keep their order.

    Ours: the first metric sorts the table and is drawn in the chart, and a person who adds a column asks for neither.
    """
    values = [part for part in query.getlist(name) if part]
    if name != "metrics" or ORDERED not in query:
        return values
    before = split_escaped(query[ORDERED], LIST_SEPARATOR)
    return sorted(values, key=lambda value: before.index(value) if value in before else len(before))


def narrowed_url(
    url: ReportUrl, question: Question, placed: Iterable[tuple[Dimension, str | None]]
) -> ReportUrl | None:
    """Return the URL of a report that keeps only the data with these keys; `question` is what the report at `url` asks.

    `placed` has dimensions, each with a key of a row. If the segment of the report has positive filters of one of the
    dimensions, the URL has the other filters of the segment instead of its name. The result is `None` if no URL can
    express this, or if the URL would show contacts that the person may not see. It is also `None` if the new
    report would find less data for this person than it should: once a filter is removed from a report that an analyst
    saved for everybody, the other filters compare masked keys (see `with_given_whole`).
    """
    filters = question.filters
    of_segment = _of_segment(url, filters)
    is_written_out = len(filters) - len(of_segment) < len(url.filters)
    for dimension, key in placed:
        is_written_out = is_written_out or any(is_alternative(each, dimension) for each in of_segment)
        narrowed = narrowed_filters(filters, dimension, [key])
        if narrowed is None:
            return None
        filters = narrowed
    if question.hides_contacts and not set(question.filters) <= set(filters) and any(map(_searches_whole, filters)):
        return None
    if not is_written_out:
        return replace(url, filters=_formatted(each for each in filters if each not in of_segment))
    texts = _formatted(filters)
    may_see = not question.hides_contacts or not any(_finds_less(each) for each in of_segment)
    return replace(url.with_parameters(segment=""), filters=texts) if may_see and len(texts) <= FILTERS_MAX else None


def _of_segment(url: ReportUrl, filters: Iterable[Filter]) -> list[Filter]:
    """Return the filters that come from the segment: those that the URL does not contain, or contains less often."""
    if not url.get("segment"):
        return []
    typed, found = Counter(url.filters), []
    for condition in filters:
        text = format_filter(condition)
        if typed[text]:
            typed[text] -= 1
        else:
            found.append(condition)
    return found


def _finds_less(condition: Filter) -> bool:
    """Return whether a filter would show contacts in the URL, or find less for people who may not see contacts."""
    text = format_filter(condition)
    return masked_filter(text) != text or _searches_whole(condition)


def _searches_whole(condition: Filter) -> bool:
    """Return whether a filter searches for a part of the stored strings, in which contacts are not masked."""
    return searches_texts(condition) and not condition.is_masked


def _formatted(filters: Iterable[Filter]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(format_filter, filters)))


def key_pairs(keys: Iterable[str | None]) -> list[tuple[str, str]]:
    """Return the keys of a row as URL parameters named `key`; a missing key becomes an empty value."""
    return [("key", key if key is not None else "") for key in keys]
