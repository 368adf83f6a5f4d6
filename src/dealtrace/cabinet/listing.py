"""What the lists of the cabinet share: what is asked in the address, the period, and where a page begins."""

import re
from datetime import datetime
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from dealtrace.accounts.own_ids import ID_MAX
from dealtrace.accounts.site import Site
from dealtrace.accounts.site_days import day_end, day_start, site_day
from dealtrace.attribution.credit import AttributionModel
from dealtrace.cabinet.reports.choices import Choice, period_choices
from dealtrace.errors import InvalidParameters, Language
from dealtrace.leads.sought import Sought, read_sought
from dealtrace.record import record
from dealtrace.reports.periods import DEFAULT_PRESET, Period
from dealtrace.reports.question import Known, Words, parse_question
from dealtrace.storage.database.column_types import instant, microseconds
from dealtrace.storage.journals.keyset_pages import SortKey

PAGE_ROWS = 50
"""How many rows a page of a list has."""
BEFORE = "before"
SEARCH = "q"
PERIOD = ("period", "from", "to")
_OF_KEY = 2


@record
class Listing:
    """The address of a list: its page, and what it says."""

    page: str
    said: tuple[tuple[str, str], ...]

    def get(self, name: str) -> str:
        """Return a parameter, empty if it is not said."""
        return dict(self.said).get(name, "")

    def link(self, **changed: str) -> str:
        """Return the address with some parameters said otherwise, from the first page on unless `before` is given."""
        said = {name: value for name, value in self.said if name != BEFORE} | changed
        query = urlencode({name: value for name, value in said.items() if value})
        return f"{self.page}?{query}" if query else self.page

    @property
    def before(self) -> SortKey | None:
        """The key that the page continues after, `None` on the first."""
        moment, _, id_ = self.get(BEFORE).partition(".")
        numbers = [part for part in (moment, id_) if re.fullmatch("[0-9]{1,15}|[1-8][0-9]{15}", part, re.ASCII)]
        return SortKey(instant(int(moment)), int(id_)) if len(numbers) == _OF_KEY else None

    def next_page(self, end: SortKey | None) -> str:
        """Return the address of the page behind a key, empty if there is none."""
        return self.link(**{BEFORE: f"{microseconds(end.at)}.{end.id}"}) if end is not None else ""

    @property
    def sought(self) -> Sought | None:
        """What is searched for."""
        return read_sought(self.get(SEARCH), ID_MAX)


def listing_of(page: str, query: QueryParams, names: tuple[str, ...]) -> Listing:
    """Return what an address says of these names and of the period, the search and the page."""
    said = (*PERIOD, SEARCH, *names, BEFORE)
    return Listing(page, tuple((name, query[name].replace("\x00", "")) for name in said if query.get(name)))


@record
class Days:
    """The period of a list: its days, the choices of a form, and what is wrong with what was asked; else empty."""

    period: Period
    choices: tuple[Choice, ...]
    first: str
    last: str
    fault: str
    site: Site

    @property
    def since(self) -> datetime:
        """When the first day begins."""
        return day_start(self.period.first_on, self.site.time_zone)

    @property
    def until(self) -> datetime:
        """When the last day is over."""
        return day_end(self.period.last_on, self.site.time_zone)


def days_of(listing: Listing, site: Site, now: datetime, language: Language) -> Days:
    """Return the period that an address says; the usual one, with the fault, if it cannot be."""
    first, last = listing.get("from"), listing.get("to")
    preset = "" if first or last else listing.get("period") or DEFAULT_PRESET
    known = Known(site_day(now, site.time_zone), AttributionModel(site.attribution))
    try:
        fault, question = "", parse_question(Words(metrics="deals", period=preset, first=first, last=last), known)
    except InvalidParameters as refusal:
        fault, question = refusal.text(language), parse_question(Words(metrics="deals"), known)
    return Days(question.period, period_choices(preset, language), first, last, fault, site)
