"""Change the settings of a site."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import Connection

from dealtrace.accounts.cors_origins import read_origins
from dealtrace.accounts.counter_code import read_counter_code
from dealtrace.accounts.on_off_settings import read_switch, switch_text
from dealtrace.accounts.site import Site
from dealtrace.accounts.site_change import ChangeKind
from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.model_labels import model_key
from dealtrace.errors import InvalidSetting, NameTaken, UnknownSetting
from dealtrace.operations.accounts.record_change import record_change
from dealtrace.operations.accounts.require_site import require_site
from dealtrace.operations.spend_points import lock_registrations
from dealtrace.operations.work import AccountWork
from dealtrace.quota.points import POINTS_MAX, PaidMethod, points_cost
from dealtrace.storage.accounts import sites
from dealtrace.storage.reports.currency_rates import redate_rates
from dealtrace.whole_number import parse_whole_number

COST_PREFIX = "points_cost."
NAME_LENGTH_MAX = 200
UNIQUE_DEPTH_DAYS_MAX = 36_500
TARGET_CALL_SECONDS_MAX = 24 * 3600


def settings_of(site: Site) -> dict[str, str]:
    """Return the settings of a site as strings, by the keys that `change_site_settings` accepts."""
    costs = {f"{COST_PREFIX}{method}": str(points_cost(method, site.point_costs)) for method in PaidMethod}
    return {
        "name": site.name,
        "timezone": site.time_zone.key,
        "contact_matching": switch_text(is_on=site.contact_matching),
        "attribution": str(site.attribution),
        "unique_depth_days": str(site.unique_depth.days if site.unique_depth is not None else 0),
        "target_call_seconds": str(site.target_call // timedelta(seconds=1)),
        "respects_do_not_track": switch_text(is_on=site.respects_do_not_track),
        "points_per_day": str(site.points_per_day),
        "cors_origins": ",".join(site.cors_origins),
        "counter": site.counter_code,
        **costs,
    }


def change_site_settings(work: AccountWork, site_id: int, settings: Mapping[str, str]) -> Site:
    """Change settings of a site, all or none, and return the site; running servers use them within two seconds.

    Each changed setting is recorded with the time and the user who changed it. If the time zone changes, each currency
    rate still begins on the same calendar day.

    Raises:
        SiteNotFound: there is no such site.
        NameTaken: another site has the counter code.
        UnknownSetting: a key is not the name of a setting; the message lists the settings.
        InvalidSetting: a value is not valid; the message says which values are valid.
    """
    if "timezone" in settings:
        lock_registrations(work.at(require_site(work.connection, site_id)))  # as `set_rates` does
    sites.hold_site(work.connection, site_id)
    site = require_site(work.connection, site_id)
    sites.update_site(work.connection, site_id, _read_values(work.connection, site, settings))
    changed = require_site(work.connection, site_id)
    if site.time_zone != changed.time_zone:
        redate_rates(work.connection, site, changed)
    before, after = settings_of(site), settings_of(changed)
    for key in settings:
        record_change(work, site_id, ChangeKind.SETTING, key, before=before[key], after=after[key])
    return changed


def preview_site(connection: Connection, site: Site, settings: Mapping[str, str]) -> Site:
    """Return the site as `change_site_settings` would return it with these settings, without storing anything.

    Raises:
        NameTaken: another site has the counter code.
        UnknownSetting: a key is not the name of a setting; the message lists the settings.
        InvalidSetting: a value is not valid; the message says which values are valid.
    """
    values = _read_values(connection, site, settings)
    fields = dict(_FIELDS[column](value) if column in _FIELDS else (column, value) for column, value in values.items())
    return replace(site, **fields)  # type: ignore[arg-type]  # each value was parsed for its field


def _read_values(connection: Connection, site: Site, settings: Mapping[str, str]) -> dict[str, object]:
    """Return the new values of a site's columns, by column name; `point_costs` has the costs of methods in points."""
    values: dict[str, object] = {}
    costs = dict(site.point_costs)
    for key, text in settings.items():
        if key in _COST_SETTINGS:
            costs[_COST_SETTINGS[key]] = _points(key, text)
        elif key in _SETTINGS:
            column, read = _SETTINGS[key]
            values[column] = read(key, text)
        else:
            raise UnknownSetting(key=key, known=", ".join(SETTING_KEYS))
    check_counter_code(connection, site.id, values.get("counter_code"))
    return {**values, "point_costs": costs}


