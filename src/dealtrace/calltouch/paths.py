"""The path prefixes of the Calltouch API, and the parameter table of endpoints without parameters."""

import re

from dealtrace.http.parameters import ParameterTable

REST = "/calls-service/RestAPI"
REPORT_SERVICE = "/report-service/RestAPI/api"
LEAD_SERVICE = "/lead-service/v1/api"
WIDGET_SERVICE = "/widget-service/v1/api"
TRY = "/api/try"
"""The path prefix of endpoints that show what a registration would do, such as `/api/try/orders/register`."""
NO_PARAMETERS = ParameterTable(())
_WRONG_PATHS = (
    (re.compile(f"{LEAD_SERVICE}/request/import"), f"{LEAD_SERVICE}/request/create"),
    (re.compile(f"{REST}/([0-9]+)/register-lead-dict"), rf"{REST}/requests/\1/register"),
)
"""Paths that public clients request although Calltouch does not document them, and the paths they need."""


def path_instead_of(path: str) -> str:
    """Return the path that callers of a well-known wrong path need, or an empty string for other paths."""
    plain = "/" + path.strip("/")
    matches = ((pattern.fullmatch(plain), right) for pattern, right in _WRONG_PATHS)
    return next((match.expand(right) for match, right in matches if match is not None), "")
