"""Code to copy into pages, forms and PBXs, a check whether visits arrive, and the settings for web pages."""

from collections.abc import Mapping

from sqlalchemy import Connection
from starlette.responses import Response

from dealtrace import clock
from dealtrace.cabinet.places import CALL_PATH, DEAL_PATH
from dealtrace.cabinet.settings.page import Faults, fault_text, redirect_with_message, show_settings, stored_site
from dealtrace.cabinet.view import View
from dealtrace.errors import NameTaken
from dealtrace.operations.accounts.set_site import list_faults, set_site
from dealtrace.operations.accounts.site_settings import settings_of
from dealtrace.storage.visits.visits import find_last_visit

SETTINGS = ("counter", "cors_origins")
"""The settings of `set_site` that are on this page."""
_FORM = """<form id="callback">
  <input name="phoneNumber" type="tel" required>
  <button>OK</button>
</form>
<script>
document.getElementById("callback").addEventListener("submit", async (event) => {{
  event.preventDefault();
  const sent = new FormData(event.target);
  const visit = window.ct && window.ct("calltracking_params", "{site}");
  sent.set("sessionId", (visit && visit.sessionId) || "");
  sent.set("requestUrl", location.href);
  await fetch("{server}/calls-service/RestAPI/requests/{site}/register/", {{method: "POST", body: sent}});
}});
</script>"""
_ADDRESSES = (
    ("A PBX reports a call", CALL_PATH),
    ("Lists of calls from other platforms", "/lead-service/v1/api/call/import"),
    ("Lists of lead requests", "/lead-service/v1/api/request/create"),
    ("Deals from the CRM", DEAL_PATH),
    ("Costs of advertising", "/report-service/RestAPI/api/costs-import/add"),
)


async def show(view: View) -> Response:
    """Show the lines to copy, the last visit with its page and browser, and the settings of the counter."""
    return await _page(view, settings_of(await stored_site(view)))


async def save(view: View) -> Response:
    """Save the code of the counter, and the pages that may call the API from a browser."""
    sent = {name: view.form.get(name).strip() for name in SETTINGS}
    faults = {str(fault.facts["key"]): fault_text(fault, view.language) for fault in list_faults(sent)}
    if faults:
        return await _page(view, sent, faults)
    try:
        await view.manage(_set, view.current_site.id, sent, view.rights.user.id)
    except NameTaken:
        words = view.translate("The counter of another site has this code. Choose another.")
        return await _page(view, sent, {"counter": words})
    return redirect_with_message(view, "settings/counter", "saved")


async def _page(view: View, values: Mapping[str, str], faults: Faults | None = None) -> Response:
    server, site = view.origin, view.current_site.id
    return show_settings(
        view,
        "settings/counter.html",
        view.translate("Counter and forms"),
        faults=faults,
        script=f'<script async src="{server}/counter/{site}.js"></script>',
        form=_FORM.format(server=server, site=site),
        addresses=[(view.translate(words), server + path) for words, path in _ADDRESSES],
        last=await view.read(find_last_visit, site),
        values=values,
    )


def _set(connection: Connection, _ids: object, site_id: int, changes: Mapping[str, str], user_id: int) -> None:
    set_site(connection, site_id, changes, clock.now(), user_id)
