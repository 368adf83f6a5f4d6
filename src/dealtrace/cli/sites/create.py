"""`dealtrace site create`: create a site and its first token."""

from typing import Annotated

import typer

from dealtrace.accounts.assigned_ids import FIRST_ID_MAX
from dealtrace.accounts.site import TIME_ZONE_DEFAULT
from dealtrace.cli.options import JsonOption
from dealtrace.cli.terminal import changing, console, explained, open_prepared, print_json
from dealtrace.operations.accounts.create_site import NewSite, check_new_site, open_site
from dealtrace.operations.accounts.set_first_id import check_first_id, set_first_id
from dealtrace.operations.work import ids_taken_by
from dealtrace.settings import read_settings
from dealtrace.storage.database.engine import is_new_file
from dealtrace.whole_number import ID_MAX


def create(
    name: Annotated[str, typer.Argument(help="The name of the site.")],
    site_id: Annotated[
        int,
        typer.Option(min=0, max=ID_MAX, help="Use this siteId when migrating from Calltouch; 0 assigns the next id."),
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
    with open_prepared(creates=True) as database, changing(database) as work:
        if first_id is not None:
            set_first_id(work.connection, first_id)
        work.ids.ensure_within(work.connection, ids_taken_by(open_site))
        opened = open_site(work, new)
    if as_json:
        print_json({"siteId": opened.site.id, "clientApiId": opened.secret})
    else:
        console.print(f"Site {opened.site.id} ({opened.site.name}) created. Its token, shown only once:")
        console.print(opened.secret)
