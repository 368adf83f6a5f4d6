"""The types of the JSON that `dealtrace site` prints; times are in UTC."""

from datetime import datetime
from typing import TypedDict


class BusiestSecondAnswer(TypedDict):
    """The busiest second of a day, by the number of requests from a single IP address.

    `requests` is that number, `allowed` the number that the rate limit allows per second, and `endedAt` when the second
    ended.
    """

    requests: int
    allowed: int
    endedAt: datetime


class SiteAnswer(TypedDict):
    """A site in `site list` and `site show`; `uniqueDepthDays` and `pointsPerDay` are 0 if there is no limit.

    `busiestSecondToday` is `None` before the first request of the day, and without a rate limit.
    """

    siteId: int
    name: str
    timezone: str
    contactMatching: bool
    pointsPerDay: int
    pointCosts: dict[str, int]
    pointsSpentToday: int
    busiestSecondToday: BusiestSecondAnswer | None
    attribution: int
    respectsDoNotTrack: bool
    uniqueDepthDays: int
    targetCallSeconds: int
    corsOrigins: list[str]
    counter: str
    customFields: list[str]
