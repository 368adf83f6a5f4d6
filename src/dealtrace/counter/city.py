"""The city of an address, by a database that whoever runs the server supplies."""

from functools import cache
from ipaddress import ip_address

import maxminddb

from dealtrace.settings import InvalidSettings, read_settings

VARIABLE = "DEALTRACE_CITY_DATABASE"


@cache
def open_cities() -> maxminddb.Reader | None:
    """Open the database of the settings once; `None` if they name none.

    Raises:
        InvalidSettings: the file is not there, or is no such database.
    """
    path = read_settings().city_database
    if not path:
        return None
    try:
        return maxminddb.open_database(path)
    except (OSError, ValueError, maxminddb.InvalidDatabaseError) as fault:
        cure = "name an MMDB file such as GeoLite2-City.mmdb"
        raise InvalidSettings(f"{VARIABLE}: {path} cannot be read ({fault}); {cure}") from fault


def city_of(ip: str) -> str:
    """Tell the city of an address in small Latin letters, as the vendor does; empty when it is unknown."""
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
