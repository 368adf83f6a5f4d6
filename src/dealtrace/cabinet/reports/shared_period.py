"""Say which period a shared link shows: always the same days, or days that move with the day on which it is opened."""

from collections.abc import Callable

from dealtrace.cabinet.choices import period_label
from dealtrace.cabinet.formats import day
from dealtrace.cabinet.reports.report_url import USUAL, ReportUrl
from dealtrace.dates_and_times import YEAR_FIRST, read_day
from dealtrace.errors import Language

_ONE_DAY = "always %(first)s"
_FIXED = "always %(first)s to %(last)s"
_FROM = "%(first)s to the day on which the link is opened"
_THROUGH = "to %(last)s; the first day moves with time"
_NAMED = "“%(name)s”, counted from the day on which the link is opened"


def shared_period(url: ReportUrl, language: Language, translate: Callable[[str], str]) -> str:
    """Return in words which days a link to the report at `url` shows when somebody opens the link."""
    first, last = (_day_text(url.get(name), language) for name in ("from", "to"))
    name = period_label(url.get("period") or USUAL["period"], language)
    said = _NAMED
    if first:
        said = (_ONE_DAY if first == last else _FIXED) if last else _FROM
    elif last:
        said = _THROUGH
    return translate(said) % {"first": first, "last": last, "name": name}


def _day_text(text: str, language: Language) -> str:
    day_on = read_day(text, YEAR_FIRST)
    return day(language, day_on) if day_on is not None else text
