"""`dealtrace token`: issue, list and revoke what opens a site's API."""

from typing import Annotated

import typer
from rich.table import Table

from dealtrace import clock
from dealtrace.cli.terminal import ID_MAX, console, open_prepared, print_json
from dealtrace.operations.accounts.issue_token import issue_token, revoke_token
from dealtrace.storage.accounts.tokens import list_tokens
from dealtrace.storage.id_blocks import transaction

token_commands = typer.Typer(help="Issue, list and revoke tokens.", no_args_is_help=True)


@token_commands.command("create")
def create(
    site_id: Annotated[int, typer.Argument(min=1, max=ID_MAX, help="The siteId it opens.")],
    label: Annotated[str, typer.Option(help="What it is for.")] = "",
    token: Annotated[str | None, typer.Option(help="Keep this clientApiId, when moving over.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Issue a token, which is shown now and never again."""
    with open_prepared() as database, transaction(database, ids=1) as (connection, ids):
        issued = issue_token(connection, ids, site_id, label, clock.now(), secret=token)
    if as_json:
        print_json({"tokenId": issued.token.id, "siteId": site_id, "clientApiId": issued.secret})
    else:
        console.print(f"Token {issued.token.id} of site {site_id}, shown only now:", markup=False)
        console.print(issued.secret, markup=False)


@token_commands.command("list")
def show(
    site_id: Annotated[int | None, typer.Argument(min=1, max=ID_MAX, help="Only of this site.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List tokens; the secrets themselves are kept nowhere."""
    with open_prepared() as database, database.read() as connection:
        tokens = list_tokens(connection, site_id)
    if as_json:
        print_json(
            [
                {
                    "tokenId": one.id,
                    "siteId": one.site_id,
                    "label": one.label,
                    "createdAt": one.created_at,
                    "revokedAt": one.revoked_at,
                }
                for one in tokens
            ]
        )
        return
    table = Table("tokenId", "siteId", "label", "created (UTC)", "revoked (UTC)")
    for one in tokens:
        revoked = f"{one.revoked_at:%Y-%m-%d %H:%M}" if one.revoked_at is not None else ""
        table.add_row(str(one.id), str(one.site_id), one.label, f"{one.created_at:%Y-%m-%d %H:%M}", revoked)
    console.print(table)


@token_commands.command("revoke")
def revoke(
    token_id: Annotated[int, typer.Argument(min=1, max=ID_MAX, help="The tokenId, as `token list` shows it.")],
) -> None:
    """Close a token for good; a running server follows within two seconds."""
    with open_prepared() as database, database.write() as connection:
        revoke_token(connection, token_id, clock.now())
    console.print(f"Token {token_id} opens nothing any more.", markup=False)
