"""`dealtrace demo`: fill a site with a year of made-up data to try things out."""

from collections.abc import Iterator
from typing import Annotated

import typer
from rich.progress import Progress, TimeRemainingColumn

from dealtrace.cli.answers import DemoAnswer
from dealtrace.cli.options import JsonOption
from dealtrace.cli.terminal import changing, console, end_stopped, error_console, fail, open_prepared, print_json
from dealtrace.operations.demo.begin import BegunDemo, begin_given_site, begin_own_site
from dealtrace.operations.demo.fill import SEED_DEFAULT, DemoSize, run_demo
from dealtrace.operations.demo.remove import remove_demo
from dealtrace.operations.work import ids_taken_by
from dealtrace.storage.database.engine import Database
from dealtrace.storage.site_rows import count_site_rows
from dealtrace.whole_number import ID_MAX

PART_MIN = 0.01

SiteOption = Annotated[
    int | None, typer.Option("--site", min=1, max=ID_MAX, help="An empty site to fill; a new one if omitted.")
]
SeedOption = Annotated[
    int, typer.Option("--seed", help="The seed of the random numbers; a different seed makes different data.")
]
RemoveOption = Annotated[bool, typer.Option("--remove", help="Remove the demo.")]
AllOption = Annotated[bool, typer.Option("--all", help="With --remove: also remove all other data of the site.")]
PartOption = Annotated[
    float,
    typer.Option("--part", min=PART_MIN, max=1, hidden=True, help="Make only this fraction of the data, up to 1."),
]


def demo(
    site_id: SiteOption = None,
    seed: SeedOption = SEED_DEFAULT,
    remove: RemoveOption = False,
    with_others: AllOption = False,
    part: PartOption = 1,
    as_json: JsonOption = False,
) -> None:
    """Fill a site with a year of made-up data up to today. The token of a new site is shown only once."""
    if with_others and not remove:
        fail("--all can only be used with --remove.")
    if remove:
        _remove(site_id, with_others=with_others, as_json=as_json)
        return
    with open_prepared(creates=site_id is None) as database:
        begun = _begin(database, site_id)
        _fill(database, begun, DemoSize(seed, part))
        with database.read() as connection:
            rows = count_site_rows(connection, begun.site.id)
    answer: DemoAnswer = {
        "siteId": begun.site.id,
        "clientApiId": begun.secret,
        "visits": rows["visit"],
        "leads": rows["call"] + rows["lead_request"],
        "deals": rows["deal"],
    }
    if as_json:
        print_json(answer)
        return
    for line in _summarize(answer):
        console.print(line, markup=False)


def _remove(site_id: int | None, *, with_others: bool, as_json: bool) -> None:
    with open_prepared() as database, changing(database) as work:
        removed = remove_demo(work, site_id, with_others=with_others)
    if as_json:
        print_json({"siteId": removed.site.id, "siteRemoved": removed.has_own_site})
    elif removed.has_own_site:
        console.print(f"Site {removed.site.id} ({removed.site.name}) and all its data removed.", markup=False)
    else:
        console.print(f"Demo removed. Site {removed.site.id} is empty again.")


def _begin(database: Database, site_id: int | None) -> BegunDemo:
    with changing(database, ids=ids_taken_by(begin_own_site)) as work:
        if site_id is not None:
            return begin_given_site(work, site_id)
        return begin_own_site(work)


def _fill(database: Database, begun: BegunDemo, size: DemoSize) -> None:
    """Make a year of data and store it in steps; if this is interrupted, `demo --remove` removes what was stored."""
    columns = (*Progress.get_default_columns()[:-1], TimeRemainingColumn())
    with Progress(*columns, console=error_console, transient=True, disable=not error_console.is_terminal) as progress:
        bar = progress.add_task("Making the data", total=None)

        def show(stored: int, total: int) -> None:
            progress.update(bar, description="Storing the data", completed=stored, total=total)

        try:
            run_demo(database, begun.site, size, begun.begun_at, show)
        except KeyboardInterrupt as stop:
            progress.stop()
            end_stopped(stop, f"Stopped. To remove what was stored: dealtrace demo --remove --site {begun.site.id}")


def _summarize(answer: DemoAnswer) -> Iterator[str]:
    site = answer["siteId"]
    counts = f"{answer['visits']:,} visits, {answer['leads']:,} leads, {answer['deals']:,} deals"
    yield f"Site {site} now has a year of data that ends today: {counts}, and costs of three advertising systems."
    if answer["clientApiId"] is not None:
        yield "The token of the site, shown only once:"
        yield answer["clientApiId"]
    yield "What to look at next:"
    yield f"  dealtrace report sources --site {site} --period 90d"
    yield f"  dealtrace report --site {site} --by week --metrics calls,deals,unmatched,match_rate --period 90d"
    yield f"  dealtrace report models --site {site}"
    yield f"  dealtrace deal list --site {site}"
    yield "  dealtrace serve  # then open /cabinet/ in a browser"
    yield f"To remove this data: dealtrace demo --remove --site {site}"
