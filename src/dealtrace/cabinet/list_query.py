"""Code that all lists of the cabinet share: parameters in the URL, the period, and paging."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from dealtrace.accounts.site import Site
from dealtrace.accounts.site_days import day_end, day_start, site_day
from dealtrace.attribution.credit import AttributionModel
from dealtrace.cabinet.carried_parameters import QUESTION, unknown_carried
from dealtrace.cabinet.choices import SelectOption, period_choices
from dealtrace.cabinet.labels import LABELS, unknown_choice
from dealtrace.errors import InvalidParameters, Language, Violation
from dealtrace.leads.search_field import SearchText, parse_search
from dealtrace.record import record
from dealtrace.reports.periods import DEFAULT_PRESET, Period
from dealtrace.reports.question import QuestionContext, RawQuestion
from dealtrace.reports.question_parser import parse_question
from dealtrace.storage.database.column_types import instant, microseconds
from dealtrace.storage.journals.deals_by_amount import AmountKey
from dealtrace.storage.journals.keyset_pages import SortKey

PAGE_ROWS = 50
"""The number of rows on a page of a list."""
BEFORE = "before"
SEARCH = "q"
UNUSABLE = "unusable"
"""The value of the parameter `contact` that lists only rows with a phone or e-mail that matching cannot use."""
PERIOD = ("period", "from", "to")
FilterLabels = Mapping[str, tuple[str, Mapping[str, str]]]
"""For each filter of a list, the English label of its field on the page, and English words for its values.

A filter without such words accepts any text.
"""
_BY_AMOUNT = "amount:"
"""The prefix of page keys in lists sorted by amount; it distinguishes them from page keys in lists sorted by time."""
_NO_AMOUNT = "none"


def _is_number(text: str) -> bool:
    """Return whether a part of a page key is a whole number that is small enough for an id and for an instant."""
    return re.fullmatch("[0-9]{1,15}|[1-8][0-9]{15}", text, re.ASCII) is not None


@record
class ListQuery:
    """A list of the cabinet: its path, and the URL parameters for the period, search, filters and paging."""

    page: str
    parameters: tuple[tuple[str, str], ...]

    def get(self, name: str) -> str:
        """Return a parameter, or an empty string if it is missing."""
        return dict(self.parameters).get(name, "")

    def link(self, **changed: str) -> str:
        """Return the URL with some parameters changed; it leads to the first page, unless `before` is given."""
        parameters = {name: value for name, value in self.parameters if name != BEFORE} | changed
        query = urlencode({name: value for name, value in parameters.items() if value})
        return f"{self.page}?{query}" if query else self.page

    @property
    def before(self) -> SortKey | None:
        """Return the sort key after which the page begins, or `None` for the first page."""
        at, _, id_ = self.get(BEFORE).partition(".")
        return SortKey(instant(int(at)), int(id_)) if _is_number(at) and _is_number(id_) else None

    @property
    def before_amount(self) -> AmountKey | None:
        """Return the key after which a page of a list sorted by amount begins, or `None` for the first page."""
        amount, _, id_ = self.get(BEFORE).removeprefix(_BY_AMOUNT).partition(".")
        is_amount = (
            amount == _NO_AMOUNT
            or re.fullmatch("-?(?:[0-9]{1,18}|[1-8][0-9]{18}|90{18})", amount, re.ASCII) is not None
        )
        if not self.get(BEFORE).startswith(_BY_AMOUNT) or not _is_number(id_) or not is_amount:
            return None
        return AmountKey(int(amount) if amount != _NO_AMOUNT else None, int(id_))

    def file(self, extension: str) -> str:
        """Return the URL of the whole list as a file with this extension."""
        return replace(self, page=f"{self.page}{extension}").link()

    def next_page(self, end: SortKey | AmountKey | None) -> str:
        """Return the URL of the page that begins after the key `end`, or an empty string if `end` is `None`."""
        match end:
            case None:
                return ""
            case SortKey():
                return self.link(**{BEFORE: f"{microseconds(end.at)}.{end.id}"})
            case AmountKey():
                amount = end.amount if end.amount is not None else _NO_AMOUNT
                return self.link(**{BEFORE: f"{_BY_AMOUNT}{amount}.{end.id}"})

    def previous_page(self, key: SortKey | AmountKey | None) -> str:
        """Return the URL of the previous page, which begins after `key`, or at the start if `key` is `None`."""
        return self.next_page(key) or self.link()

    @property
    def search(self) -> SearchText | None:
        """Return the search term, or `None` if there is no search."""
        return parse_search(self.get(SEARCH))


def list_query_of(page: str, query: QueryParams, names: tuple[str, ...]) -> ListQuery:
    """Return the list at a path, with the parameters of its URL; `names` are the parameters that only this list has."""
    known_names = (*PERIOD, *QUESTION, SEARCH, *names, BEFORE)
    return ListQuery(page, tuple((name, query[name]) for name in known_names if query.get(name)))


@record
class SortHeading:
    """The heading of a sortable column: the link that sorts the list by the column, and the current order.

    `url` is empty if the list cannot be sorted by the column. `sorting` is a value of `aria-sort`, empty if the list is
    not sorted by this column.
    """

    url: str
    sorting: str


@record
class ListPeriod:
    """The period of a list, and the form fields that set it.

    `names` are the parameters of the period, its first day and its last day. `refusal` says which parameters of the
    list are invalid, or is `None`; a list that is refused has no rows.
    """

    period: Period
    choices: tuple[SelectOption, ...]
    first: str
    last: str
    refusal: InvalidParameters | None
    site: Site
    names: tuple[str, str, str] = PERIOD

    @property
    def since(self) -> datetime:
        """Return the time at which the first day of the period starts in the site's time zone."""
        return day_start(self.period.first_on, self.site.time_zone)

    @property
    def until(self) -> datetime:
        """Return the time at which the last day of the period ends in the site's time zone."""
        return day_end(self.period.last_on, self.site.time_zone)


def days_of(list_query: ListQuery, site: Site, now: datetime, language: Language, filters: FilterLabels) -> ListPeriod:
    """Return the period in the URL of a list, and the refusal of the list if the period or a filter is invalid."""
    first, last = list_query.get("from"), list_query.get("to")
    preset = "" if first or last else list_query.get("period") or DEFAULT_PRESET
    context = QuestionContext(site_day(now, site.time_zone), AttributionModel(site.attribution))
    violations = [*_invalid_filters(list_query, filters), *unknown_carried(dict(list_query.parameters))]
    try:
        question = parse_question(RawQuestion(metrics="deals", period=preset, first=first, last=last), context)
    except InvalidParameters as refusal:
        violations = [*refusal.violations, *violations]
        question = parse_question(RawQuestion(metrics="deals"), context)
    refused = InvalidParameters(violations) if violations else None
    return ListPeriod(question.period, period_choices(preset, language), first, last, refused, site)


def _invalid_filters(list_query: ListQuery, filters: FilterLabels) -> list[Violation]:
    """List the filters in the URL with values that the page does not offer; ignoring them would list too many rows."""
    stated = [(name, list_query.get(name)) for name, (_, labels) in filters.items() if labels]
    return [unknown_choice(name, text) for name, text in stated if text and text not in filters[name][1]]


def labels_of(filters: FilterLabels) -> Mapping[str, str]:
    """Return the English labels of the fields of a list's form."""
    return {**LABELS, **{name: label for name, (label, _) in filters.items()}}
