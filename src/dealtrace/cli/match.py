"""`dealtrace match`: rematch all deals of a site, for example after contact matching has been turned on."""

from typing import Annotated

import typer
from rich.progress import Progress

from dealtrace import clock
from dealtrace.cli.options import JsonOption, SiteIdArgument
from dealtrace.cli.terminal import console, counted, end_stopped, error_console, open_prepared, print_json
from dealtrace.operations.accounts.require_site import require_site
from dealtrace.operations.matching.rematch import RematchProgress, run_rematch
from dealtrace.whole_number import ID_MAX


def match(
    site_id: SiteIdArgument,
    after: Annotated[int, typer.Option(min=0, max=ID_MAX, help="Continue a stopped run after this orderId.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Rematch all deals of a site while the server runs. Pinned deals keep their leads."""
    hidden = not error_console.is_terminal
    with open_prepared() as database, Progress(console=error_console, transient=True, disable=hidden) as progress:
        with database.read() as connection:
            site = require_site(connection, site_id)
        bar = progress.add_task("Deals", total=None)
        begun = at = RematchProgress(0, 0, after, 0)
        try:
            for at in run_rematch(database, site, clock.now, after=begun):
                progress.update(bar, total=at.total, completed=at.deals)
        except KeyboardInterrupt as stop:
            progress.stop()
            end_stopped(stop, f"Stopped. To continue: dealtrace match {site_id} --after {at.last_id}")
    if as_json:
        print_json({"siteId": site_id, "deals": at.deals, "changed": at.changed})
    else:
        console.print(
            f"Site {site_id}: checked {counted(at.deals, 'deal')}, {at.changed} matched to a different lead.",
            markup=False,
        )
