"""Arguments and options of the command line that several commands share."""

from typing import Annotated

import typer

from dealtrace.whole_number import ID_MAX

SiteIdArgument = Annotated[int, typer.Argument(min=1, max=ID_MAX, help="The siteId.")]
OptionalSiteIdArgument = Annotated[
    int | None, typer.Argument(min=1, max=ID_MAX, help="The siteId; all sites if omitted.")
]
SiteIdOption = Annotated[int, typer.Option("--site", min=1, max=ID_MAX, help="The siteId.")]
OnlySiteOption = Annotated[int | None, typer.Option("--site", min=1, max=ID_MAX, help="Search only this site.")]
SiteToListOption = Annotated[
    int | None, typer.Option("--site", min=1, max=ID_MAX, help="The siteId; may be omitted if there is only one site.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
ForceOption = Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")]
