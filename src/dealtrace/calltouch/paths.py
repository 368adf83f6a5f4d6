"""The path prefixes of the Calltouch API, and the parameter table of endpoints without parameters."""

import re

from dealtrace.http.parameter_table import ParameterTable

REST = "/calls-service/RestAPI"
REPORT_SERVICE = "/report-service/RestAPI/api"
LEAD_SERVICE = "/lead-service/v1/api"
WIDGET_SERVICE = "/widget-service/v1/api"
TRY = "/api/try"
"""The path prefix of endpoints that show what a registration would do, such as `/api/try/orders/register`."""
SITE_PARAMETER = "siteId"
"""The name of the site id in paths and parameters of this API and of the visit counter, a script for web pages."""
NO_PARAMETERS = ParameterTable(())
_SERVICES = frozenset(prefix.split("/")[1] for prefix in (REST, REPORT_SERVICE, LEAD_SERVICE, WIDGET_SERVICE, TRY))
_WRONG_PATHS = (
    (re.compile("/"), "/docs, /cabinet/"),
    (re.compile(f"{LEAD_SERVICE}/request/import"), f"{LEAD_SERVICE}/request/create"),
    (re.compile(f"{REST}/([0-9]+)/register-lead-dict"), rf"{REST}/requests/\1/register"),
)
"""Paths that people and public clients request by mistake, each with the correct path, or paths."""


def is_of_api(path: str) -> bool:
    """Return whether a path begins as the paths of the Calltouch API do: with the name of one of its services."""
    return path.lstrip("/").partition("/")[0] in _SERVICES


def path_instead_of(path: str) -> str:
    """Return the correct path for a well-known wrong path, or an empty string for other paths."""
    plain = "/" + path.strip("/")
    matches = ((pattern.fullmatch(plain), right) for pattern, right in _WRONG_PATHS)
    return next((match.expand(right) for match, right in matches if match is not None), "")
