"""`dealtrace segment`: filters of reports, saved under a name."""

from typing import Annotated

import typer

from dealtrace import clock
from dealtrace.cli.answers import SegmentAnswer
from dealtrace.cli.options import JsonOption, SiteIdArgument
from dealtrace.cli.terminal import console, open_prepared, print_json
from dealtrace.operations.accounts.require_site import require_site
from dealtrace.operations.reports.manage_segments import add_segment, remove_segment
from dealtrace.reports.kept.names import KeptName
from dealtrace.reports.refusals import SegmentNotFound
from dealtrace.storage.reports.segments import list_segments

segment_commands = typer.Typer(help="Save, list and remove segments: filters of reports.", no_args_is_help=True)
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The name of the segment.")]


@segment_commands.command("add")
def add(
    site_id: SiteIdArgument,
    name: NameArgument,
    filters: Annotated[list[str], typer.Option("--filter", help="A filter dimension:operator:value; may be repeated.")],
) -> None:
    """Save filters under a name. A running server can use the segment at once."""
    with open_prepared() as database, database.write() as connection:
        added = add_segment(connection, require_site(connection, site_id), KeptName(name), filters, clock.now())
    console.print(f"Segment {added.name} added to site {site_id}: {' '.join(added.filters)}")


@segment_commands.command("list")
def show(site_id: SiteIdArgument, as_json: JsonOption = False) -> None:
    """List the segments of a site with their filters."""
    with open_prepared() as database, database.read() as connection:
        require_site(connection, site_id)
        segments = list_segments(connection, site_id)
    if as_json:
        rows: list[SegmentAnswer] = [{"name": each.name, "filters": list(each.filters)} for each in segments]
        print_json(rows)
        return
    for each in segments:
        console.print(each.name)
        for condition in each.filters:
            console.print(f"  {condition}")


@segment_commands.command("remove")
def remove(site_id: SiteIdArgument, name: NameArgument) -> None:
    """Remove a segment."""
    with open_prepared() as database, database.write() as connection:
        if not remove_segment(connection, require_site(connection, site_id), KeptName(name)):
            raise SegmentNotFound(name=name, site_id=site_id)
    console.print(f"Segment {name} removed from site {site_id}.")
