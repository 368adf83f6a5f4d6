"""Command-line options whose value is a day or a time."""

from datetime import date, datetime, time
from typing import Any

import typer

from dealtrace.dates_and_times import YEAR_FIRST, read_clock, read_instant
from dealtrace.errors import InvalidValue
from dealtrace.reports.periods import parse_day


def day_option(help_text: str, *, name: str) -> Any:  # Any: what `typer.Option` returns
    """Return an option whose value is a day, parsed by `parse_day`."""
    return typer.Option(name, parser=_read_day, metavar="[YYYY-MM-DD]", help=help_text)


def time_option(help_text: str, *, name: str) -> Any:  # Any: what `typer.Option` returns
    """Return an option whose value is a date and time; a day without a time means the start of that day."""
    return typer.Option(name, parser=_read_time, metavar="[YYYY-MM-DD[THH:MM:SS]]", help=help_text)


def _read_day(text: str) -> date:
    try:
        return parse_day(text)
    except InvalidValue as fault:
        raise typer.BadParameter(fault.en) from fault


def _read_time(text: str) -> datetime:
    """Parse the value of an option as a date and time; the result is naive unless the value has a time zone."""
    read = read_clock(text, YEAR_FIRST) or read_instant(text, YEAR_FIRST)
    return read if read is not None else datetime.combine(_read_day(text), time.min)