def list_faults(settings: Mapping[str, str]) -> list[InvalidSetting]:
    """List an error for each invalid value in `settings`, without storing anything.

    Every key must be the name of a setting.
    """
    faults = []
    for key, text in settings.items():
        read = _points if key in _COST_SETTINGS else _SETTINGS[key][1]
        try:
            read(key, text)
        except InvalidSetting as fault:
            faults.append(fault)
    return faults


def check_counter_code(connection: Connection, site_id: int, code: object) -> None:
    """Raise `NameTaken` if another site has the counter code."""
    owner = sites.find_site_of_counter(connection, code) if isinstance(code, str) and code else None
    if owner is not None and owner.id != site_id:
        raise NameTaken(name=f"counter {code}")


def _zone(key: str, text: str) -> str:
    try:
        return ZoneInfo(text).key
    except (ZoneInfoNotFoundError, ValueError, OSError) as fault:
        raise InvalidSetting(
            key=key,
            ru="нет такого часового пояса; пример: Europe/Moscow",
            en="there is no such time zone; use a name such as Europe/Moscow",
        ) from fault


def parser_of_whole_numbers(most: int) -> Callable[[str, str], int]:
    """Return a parser of whole numbers from 0 to `most`; it raises `InvalidSetting` for any other string."""

    def read(key: str, text: str) -> int:
        number = parse_whole_number(text, most)
        if number is None:
            raise InvalidSetting(
                key=key, ru=f"ожидается целое число от 0 до {most}", en=f"a whole number from 0 to {most} is expected"
            )
        return number

    return read


_points = parser_of_whole_numbers(POINTS_MAX)


def read_model(key: str, text: str) -> int:
    """Parse the code of an attribution model.

    Raises:
        InvalidSetting: no model has this code; the message lists the codes.
    """
    codes = [str(model.value) for model in AttributionModel]
    if text not in codes:
        known = ", ".join(f"{model.value} ({model_key(model)})" for model in AttributionModel)
        raise InvalidSetting(
            key=key, ru=f"ожидается код модели: {known}", en=f"the code of a model is expected: {known}"
        )
    return int(text)


def checked_name(key: str, text: str) -> str:
    """Return a name without surrounding spaces.

    Raises:
        InvalidSetting: the name is empty or too long.
    """
    if not 0 < len(text.strip()) <= NAME_LENGTH_MAX:
        raise InvalidSetting(
            key=key,
            ru=f"не может быть пустым или длиннее {NAME_LENGTH_MAX} символов",
            en=f"cannot be empty or longer than {NAME_LENGTH_MAX} characters",
        )
    return text.strip()


_COST_SETTINGS = {f"{COST_PREFIX}{method}": method.value for method in PaidMethod}
_SETTINGS: dict[str, tuple[str, Callable[[str, str], object]]] = {
    "name": ("name", checked_name),
    "contact_matching": ("contact_matching", read_switch),
    "timezone": ("time_zone", _zone),
    "points_per_day": ("points_per_day", _points),
    "attribution": ("attribution", read_model),
    "respects_do_not_track": ("respects_do_not_track", read_switch),
    "unique_depth_days": ("unique_depth_days", parser_of_whole_numbers(UNIQUE_DEPTH_DAYS_MAX)),
    "cors_origins": ("cors_origins", read_origins),
    "counter": ("counter_code", read_counter_code),
    "target_call_seconds": ("target_call_seconds", parser_of_whole_numbers(TARGET_CALL_SECONDS_MAX)),
}
_FIELDS: dict[str, Callable[[object], tuple[str, object]]] = {
    "time_zone": lambda key: ("time_zone", ZoneInfo(str(key))),
    "unique_depth_days": lambda days: ("unique_depth", timedelta(days=int(str(days))) if days else None),
    "target_call_seconds": lambda seconds: ("target_call", timedelta(seconds=int(str(seconds)))),
}
"""For each column, a function that returns the name and the value of the column's `Site` field.

Columns with the same name and type as their field are left out.
"""
SETTING_KEYS = (*_SETTINGS, *_COST_SETTINGS)
"""The names of all settings of a site."""
