"""`dealtrace site list` and `dealtrace site show`: show sites with their settings."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TypedDict
from zoneinfo import ZoneInfo

from rich.table import Table
from sqlalchemy import Connection

from dealtrace import clock
from dealtrace.accounts.on_off_settings import switch_text
from dealtrace.accounts.site import Site
from dealtrace.accounts.site_days import site_day
from dealtrace.attribution.credit import AttributionModel
from dealtrace.cli.options import JsonOption, SiteIdArgument
from dealtrace.cli.terminal import console, open_prepared, print_json
from dealtrace.operations.accounts.require_site import require_site
from dealtrace.storage.accounts.busiest_second import find_busiest_second
from dealtrace.storage.accounts.points import find_points_spent
from dealtrace.storage.accounts.sites import list_sites


class BusiestSecondAnswer(TypedDict):
    """The busiest second of a day, by the number of requests from a single IP address.

    `requests` is that number, `allowed` is the number that the rate limit allows per second, and `endedAt` is when the
    second ended.
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


def show_sites(as_json: JsonOption = False) -> None:
    """List all sites with their settings and the API points used today."""
    with open_prepared() as database, database.read() as connection:
        now = clock.now()
        rows = [_read_site(connection, site, now) for site in list_sites(connection)]
    if as_json:
        print_json(rows)
        return
    if not rows:
        console.print(f"There are no sites in {database.name}.", markup=False)
        return
    table = Table("siteId", "name", "timezone", "contact matching", "points today", "attribution")
    for row in rows:
        allowance = row["pointsPerDay"] or "∞"
        table.add_row(
            str(row["siteId"]),
            row["name"],
            row["timezone"],
            switch_text(is_on=row["contactMatching"]),
            f"{row['pointsSpentToday']} / {allowance}",
            str(row["attribution"]),
        )
    console.print(table)


def show_site(site_id: SiteIdArgument, as_json: JsonOption = False) -> None:
    """Show all settings of a site, its custom fields, the points spent today and today's busiest second."""
    with open_prepared() as database, database.read() as connection:
        answer = _read_site(connection, require_site(connection, site_id), clock.now())
    if as_json:
        print_json(answer)
        return
    for line in _format_site(answer):
        console.print(line)


def _format_site(answer: SiteAnswer) -> Iterator[str]:
    costs = ", ".join(f"{method}={cost}" for method, cost in answer["pointCosts"].items())
    yield f"Site {answer['siteId']}: {answer['name']}"
    yield f"  timezone: {answer['timezone']}"
    yield f"  contact_matching: {switch_text(is_on=answer['contactMatching'])}"
    yield f"  points_per_day: {answer['pointsPerDay'] or 'no limit'}, spent today: {answer['pointsSpentToday']}"
    yield f"  points_cost: {costs or '1 each'}"
    if (busiest := answer["busiestSecondToday"]) is not None:
        time = busiest["endedAt"].astimezone(ZoneInfo(answer["timezone"]))
        yield (
            f"  busiest second today: {busiest['requests']} of {busiest['allowed']} allowed requests "
            f"from one IP address, at {time:%H:%M:%S}"
        )
    yield f"  attribution: {answer['attribution']} ({AttributionModel(answer['attribution']).name.lower()})"
    yield f"  respects_do_not_track: {switch_text(is_on=answer['respectsDoNotTrack'])}"
    yield f"  unique_depth_days: {answer['uniqueDepthDays'] or 'no limit'}"
    yield f"  target_call_seconds: {answer['targetCallSeconds']}"
    yield f"  cors_origins: {', '.join(answer['corsOrigins']) or 'none'}"
    yield f"  counter: {answer['counter']}"
    yield f"  custom fields: {', '.join(answer['customFields']) or 'none'}"


def _read_site(connection: Connection, site: Site, now: datetime) -> SiteAnswer:
    today = site_day(now, site.time_zone)
    busiest = find_busiest_second(connection, site.id, today)
    return {
        "siteId": site.id,
        "name": site.name,
        "timezone": site.time_zone.key,
        "contactMatching": site.contact_matching,
        "pointsPerDay": site.points_per_day,
        "pointCosts": dict(site.point_costs),
        "pointsSpentToday": find_points_spent(connection, site.id, today),
        "busiestSecondToday": {
            "requests": busiest.counted,
            "allowed": busiest.allowed,
            "endedAt": busiest.ended_at,
        }
        if busiest is not None
        else None,
        "attribution": site.attribution,
        "respectsDoNotTrack": site.respects_do_not_track,
        "uniqueDepthDays": site.unique_depth.days if site.unique_depth is not None else 0,
        "targetCallSeconds": site.target_call // timedelta(seconds=1),
        "corsOrigins": list(site.cors_origins),
        "counter": site.counter_code,
        "customFields": sorted(site.custom_fields),
    }
