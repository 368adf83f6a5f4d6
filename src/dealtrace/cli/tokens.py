"""`dealtrace token`: issue, list and revoke API tokens."""

from typing import Annotated

import typer
from rich.table import Table

from dealtrace.accounts.token import Token
from dealtrace.cli.answers import TokenAnswer
from dealtrace.cli.options import JsonOption, OptionalSiteIdArgument
from dealtrace.cli.terminal import changing, console, open_prepared, print_json
from dealtrace.operations.accounts.issue_token import issue_token, revoke_token
from dealtrace.operations.accounts.require_site import require_site
from dealtrace.operations.work import ids_taken_by
from dealtrace.storage.accounts.tokens import list_tokens
from dealtrace.whole_number import ID_MAX

token_commands = typer.Typer(help="Issue, list and revoke API tokens.", no_args_is_help=True)


@token_commands.command("create")
def create(
    site_id: Annotated[int, typer.Argument(min=1, max=ID_MAX, help="The siteId that the token gives access to.")],
    label: Annotated[str, typer.Option(help="What the token is for.")] = "",
    token: Annotated[str | None, typer.Option(help="Use this clientApiId when migrating from Calltouch.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Issue an API token for a site. The token is shown only once."""
    with open_prepared() as database, changing(database, ids=ids_taken_by(issue_token)) as work:
        issued = issue_token(work, site_id, label, secret=token)
    if as_json:
        print_json({"tokenId": issued.token.id, "siteId": site_id, "clientApiId": issued.secret})
    else:
        console.print(f"Token {issued.token.id} issued for site {site_id}. It is shown only once:")
        console.print(issued.secret)


@token_commands.command("list")
def show(
    site_id: OptionalSiteIdArgument = None,
    as_json: JsonOption = False,
) -> None:
    """List API tokens with their ids, labels and last uses. The secrets themselves are not stored."""
    with open_prepared() as database, database.read() as connection:
        if site_id is not None:
            require_site(connection, site_id)
        tokens = list_tokens(connection, site_id)
    if as_json:
        print_json([_serialize_token(token) for token in tokens])
        return
    table = Table("tokenId", "siteId", "label", "created (UTC)", "last used (UTC)", "revoked (UTC)")
    for token in tokens:
        times = [
            f"{at:%Y-%m-%d %H:%M}" if at is not None else ""
            for at in (token.created_at, token.used_at, token.revoked_at)
        ]
        table.add_row(str(token.id), str(token.site_id), token.label, *times)
    console.print(table)


def _serialize_token(token: Token) -> TokenAnswer:
    return {
        "tokenId": token.id,
        "siteId": token.site_id,
        "label": token.label,
        "createdAt": token.created_at,
        "usedAt": token.used_at,
        "revokedAt": token.revoked_at,
    }


@token_commands.command("revoke")
def revoke(
    token_id: Annotated[int, typer.Argument(min=1, max=ID_MAX, help="The tokenId, as shown by `token list`.")],
) -> None:
    """Revoke a token permanently. A running server stops accepting it within two seconds."""
    with open_prepared() as database, changing(database) as work:
        revoke_token(work, token_id)
    console.print(f"Token {token_id} revoked.")
