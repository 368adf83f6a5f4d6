"""Format the history of a deal: each version with its time, author and changed values, in the site's time zone."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

import msgspec

from dealtrace.accounts.site import Site
from dealtrace.deals.deal import Deal
from dealtrace.deals.versions import LEAD, MOMENTS, DealVersion

NOTHING = "nothing"


def format_history(site: Site, deal: Deal, versions: Sequence[DealVersion], logins: Mapping[int, str]) -> Iterator[str]:
    """Yield the lines of a deal's history, oldest version first; `logins` has the login of each user by user id."""
    yield f"Deal {deal.id}, number {deal.number}, site {site.id}"
    yield f"Times are in {site.time_zone.key}."
    for version in versions:
        yield ""
        recorded_at, author = format_instant(version.recorded_at, site.time_zone), _author(version, logins)
        yield f"{version.version}. {version.kind}, {recorded_at}, {author}"
        if version.before:
            yield from _format_changes(version, site.time_zone)
        else:
            yield from format_fields(version.after, site.time_zone)


def format_fields(fields: Mapping[str, object], zone: ZoneInfo) -> Iterator[str]:
    """Yield a line for each field that has a value; a field `b` inside a field `a` is named `a.b`."""
    for name, text in _flatten(fields, zone).items():
        yield f"   {name}: {text}"


def format_instant(at: datetime, zone: ZoneInfo) -> str:
    """Format an instant in a time zone as `yyyy-mm-dd hh:mm:ss`."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}"


def _author(version: DealVersion, logins: Mapping[int, str]) -> str:
    if version.user_id is not None:
        return f"user {logins.get(version.user_id, version.user_id)}"
    return f"token {version.token_id}" if version.token_id is not None else "by a command or a new lead"


def _format_changes(version: DealVersion, zone: ZoneInfo) -> Iterator[str]:
    before, after = _flatten(version.before, zone), _flatten(version.after, zone)
    for name in {**before, **after}:
        earlier, later = before.get(name, NOTHING), after.get(name, NOTHING)
        if earlier != later:
            yield f"   {name}: {earlier} → {later}"


def _flatten(fields: Mapping[str, object], zone: ZoneInfo, opening: str = "") -> dict[str, str]:
    """Return the fields that have a value, as strings by dotted path; `opening` is put before each path.

    Whole paths are compared with `LEAD` and `MOMENTS`, since a custom field may have the same name as one of them.
    """
    flat: dict[str, str] = {}
    for name, value in fields.items():
        plain = msgspec.to_builtins(value, builtin_types=(datetime, date))
        if isinstance(plain, Mapping) and opening + name == LEAD:
            flat[LEAD] = f"{'call' if plain['kind'] == 'call' else 'request'} {plain['id']}"
        elif isinstance(plain, Mapping):
            flat |= _flatten(plain, zone, f"{opening}{name}.")
        elif plain not in (None, "", [], ()):
            flat[opening + name] = _format_value(opening + name, plain, zone)
    return flat


def _format_value(name: str, value: object, zone: ZoneInfo) -> str:
    if isinstance(value, str) and name in MOMENTS:
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime):
        return format_instant(value, zone)
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
