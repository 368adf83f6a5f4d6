"""The options `--from` and `--to` of commands, and the period that they define."""

from datetime import date, datetime, timedelta
from typing import Annotated

from dealtrace.accounts.site import Site
from dealtrace.accounts.site_days import day_end, day_start, site_day
from dealtrace.cli.day_options import day_option
from dealtrace.cli.terminal import fail
from dealtrace.record import record
from dealtrace.reports.periods import DAYS_DEFAULT

"""The length of the default period in days, including today."""

FromOption = Annotated[date | None, day_option("The first day; by default 27 days before the last day.", name="--from")]
ToOption = Annotated[date | None, day_option("The last day, inclusive; today by default.", name="--to")]


@record
class ChosenPeriod:
    """A period of days in the site's time zone; `since` and `until` are its start and its end (exclusive) in UTC."""

    first_on: date
    last_on: date
    since: datetime
    until: datetime


def read_period(site: Site, first: date | None, last: date | None, now: datetime) -> ChosenPeriod:
    """Return the period from `first` to `last`; by default the last 28 days, including today."""
    last_on = last if last is not None else site_day(now, site.time_zone)
    first_on = first if first is not None else last_on - timedelta(days=DAYS_DEFAULT - 1)
    check_order(first, last)
    if first_on > last_on:
        fail("--from is after today. Set --to as well.")
    return ChosenPeriod(first_on, last_on, day_start(first_on, site.time_zone), day_end(last_on, site.time_zone))


def check_order(first: date | None, last: date | None) -> None:
    """Print an error and exit with status 1 if the day of `--from` is after the day of `--to`."""
    if first is not None and last is not None and first > last:
        fail("--from is after --to. Set --from to the earlier of the two days.")
