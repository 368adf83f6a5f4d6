"""What all pages of settings share: the site as it is stored, what was just done, and what does not fit."""

from collections.abc import Mapping

from starlette.responses import Response

from dealtrace.accounts.site import Site
from dealtrace.cabinet.view import View
from dealtrace.errors import InvalidSetting, Language, Refusal
from dealtrace.operations.accounts.require_site import require_site

BAD_REQUEST = 400
DONE: Mapping[str, str] = {
    "saved": "Saved.",
    "added": "Added.",
    "removed": "Removed.",
    "revoked": "Revoked. Servers refuse it within two seconds.",
    "link": "Revoked. It opens nothing any more.",
    "paused": "Paused. Events wait until it is resumed, for up to 30 days.",
    "resumed": "Resumed. What waits is sent in order.",
    "testing": "A test is being sent.",
    "again": "It will be sent again.",
    "host": "Saved. New visits follow it within two seconds, past ones when they are classified again.",
}
"""What was done, by the word for it in the address."""
Faults = Mapping[str, str]
"""What does not fit, in words, by the field that it stands beside; the empty name stands for the whole form."""


async def stored_site(view: View) -> Site:
    """Return the site as it is stored, and have the page show it so; what processes remember may be a second old."""
    view.site = await view.read(require_site, view.here.id)
    return view.site


def show_settings(
    view: View, template: str, title: str, *, faults: Faults | None = None, status: int = 0, **context: object
) -> Response:
    """Return a page of settings, with what was just done and what does not fit; faults make it a 400."""
    done = DONE.get(view.request.query_params.get("done", ""), "")
    return view.page(
        template,
        status or (BAD_REQUEST if faults else 200),
        title=title,
        done=view.word(done) if done and not faults else "",
        faults=faults or {},
        **context,
    )


def lead_back(view: View, place: str, done: str) -> Response:
    """Lead back to a page of settings, which says what was done."""
    return view.lead_to(f"/{view.here.id}/{place}?done={done}")


def fault_text(refusal: Refusal, language: Language) -> str:
    """Return why a value is refused, without the name of the setting: it stands beside its field."""
    if isinstance(refusal, InvalidSetting):
        return str(refusal.facts[language])
    return refusal.text(language)


def number_of(text: str) -> int:
    """Return the whole number that a form sent, 0 if it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= NUMBER_LENGTH_MAX else 0


NUMBER_LENGTH_MAX = 18
"""Digits that fit the ids of every database."""
