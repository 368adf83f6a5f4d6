"""The days on which the forecast of a form tries changed settings."""

from datetime import datetime, timedelta

from dealtrace.accounts.site import Site
from dealtrace.accounts.site_days import day_end, day_start, site_day
from dealtrace.cabinet.choices import SelectOption, choices_among
from dealtrace.cabinet.formats import day
from dealtrace.cabinet.view import View
from dealtrace.errors import Language
from dealtrace.operations.what_if.try_settings import TriedDays

FIELD = "tried_days"
"""The field of forms with the number of days."""
_CHOICES = {
    "7": ("7 дней", "7 days"),
    "28": ("28 дней", "28 days"),
    "90": ("90 дней", "90 days"),
    "366": ("366 дней", "366 days"),
}
DEFAULT = "28"
assert DEFAULT in _CHOICES
DAYS_MAX = 366
"""Ours: the page tries rules on a leap year at most, so that its file of all changed deals takes minutes at most."""


def days_choices(view: View) -> tuple[SelectOption, ...]:
    """Return the numbers of days that a form offers."""
    return choices_among(_chosen(view), _CHOICES, view.language)


def last_days(view: View, site: Site, now: datetime) -> TriedDays:
    """Return the last days of a site, including today: the number chosen in the form, or 28."""
    last_on = site_day(now, site.time_zone)
    first_on = last_on - timedelta(days=int(_chosen(view)) - 1)
    return TriedDays(first_on, last_on, day_start(first_on, site.time_zone), day_end(last_on, site.time_zone))


def days_label(days: TriedDays, language: Language) -> str:
    """Return the first and the last day, with a dash between them."""
    return f"{day(language, days.first_on)} – {day(language, days.last_on)}"


def _chosen(view: View) -> str:
    sent = view.form.get(FIELD)
    return sent if sent in _CHOICES else DEFAULT
