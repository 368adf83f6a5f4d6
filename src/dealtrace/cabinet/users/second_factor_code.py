"""The second step of logging in: a code of the authenticator app, or a recovery code."""

from starlette.responses import Response

from dealtrace.cabinet.gate import limit_guessing
from dealtrace.cabinet.users.login import own_path
from dealtrace.cabinet.view import View
from dealtrace.operations.accounts.second_factor import CodeOutcome, confirm_code

FORBIDDEN, TOO_MANY_REQUESTS = 403, 429


async def show(view: View) -> Response:
    """Show the form for the two-factor code."""
    return _form(view, 200, view.request.query_params.get("then", ""))


async def confirm(view: View) -> Response:
    """Confirm the login, or show the form again with an error message."""
    then = view.form.get("then")
    await limit_guessing(view)
    outcome = await view.manage(confirm_code, view.rights.user, view.session_digest, view.form.get("code"))
    match outcome:
        case CodeOutcome.RIGHT:
            return view.redirect_to(own_path(then))
        case CodeOutcome.WRONG:
            return _form(view, FORBIDDEN, then, outcome)
        case CodeOutcome.TOO_MANY:
            return _form(view, TOO_MANY_REQUESTS, then, outcome)


def _form(view: View, status: int, then: str, outcome: CodeOutcome | None = None) -> Response:
    return view.page("users/code.html", status, then=then, outcome=outcome and outcome.value)
