"""The page on which people who are not users unsubscribe an address from e-mails; a signed link replaces a login."""

from http import HTTPStatus

from starlette.responses import Response

from dealtrace.alerts.sentences import rule_sentence
from dealtrace.cabinet.gate import limit_guessing
from dealtrace.cabinet.view import View
from dealtrace.mails.scheduled_report import ScheduledReport
from dealtrace.operations.mails.unsubscribe import (
    FoundSubscription,
    find_subscription,
    subscribe_again,
    unsubscribe,
)
from dealtrace.operations.reports.column_metrics import find_column_metrics
from dealtrace.storage.accounts.sites import find_site

HEADERS = {"cache-control": "private, no-store", "referrer-policy": "no-referrer", "x-robots-tag": "noindex, nofollow"}
AGAIN = "again"


async def show(view: View) -> Response:
    """Show the e-mails that the recipient gets, with a button to unsubscribe; opening the page changes nothing."""
    return await _page(view, await _find(view))


async def change(view: View) -> Response:
    """Unsubscribe the address, or subscribe it again; one-click unsubscribe in mail programs sends this request."""
    found = await _find(view)
    if found is not None and view.form.get("act") == AGAIN:
        await view.manage(subscribe_again, found.subscription)
    elif found is not None:
        await view.manage(unsubscribe, found.subscription)
    return await _page(view, await _find(view))


async def _find(view: View) -> FoundSubscription | None:
    """Return the subscription of the link; `None` for an invalid link, which counts as an attempt to guess one."""
    view.person, view.form_token = None, ""
    found = await view.read(find_subscription, view.request.path_params["key"])
    if found is None:
        await limit_guessing(view)
    return found


async def _page(view: View, found: FoundSubscription | None) -> Response:
    if found is None:
        page = view.page("unsubscribe.html", HTTPStatus.GONE, found=None)
    else:
        about, site = found.about, await view.read(find_site, found.subscription.site_id)
        if isinstance(about, ScheduledReport):
            named = about.title
        else:
            columns = await view.read(find_column_metrics, site) if site is not None else {}
            named = rule_sentence(about.rule, view.language, columns)
        page = view.page(
            "unsubscribe.html",
            found=found,
            about=view.shown_name(named),
            from_site=site.name if site is not None else "",
        )
    page.headers.update(HEADERS)
    return page
