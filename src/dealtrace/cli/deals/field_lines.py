"""Format the fields of a deal or of a version of a deal as lines, in the site's time zone."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

import msgspec

from dealtrace.deals.versions import LEAD, TIME_FIELDS


def format_fields(fields: Mapping[str, object], zone: ZoneInfo) -> Iterator[str]:
    """Yield a line for each field that has a value; a field `b` inside a field `a` is named `a.b`."""
    for name, text in flatten(fields, zone).items():
        yield f"   {name}: {text}"


def format_instant(at: datetime, zone: ZoneInfo) -> str:
    """Format an instant in a time zone as `yyyy-mm-dd hh:mm:ss`."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}"


def flatten(fields: Mapping[str, object], zone: ZoneInfo, opening: str = "") -> dict[str, str]:
    """Return the fields that have a value, as strings by dotted path; `opening` is put before each path.

    Whole paths are compared with `LEAD` and `TIME_FIELDS`, since a custom field may have the same name as one of them.
    """
    flat: dict[str, str] = {}
    for name, value in fields.items():
        plain = msgspec.to_builtins(value, builtin_types=(datetime, date))
        if isinstance(plain, Mapping) and opening + name == LEAD:
            flat[LEAD] = f"{'call' if plain['kind'] == 'call' else 'request'} {plain['id']}"
        elif isinstance(plain, Mapping):
            flat |= flatten(plain, zone, f"{opening}{name}.")
        elif plain not in (None, "", [], ()):
            flat[opening + name] = _format_value(opening + name, plain, zone)
    return flat


def _format_value(name: str, value: object, zone: ZoneInfo) -> str:
    if isinstance(value, str) and name in TIME_FIELDS:
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime):
        return format_instant(value, zone)
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
