"""The API points of a site per day.

Seed: «Для каждого проекта выдается индивидуальное суточное количество баллов».
Seed: «За каждый успешно выполненный запрос списываются баллы».
"""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

POINTS_COST_DEFAULT = 1


class PaidMethod(StrEnum):
    """The methods that cost points, named after their paths."""

    REGISTER = "register"
    UPDATE_BY_ID = "update-by-id"
    DELETE_BY_ID = "delete-by-id"
    ORDERS_DIARY = "orders-diary"
    CALLS_DIARY = "calls-diary"
    REQUESTS = "requests"
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


def points_day(now: datetime, time_zone: ZoneInfo) -> date:
    """Return the date of `now` in the site's time zone; points are counted per date."""
    return now.astimezone(time_zone).date()


def seconds_to_reset(now: datetime, time_zone: ZoneInfo) -> int:
    """Return the seconds until the site's next midnight, rounded up, at least 1."""
    tomorrow = points_day(now, time_zone) + timedelta(days=1)
    reset_at = datetime.combine(tomorrow, time(), time_zone)
    return max(1, -int((now - reset_at).total_seconds() // 1))


def points_cost(method: PaidMethod, costs: Mapping[str, int]) -> int:
    """Return the points that a successful call of `method` costs: 1 unless the site has set another cost."""
    return costs.get(method, POINTS_COST_DEFAULT)
