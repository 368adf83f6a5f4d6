"""What pages with forms share: the message about the last change, error messages, and the site as it is stored."""

from collections.abc import Mapping
from http import HTTPStatus

from starlette.responses import Response

from dealtrace.accounts.rights import Role
from dealtrace.accounts.site import Site
from dealtrace.cabinet.labels import labelled_text, unknown_choice, without_command
from dealtrace.cabinet.view import View
from dealtrace.errors import InvalidParameters, InvalidSetting, Language, Refusal
from dealtrace.operations.accounts.require_site import require_site
from dealtrace.whole_number import parse_whole_number

DONE: Mapping[str, str] = {
    "saved": "Saved.",
    "marked": "Saved. To list marked calls, tick “Returned or no longer needed”.",
    "ended": "Done: the sessions have ended.",
    "deleted": "Deleted.",
    "added": "Added.",
    "removed": "Removed.",
    "revoked": "The token has been revoked. Servers stop accepting it within two seconds.",
    "link": "Revoked. The link no longer works.",
    "paused": "The webhook has been paused. Events wait until it is resumed, for up to 30 days.",
    "resumed": "Resumed. Waiting messages are sent in order.",
    "testing": "A test message is being sent.",
    "webhook": "Saved. Servers apply the change within two seconds.",
    "since": "The messages since the chosen time will be sent again.",
    "again": "The message will be sent again.",
    "host": "Saved. The change applies to new visits within two seconds, to past ones once they are reclassified.",
}
"""The messages about changes, by the code that stands for each of them in the URL."""
Faults = Mapping[str, str]
"""The error messages of a form by field, in the order of the fields; the field of a message about the whole form is "".

The page moves the focus to the first field that has a message.
"""


async def stored_site(view: View) -> Site:
    """Read the site of the page from the database and return it; the cached site may be a second old."""
    view.site = await view.read(require_site, view.current_site.id)
    return view.site


def done_text(view: View, parameter: str = "done") -> str:
    """Return the message about the last change, which `parameter` in the URL names; empty if there is none."""
    done = DONE.get(view.request.query_params.get(parameter, ""), "")
    return view.translate(done) if done else ""


def show_form_page(
    view: View,
    template: str,
    title: str,
    *,
    faults: Faults | None = None,
    status: int = 0,
    done: str = "",
    **context: object,
) -> Response:
    """Return a page with forms, with a message about the last change, or with error messages and status 400.

    The message is `done` or, if that is empty, the one that the URL names.
    """
    return view.page(
        template,
        status or (HTTPStatus.BAD_REQUEST if faults else HTTPStatus.OK),
        title=title,
        done=(done or done_text(view)) if not faults else "",
        faults=faults or {},
        may_open_settings=view.role is not None and view.role.includes(Role.ANALYST),
        **context,
    )


def redirect_with_message(view: View, place: str, done: str) -> Response:
    """Redirect to a page with forms, with a message about the change."""
    return view.redirect_to(f"/{view.current_site.id}/{place}?done={done}")


def fault_text(refusal: Refusal, language: Language) -> str:
    """Return the error message for a refused value; it does not name the setting, as it is shown next to its field."""
    if isinstance(refusal, InvalidSetting):
        return without_command(str(refusal.facts[language]))
    return labelled_text(refusal, language)


def unknown_faults(view: View, **asked: tuple[str, str]) -> Faults:
    """Return the message about unknown values in the parameters of the URL, or nothing if there are none.

    `asked` maps the name of each parameter with an unknown value to that value and the parameter's English label.
    """
    if not asked:
        return {}
    refusal = InvalidParameters([unknown_choice(name, value) for name, (value, _) in asked.items()])
    labels = {name: label for name, (_, label) in asked.items()}
    return {"": labelled_text(refusal, view.language, labels, is_whole=view.may_see_contacts)}


def number_of(text: str) -> int:
    """Return the whole number in a string, or 0 if the string is not a number."""
    return parse_whole_number(text) or 0
