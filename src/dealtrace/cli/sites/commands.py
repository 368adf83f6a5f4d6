"""`dealtrace site`: create, change, show and list sites."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.table import Table
from sqlalchemy import Connection

from dealtrace import clock
from dealtrace.accounts.own_ids import FIRST_ID_MAX, ID_MAX
from dealtrace.accounts.site import TIME_ZONE_DEFAULT, Site
from dealtrace.accounts.site_days import site_day
from dealtrace.attribution.credit import AttributionModel
from dealtrace.cli.options import JsonOption, SiteIdArgument
from dealtrace.cli.sites.answers import SiteAnswer
from dealtrace.cli.terminal import console, explained, fail, open_prepared, print_json
from dealtrace.operations.accounts.change_site_settings import change_site_settings
from dealtrace.operations.accounts.open_site import NewSite, check_new_site, open_site
from dealtrace.operations.accounts.require_site import require_site
from dealtrace.operations.accounts.set_first_id import check_first_id, set_first_id
from dealtrace.settings import read_settings
from dealtrace.storage.accounts.busiest_second import find_busiest_second
from dealtrace.storage.accounts.points import find_points_spent
from dealtrace.storage.accounts.sites import list_sites
from dealtrace.storage.database.engine import is_new_file
from dealtrace.storage.id_blocks import IdBlocks

site_commands = typer.Typer(help="Create, change, show and list sites.", no_args_is_help=True)


@site_commands.command("create")
def create(
    name: Annotated[str, typer.Argument(help="The name of the site.")],
    site_id: Annotated[
        int,
        typer.Option(min=0, max=ID_MAX, help="Use this siteId when migrating from Calltouch; 0 assigns the next one."),
    ] = 0,
    token: Annotated[str | None, typer.Option(help="Use this clientApiId when migrating from Calltouch.")] = None,
    timezone: Annotated[str, typer.Option(help="The time zone of the site's dates and times.")] = TIME_ZONE_DEFAULT,
    first_id: Annotated[
        int | None,
        typer.Option(min=1, max=FIRST_ID_MAX, help="The lowest id to give to new records; lower ids are for imports."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Create a site and its first API token. The token is shown only once."""
    with explained():
        settings = read_settings()
        new = NewSite(name, timezone, settings.points_per_day, site_id=site_id, token=token)
        check_new_site(new)
        if first_id is not None and is_new_file(settings.database_url):
            check_first_id(first_id)
    with open_prepared(creates=True) as database, database.write() as connection:
        if first_id is not None:
            set_first_id(connection, first_id)
        ids = IdBlocks(database.writer)
        ids.ensure_within(connection, 1)
        opened = open_site(connection, ids, new, clock.now())
    if as_json:
        print_json({"siteId": opened.site.id, "clientApiId": opened.secret})
    else:
        console.print(f"Site {opened.site.id} ({opened.site.name}) created. Its token, shown only once:")
        console.print(opened.secret)


@site_commands.command("set")
def change(
    site_id: SiteIdArgument,
    settings: Annotated[
        list[str],
        typer.Argument(
            help="Settings as key=value: contact_matching=on|off, timezone=, points_per_day=, points_cost.METHOD=, "
            "attribution=, respects_do_not_track=on|off, unique_depth_days=, target_call_seconds=, "
            "cors_origins=ORIGIN,…, counter=CODE, name="
        ),
    ],
) -> None:
    """Change the settings of a site. A running server applies them within two seconds."""
    values: dict[str, str] = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals:
            fail(f"{setting}: expected key=value")
        if key in values:
            fail(f"{key} is given twice. Give it once.")
        values[key] = value
    with open_prepared() as database, database.write() as connection:
        site = change_site_settings(connection, site_id, values, clock.now())
    console.print(f"Site {site.id} updated.")


@site_commands.command("list")
def show(as_json: JsonOption = False) -> None:
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
            _switch(is_on=row["contactMatching"]),
            f"{row['pointsSpentToday']} / {allowance}",
            str(row["attribution"]),
        )
    console.print(table)


@site_commands.command("show")
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
    yield f"  contact_matching: {_switch(is_on=answer['contactMatching'])}"
    yield f"  points_per_day: {answer['pointsPerDay'] or 'no limit'}, spent today: {answer['pointsSpentToday']}"
    yield f"  points_cost: {costs or '1 each'}"
    if (busiest := answer["busiestSecondToday"]) is not None:
        time = busiest["endedAt"].astimezone(ZoneInfo(answer["timezone"]))
        yield (
            f"  busiest second today: {busiest['requests']} of {busiest['allowed']} requests from one IP address, "
            f"at {time:%H:%M:%S}"
        )
    yield f"  attribution: {answer['attribution']} ({AttributionModel(answer['attribution']).name.lower()})"
    yield f"  respects_do_not_track: {_switch(is_on=answer['respectsDoNotTrack'])}"
    yield f"  unique_depth_days: {answer['uniqueDepthDays'] or 'no limit'}"
    yield f"  target_call_seconds: {answer['targetCallSeconds']}"
    yield f"  cors_origins: {', '.join(answer['corsOrigins']) or 'none'}"
    yield f"  counter: {answer['counter']}"
    yield f"  custom fields: {', '.join(answer['customFields']) or 'none'}"


def _switch(*, is_on: bool) -> str:
    return "on" if is_on else "off"


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
