"""The points that a site may spend on API calls each day.

Vendor: «Для каждого проекта выдается индивидуальное суточное количество баллов».
Vendor: «За каждый успешно выполненный запрос списываются баллы».
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from dealtrace.accounts.site_days import day_end, site_day

POINTS_COST_DEFAULT = 1
POINTS_MAX = 2**53
"""The most points that a site may have per day; JavaScript and 1C represent the number exactly."""


class PaidMethod(StrEnum):
    """The methods of the API that cost points; the values are as in their URLs."""

    REGISTER = "register"
    UPDATE_BY_ID = "update-by-id"
    DELETE_BY_ID = "delete-by-id"
    ORDERS_DIARY = "orders-diary"
    CALLS_DIARY = "calls-diary"
    REQUESTS = "requests"
    REQUESTS_ORDERS = "requests-orders-register"
    STATISTICS = "statistics"
    DOWNLOAD = "download"
    REQUEST_CREATE = "request-create"
    CALL_IMPORT = "call-import"
    INBOUND_CALL = "inbound-call"
    TAG_LEADS = "tag-lead-add"
    MANAGE_LEADS = "manager-lead-add"
    COMMENT_LEADS = "comment-lead-add"
    FIELD_LEADS = "customfield-lead-add"
    FIELD_DELETE = "customfield-delete"
    EXPLANATION = "explanation"
    REPORT = "report"
    WIDGET = "widget-request-create"
    ORDER_CREATE = "client-order-create"
    ORDER_UPDATE = "client-order-update"
    ORDER_DELETE = "client-order-delete"
    ORDER_SEARCH = "client-order-search"
    COSTS_ADD = "costs-import-add"
    COSTS_UPDATE = "costs-import-update"


def seconds_to_reset(now: datetime, time_zone: ZoneInfo) -> int:
    """Return the seconds until the site gets new points, rounded up, at least 1.

    It gets them at the beginning of the next day in its time zone.
    """
    reset_at = day_end(site_day(now, time_zone), time_zone)
    return max(1, -int((now - reset_at).total_seconds() // 1))


def points_cost(method: PaidMethod, costs: Mapping[str, int]) -> int:
    """Return the points that one successful call of `method` costs: 1, unless `costs` contains a different number."""
    return costs.get(method, POINTS_COST_DEFAULT)
