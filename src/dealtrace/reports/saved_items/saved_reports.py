"""Saved reports: questions with a name, for all users of a site or for one user."""

from datetime import datetime
from urllib.parse import parse_qsl, urlencode

from dealtrace.record import record
from dealtrace.reports.filters import LIST_SEPARATOR, split_escaped, unescaped
from dealtrace.reports.question import CHANGE_PREFIX, DESCENDING, SEGMENT_OF_SITE

SAVED_REPORTS_MAX = 500
"""Ours: the maximum number of saved reports of one site, including the reports of its users."""
QUERY_LENGTH_MAX = 8_000
"""Ours: the maximum number of characters of a saved report, which is a question as a query string."""

SEGMENT = "segment"
"""The query parameter whose value is the name of a segment."""
SEGMENT_OF = "segment_of"
"""The query parameter that says whose segment is meant."""
FILTER = "filter"
"""The query parameter whose values are filters."""
METRIC_PARAMETERS = ("metrics", "sort", "chart")
"""The query parameters whose values contain names of metrics."""


@record
class SavedReport:
    """A saved report: its name, and its question as a query string.

    `user_id` is the user that owns it, or `None` if it belongs to the whole site. `saved_by` is the user who last
    saved it.
    """

    name: str
    query: str
    user_id: int | None
    saved_by: int | None
    saved_at: datetime


def filters_of_query(query: str) -> tuple[list[str], str]:
    """Return the filters in the query string of a question, and the name of its segment or an empty string."""
    pairs = parse_qsl(query)
    return [text for name, text in pairs if name == FILTER], dict(pairs).get(SEGMENT, "")


def means_sites_segment(query: str) -> bool:
    """Return whether a question means the site's segment, even for a user who has a segment of the same name."""
    return (SEGMENT_OF, SEGMENT_OF_SITE) in parse_qsl(query)


def with_segment_renamed(query: str, name: str, new_name: str) -> str:
    """Return the query string of a question, with the segment `name` replaced by `new_name` if it uses that segment."""
    pairs = parse_qsl(query)
    if (SEGMENT, name) not in pairs:
        return query
    return urlencode([(SEGMENT, new_name) if pair == (SEGMENT, name) else pair for pair in pairs])


def with_metric_renamed(query: str, name: str, new_name: str) -> str:
    """Return the query string of a question, with the metric `name` replaced by `new_name` wherever it occurs."""
    pairs = parse_qsl(query)
    renamed = [
        (parameter, metrics_renamed(text, name, new_name) if parameter in METRIC_PARAMETERS else text)
        for parameter, text in pairs
    ]
    return urlencode(renamed) if renamed != pairs else query


def metrics_renamed(text: str, name: str, new_name: str) -> str:
    """Return `text`, a list of metrics or the metric to sort rows by, with the metric `name` replaced by `new_name`."""
    starts = ("", DESCENDING, CHANGE_PREFIX, f"{DESCENDING}{CHANGE_PREFIX}")
    renamed = {f"{start}{name}": f"{start}{new_name}" for start in starts}
    parts = split_escaped(text, LIST_SEPARATOR)
    return LIST_SEPARATOR.join(renamed.get(unescaped(part.strip()), part) for part in parts)
