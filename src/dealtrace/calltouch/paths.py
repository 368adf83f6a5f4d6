"""The path prefixes of the Calltouch API, and the parameter table of endpoints without parameters."""

from dealtrace.http.parameters import ParameterTable

REST = "/calls-service/RestAPI"
REPORT_SERVICE = "/report-service/RestAPI/api"
LEAD_SERVICE = "/lead-service/v1/api"
WIDGET_SERVICE = "/widget-service/v1/api"
TRY = "/api/try"
"""The path prefix of endpoints that show what a registration would do, such as `/api/try/orders/register`."""
NO_PARAMETERS = ParameterTable(())
