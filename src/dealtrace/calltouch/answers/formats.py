"""How amounts, times and durations are written in answers, and the types from which `/openapi.json` derives schemas."""

from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo

from msgspec import Meta

from dealtrace.dates_and_times import EPOCH
from dealtrace.http.parameter_table import Sent
from dealtrace.whole_number import ID_MAX

ATTRIBUTION_MODEL_MAX = 6

Id = Annotated[int, Meta(ge=1, le=ID_MAX)]
Count = Annotated[int, Meta(ge=0)]
AttributionModelNumber = Annotated[int, Meta(ge=0, le=ATTRIBUTION_MODEL_MAX)]
SlashedClock = Annotated[str, Meta(pattern="^[0-9]{2}/[0-9]{2}/[0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2}$")]
DottedDay = Annotated[str, Meta(pattern="^[0-9]{2}\\.[0-9]{2}\\.[0-9]{4}$")]
FourDecimals = Annotated[str, Meta(pattern="^-?[0-9]+\\.[0-9]{4}$")]
CallerId = Annotated[str, Meta(pattern="^[0-9a-f]{32}$")]
EmptyList = Annotated[list[str], Meta(max_length=0)]
"""A list that is always empty here; in the vendor's answers it may have items."""

Value = TypeVar("Value")
_STEP = Decimal("0.0001")
_SECOND = timedelta(seconds=1)


def if_requested(sent: Sent, flag: str, value: Value) -> Value | None:
    """Return `value` if the flag named `flag` is set in `sent`, else `None`."""
    return value if sent.get(flag) else None


def four_decimals(amount: Decimal | None) -> str | None:
    """Format an amount with four decimals, such as `6000.0000`, or return `None` if there is no amount."""
    return None if amount is None else f"{amount.quantize(_STEP):f}"


def plain_number(amount: Decimal) -> int | Decimal:
    """Return an amount as an integer if it is whole, else as a decimal without trailing zeros."""
    whole = int(amount)
    return whole if whole == amount else amount.normalize()


def whole_rubles(amount: Decimal | None) -> int | None:
    """Return an amount in whole rubles, rounded half up, or `None` if there is no amount."""
    return None if amount is None else int(amount.to_integral_value(ROUND_HALF_UP))


def utc_of_wall_clock(wall_clock: datetime, time_zone: ZoneInfo) -> datetime:
    """Return the instant in UTC of a naive local time in `time_zone`.

    When clocks change, a time that occurs twice means its first occurrence, and a skipped time is moved forward.
    """
    return wall_clock.replace(tzinfo=time_zone).astimezone(UTC)


def epoch_ms(at: datetime) -> int:
    """Return an instant as milliseconds since 1970, rounded down to whole seconds."""
    return int((at - EPOCH).total_seconds()) * 1000


def epoch_seconds(at: datetime) -> int:
    """Return an instant as seconds since 1970."""
    return epoch_ms(at) // 1000


def dotted_day(at: datetime, time_zone: ZoneInfo) -> str:
    """Format the day of an instant in the site's time zone as `dd.mm.yyyy`."""
    day = at.astimezone(time_zone)
    return f"{day.day:02}.{day.month:02}.{day.year:04}"


def slashed_clock(at: datetime, time_zone: ZoneInfo) -> str:
    """Format an instant in the site's time zone as `dd/mm/yyyy hh:mm:ss`."""
    clock = at.astimezone(time_zone)
    return f"{clock.day:02}/{clock.month:02}/{clock.year:04} {clock.hour:02}:{clock.minute:02}:{clock.second:02}"


def slashed_clock_or_none(at: datetime | None, time_zone: ZoneInfo) -> str | None:
    """Format an instant like `slashed_clock`, or return `None` for `None`."""
    return slashed_clock(at, time_zone) if at is not None else None


def dashed_clock(at: datetime, time_zone: ZoneInfo) -> str:
    """Format an instant in the site's time zone as `yyyy-mm-dd hh:mm:ss`."""
    clock = at.astimezone(time_zone)
    return f"{clock.year:04}-{clock.month:02}-{clock.day:02} {clock.hour:02}:{clock.minute:02}:{clock.second:02}"


def dotted_clock(at: datetime, time_zone: ZoneInfo) -> str:
    """Format an instant in the site's time zone as `dd.mm.yyyy hh:mm:ss`."""
    return f"{at.astimezone(time_zone):%d.%m.%Y %H:%M:%S}"


def whole_seconds(duration: timedelta | None) -> int:
    """Return a duration in whole seconds, or 0 if it is unknown."""
    return duration // _SECOND if duration is not None else 0


def day_first_clock(at: datetime, time_zone: ZoneInfo) -> str:
    """Format an instant in the site's time zone as `dd-mm-yyyy hh:mm:ss`."""
    clock = at.astimezone(time_zone)
    return f"{clock.day:02}-{clock.month:02}-{clock.year:04} {clock.hour:02}:{clock.minute:02}:{clock.second:02}"
