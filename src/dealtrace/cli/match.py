"""`dealtrace match`: rematch all deals of a site, for example after contact matching was turned on."""

from typing import Annotated

import typer
from rich.progress import Progress

from dealtrace.cli.options import ID_MAX, JsonOption, SiteIdArgument
from dealtrace.cli.terminal import console, counted, error_console, open_prepared, print_json, work_in
from dealtrace.operations.accounts.require_site import require_site
from dealtrace.operations.deals.rematch import rematch_next
from dealtrace.storage.deals.deals import count_deals


def match(
    site_id: SiteIdArgument,
    after: Annotated[int, typer.Option(min=0, max=ID_MAX, help="Start after this orderId, to continue a run.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Rematch all deals of a site while the server runs. Pinned deals keep their leads."""
    done = changed = 0
    hidden = not error_console.is_terminal
    with open_prepared() as database, Progress(console=error_console, transient=True, disable=hidden) as progress:
        with database.read() as connection:
            site = require_site(connection, site_id)
            bar = progress.add_task("Deals", total=count_deals(connection, site_id, after))
        try:
            while True:
                with database.write() as connection:
                    chunk = rematch_next(work_in(database, connection, site), after)
                if chunk is None:
                    break
                done, changed, after = done + chunk.deals, changed + chunk.changed, chunk.last_id
                progress.update(bar, completed=done)
        except KeyboardInterrupt:
            progress.stop()
            error_console.print(f"Stopped. To continue: dealtrace match {site_id} --after {after}")
            raise typer.Exit(130) from None
    if as_json:
        print_json({"siteId": site_id, "deals": done, "changed": changed})
    else:
        console.print(
            f"Site {site_id}: checked {counted(done, 'deal')}, {changed} matched to another lead.", markup=False
        )
