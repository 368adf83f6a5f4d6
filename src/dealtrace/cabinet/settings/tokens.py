"""The tokens of a site: list, issue and revoke them."""

from datetime import datetime

from sqlalchemy import Connection
from starlette.responses import Response

from dealtrace.accounts.token import Token
from dealtrace.cabinet.form_pages import Faults, number_of, redirect_with_message, show_form_page
from dealtrace.cabinet.gate import not_found_page
from dealtrace.cabinet.view import View
from dealtrace.errors import TokenNotFound
from dealtrace.leads.limits import LABEL_LENGTH_MAX
from dealtrace.operations.accounts.issue_token import issue_token, revoke_token
from dealtrace.record import record
from dealtrace.storage.accounts.api_requests import LastUses, find_last_uses
from dealtrace.storage.accounts.tokens import list_tokens

USES_SEARCHED_MAX = 20_000
"""Ours: last uses are searched for in this many of the latest requests only, which takes about 20 ms."""


@record
class TokenLine:
    """A token; `used_at` is when it was last used, or `None` if the journal of requests has no request with it."""

    token: Token
    used_at: datetime | None


async def show(view: View) -> Response:
    """Show the tokens, active ones first."""
    return await _page(view)


async def issue(view: View) -> Response:
    """Issue a token and show its secret, which is never shown again."""
    label = view.form.get("label").strip()
    if not 0 < len(label) <= LABEL_LENGTH_MAX:
        message = view.translate("Describe in 1 to %(most)s characters what the token is for.") % {
            "most": LABEL_LENGTH_MAX
        }
        return await _page(view, label=label, faults={"label": message})
    issued = await view.manage(issue_token, view.current_site.id, label)
    return await _page(view, secret=issued.secret)


async def revoke(view: View) -> Response:
    """Revoke a token permanently."""
    token_id = number_of(view.form.get("token"))
    if not any(token.id == token_id for token in await view.read(list_tokens, view.current_site.id)):
        return not_found_page(view)
    try:
        await view.manage(revoke_token, token_id)
    except TokenNotFound:
        return await _page(view, faults={"": view.translate("The token has already been revoked.")})
    return redirect_with_message(view, "settings/tokens", "revoked")


async def _page(view: View, *, label: str = "", secret: str = "", faults: Faults | None = None) -> Response:
    tokens, uses = await view.read(_read, view.current_site.id)
    lines = [TokenLine(token, uses.used_at.get(token.id)) for token in tokens]
    lines.sort(key=lambda line: (line.token.revoked_at is not None, line.token.created_at))
    title = view.translate("Tokens")
    return show_form_page(
        view,
        "settings/tokens.html",
        title,
        faults=faults,
        lines=lines,
        label=label,
        secret=secret,
        is_whole=uses.is_whole,
        is_kept=view.services.requests_kept_days > 0,
    )


def _read(connection: Connection, site_id: int) -> tuple[list[Token], LastUses]:
    return list_tokens(connection, site_id), find_last_uses(connection, site_id, USES_SEARCHED_MAX)
