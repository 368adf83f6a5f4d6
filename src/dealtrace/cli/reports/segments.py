"""`dealtrace segment`: save, list, rename and remove segments, which are named filters of reports."""

from typing import Annotated

import typer

from dealtrace import clock
from dealtrace.cli.answers import SegmentAnswer
from dealtrace.cli.options import JsonOption, SiteIdArgument
from dealtrace.cli.terminal import changing, console, open_prepared, print_json
from dealtrace.errors import InvalidParameters
from dealtrace.operations.accounts.require_site import require_site
from dealtrace.operations.reports.manage_segments import add_segment, remove_segment, rename_segment
from dealtrace.operations.reports.read_question import read_question_context
from dealtrace.reports.question import QuestionContext
from dealtrace.reports.question_parser import parse_filters
from dealtrace.reports.refusals import SegmentNotFound
from dealtrace.reports.saved_items.names import SavedName
from dealtrace.reports.saved_items.segments import Segment
from dealtrace.storage.reports.saved_items.segments import list_segments

segment_commands = typer.Typer(help="Save, list, rename and remove segments: filters of reports.", no_args_is_help=True)
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The name of the segment.")]


@segment_commands.command("add")
def add(
    site_id: SiteIdArgument,
    name: NameArgument,
    filters: Annotated[
        list[str], typer.Option("--filter", help="A filter, written dimension:operator:value; may be repeated.")
    ],
    replaces: Annotated[bool, typer.Option("--replace", help="Replace an existing segment of the same name.")] = False,
) -> None:
    """Save filters as a segment. A running server can use the segment at once."""
    with open_prepared() as database, changing(database) as work:
        site = require_site(work.connection, site_id)
        added = add_segment(work.at(site), SavedName(name), filters, overwrites=replaces)
    console.print(f"Segment {added.name} added to site {site_id}: {' '.join(added.filters)}", markup=False)


@segment_commands.command("list")
def show(site_id: SiteIdArgument, as_json: JsonOption = False) -> None:
    """List the segments of a site with their filters."""
    with open_prepared() as database, database.read() as connection:
        known = read_question_context(connection, require_site(connection, site_id), clock.now())
        segments = list_segments(connection, site_id)
    answers = [_answer(segment, known) for segment in segments]
    if as_json:
        print_json(answers)
        return
    for answer in answers:
        console.print(answer["name"], markup=False, soft_wrap=True)
        for condition in answer["filters"]:
            console.print(f"  {condition}", markup=False, soft_wrap=True)
        if answer["fault"] is not None:
            console.print(f"  cannot be used: {answer['fault']}", markup=False)


def _answer(segment: Segment, known: QuestionContext) -> SegmentAnswer:
    fault = None
    try:
        parse_filters(segment.filters, known)
    except InvalidParameters as refusal:
        fault = refusal.text("en")
    return {"name": segment.name, "filters": list(segment.filters), "fault": fault}


@segment_commands.command("rename")
def rename(
    site_id: SiteIdArgument,
    name: NameArgument,
    new_name: Annotated[str, typer.Argument(metavar="NEW_NAME", help="The new name of the segment.")],
) -> None:
    """Rename a segment, including in the saved reports and scheduled e-mails that use it."""
    with open_prepared() as database, changing(database) as work:
        site, saved_name = require_site(work.connection, site_id), SavedName(name.strip())
        if not rename_segment(work.at(site), saved_name, new_name):
            raise SegmentNotFound(name=name, site_id=site_id)
    console.print(f"Segment {name} of site {site_id} is now named {new_name.strip()}.", markup=False)


@segment_commands.command("remove")
def remove(site_id: SiteIdArgument, name: NameArgument) -> None:
    """Remove a segment."""
    with open_prepared() as database, changing(database) as work:
        if not remove_segment(work.at(require_site(work.connection, site_id)), SavedName(name.strip())):
            raise SegmentNotFound(name=name, site_id=site_id)
    console.print(f"Segment {name} removed from site {site_id}.", markup=False)
