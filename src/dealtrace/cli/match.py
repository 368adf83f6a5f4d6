"""`dealtrace match`: look for the leads of all deals anew, after contact matching was switched on or off."""

from typing import Annotated

import typer
from rich.progress import Progress

from dealtrace import clock
from dealtrace.cli.terminal import ID_MAX, complaints, console, open_prepared, print_json
from dealtrace.errors import SiteNotFound
from dealtrace.operations.deals.rematch import rematch_next
from dealtrace.storage.accounts.accounts import find_site
from dealtrace.storage.deals.deals import count_deals


def match(
    site_id: Annotated[int, typer.Argument(min=1, max=ID_MAX, help="The siteId.")],
    after: Annotated[int, typer.Option(min=0, max=ID_MAX, help="Go on behind this orderId.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Match all deals of a site anew, beside a running server; what a person pinned stays."""
    done = changed = 0
    hidden = not complaints.is_terminal
    with open_prepared() as database, Progress(console=complaints, transient=True, disable=hidden) as progress:
        with database.read() as connection:
            site = find_site(connection, site_id)
            if site is None:
                raise SiteNotFound(site_id=site_id)
            bar = progress.add_task("Deals", total=count_deals(connection, site_id, after))
        try:
            while True:
                with database.write() as connection:
                    chunk = rematch_next(connection, site, after, clock.now())
                if chunk is None:
                    break
                done, changed, after = done + chunk.deals, changed + chunk.changed, chunk.last_id
                progress.update(bar, completed=done)
        except KeyboardInterrupt:
            progress.stop()
            complaints.print(f"Stopped. To go on: dealtrace match {site_id} --after {after}", markup=False)
            raise typer.Exit(130) from None
    if as_json:
        print_json({"siteId": site_id, "deals": done, "changed": changed})
    else:
        console.print(f"{done} deals of site {site_id} were looked at, {changed} have another lead now.", markup=False)
