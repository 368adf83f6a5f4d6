"""`GET /api/token`: the site that a token gives access to."""

from typing import TypedDict

from dealtrace import clock
from dealtrace.accounts.site_days import site_day
from dealtrace.http.caller import Caller
from dealtrace.http.parameter_table import ParameterTable, Sent
from dealtrace.http.replies import Reply, success
from dealtrace.storage.accounts.points import find_points_spent

TABLE = ParameterTable(())


class OpenedSite(TypedDict):
    """The site that a token gives access to; `pointsPerDay` is 0 if there is no limit."""

    siteId: int
    name: str
    timezone: str
    contactMatching: bool
    attribution: int
    counter: str
    customFields: list[str]
    pointsPerDay: int
    pointsSpentToday: int


async def respond(caller: Caller, sent: Sent) -> Reply:
    """Answer with the token's site and the settings that integrators need; this costs no API points."""
    del sent
    site = caller.site
    today = site_day(clock.now(), site.time_zone)
    answer: OpenedSite = {
        "siteId": site.id,
        "name": site.name,
        "timezone": site.time_zone.key,
        "contactMatching": site.contact_matching,
        "attribution": site.attribution,
        "counter": site.counter_code,
        "customFields": sorted(site.custom_fields),
        "pointsPerDay": site.points_per_day,
        "pointsSpentToday": await caller.read(find_points_spent, today),
    }
    return success(answer, "token_shown", site_id=site.id)
