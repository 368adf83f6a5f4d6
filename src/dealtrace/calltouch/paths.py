"""The prefixes of the paths of the Calltouch API, and the parameter table of an endpoint without parameters."""

from dealtrace.http.parameters import ParameterTable

REST = "/calls-service/RestAPI"
REPORT_SERVICE = "/report-service/RestAPI/api"
LEAD_SERVICE = "/lead-service/v1/api"
WIDGET_SERVICE = "/widget-service/v1/api"
TRY = "/api/try"
"""The prefix of the paths that try a registration; the path of the endpoint that registers follows it."""
NO_PARAMETERS = ParameterTable(())
