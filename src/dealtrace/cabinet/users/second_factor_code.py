"""The second step of logging in: a code of the authenticator app, or a recovery code."""

from http import HTTPStatus

from starlette.responses import Response

from dealtrace.cabinet.gate import limit_guessing
from dealtrace.cabinet.users.login import own_path
from dealtrace.cabinet.view import View
from dealtrace.operations.accounts.second_factor import CodeOutcome, confirm_code

FAULTS = {
    CodeOutcome.WRONG: "The code is wrong or has already been used. The authenticator app shows a new code every 30 "
    "seconds.",
    CodeOutcome.TOO_MANY: "Too many wrong codes. Try again in 15 minutes.",
}
"""The message for each outcome that is not a login."""


async def show(view: View) -> Response:
    """Show the form for the two-factor code."""
    return _form(view, HTTPStatus.OK, view.request.query_params.get("then", ""))


async def confirm(view: View) -> Response:
    """Confirm the login, or show the form again with an error message."""
    then = view.form.get("then")
    await limit_guessing(view)
    outcome = await view.manage(confirm_code, view.rights.user, view.session_digest, view.form.get("code"))
    match outcome:
        case CodeOutcome.RIGHT:
            return view.redirect_to(own_path(then))
        case CodeOutcome.WRONG:
            return _form(view, HTTPStatus.FORBIDDEN, then, outcome)
        case CodeOutcome.TOO_MANY:
            return _form(view, HTTPStatus.TOO_MANY_REQUESTS, then, outcome)


def _form(view: View, status: int, then: str, outcome: CodeOutcome | None = None) -> Response:
    faults = {"code": view.translate(FAULTS[outcome])} if outcome is not None else {}
    return view.page("users/code.html", status, then=then, faults=faults)
