"""The tokens of a site: list, issue and revoke them."""

from starlette.responses import Response

from dealtrace.cabinet.form_pages import Faults, number_of, redirect_with_message, show_form_page
from dealtrace.cabinet.gate import not_found_page
from dealtrace.cabinet.view import View
from dealtrace.errors import TokenNotFound
from dealtrace.leads.limits import LABEL_LENGTH_MAX
from dealtrace.operations.accounts.issue_token import issue_token, revoke_token
from dealtrace.storage.accounts.tokens import list_tokens


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
    tokens = await view.read(list_tokens, view.current_site.id)
    tokens.sort(key=lambda token: (token.revoked_at is not None, token.created_at))
    title = view.translate("Tokens")
    return show_form_page(
        view,
        "settings/tokens.html",
        title,
        faults=faults,
        tokens=tokens,
        label=label,
        secret=secret,
    )
