"""Arguments and options that several commands share."""

from typing import Annotated

import typer

ID_MAX = 2**53 - 1
"""The largest id: JavaScript and 1C represent integers exactly up to this."""

SiteIdArgument = Annotated[int, typer.Argument(min=1, max=ID_MAX, help="The siteId.")]
OptionalSiteIdArgument = Annotated[
    int | None, typer.Argument(min=1, max=ID_MAX, help="The siteId; all sites if omitted.")
]
SiteIdOption = Annotated[int, typer.Option("--site", min=1, max=ID_MAX, help="The siteId.")]
OnlySiteOption = Annotated[int | None, typer.Option("--site", min=1, max=ID_MAX, help="Search only this site.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
