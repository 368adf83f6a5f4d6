"""`dealtrace site set`: change the settings of a site."""

from typing import Annotated

import typer

from dealtrace.cli.options import SiteIdArgument
from dealtrace.cli.terminal import changing, console, fail, open_prepared
from dealtrace.operations.accounts.change_site_settings import change_site_settings


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
    with open_prepared() as database, changing(database) as work:
        site = change_site_settings(work, site_id, values)
    console.print(f"Site {site.id} updated.")
