"""Look up the city of an IP address in an MMDB file that the operator supplies."""

from functools import cache
from ipaddress import ip_address

import maxminddb

from dealtrace.settings import InvalidSettings, read_settings

VARIABLE = "DEALTRACE_CITY_DATABASE"


@cache
def open_cities() -> maxminddb.Reader | None:
    """Return the cached reader of the MMDB file in the settings, or `None` if the settings have no such file.

    Raises:
        InvalidSettings: the file is missing or is not an MMDB file.
    """
    path = read_settings().city_database
    if not path:
        return None
    try:
        return maxminddb.open_database(path)
    except (OSError, ValueError, maxminddb.InvalidDatabaseError) as fault:
        cure = "set it to the path of an MMDB file such as GeoLite2-City.mmdb"
        raise InvalidSettings(f"{VARIABLE}: {path} cannot be read ({fault}); {cure}") from fault


def city_of(ip: str) -> str:
    """Return the English name of an IP address's city in lower case, or an empty string if the city is unknown."""
    cities = open_cities()
    if cities is None:
        return ""
    try:
        found = cities.get(ip_address(ip))
    except (ValueError, maxminddb.InvalidDatabaseError):
        return ""
    match found:
        case {"city": {"names": {"en": str(name)}}}:
            return name.lower()
        case _:
            return ""
