"""Code to copy into pages, forms and PBXs, and a check whether visits arrive."""

from starlette.responses import Response

from dealtrace.cabinet.form_pages import show_form_page
from dealtrace.cabinet.links import CALL_PATH, DEAL_PATH, device_label
from dealtrace.cabinet.view import View
from dealtrace.storage.visits.visits import find_last_visit

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
_PATHS = (
    ("A PBX reports a call", CALL_PATH),
    ("Lists of calls from other platforms", "/lead-service/v1/api/call/import"),
    ("Lists of lead requests", "/lead-service/v1/api/request/create"),
    ("Deals from the CRM", DEAL_PATH),
    ("Costs of advertising", "/report-service/RestAPI/api/costs-import/add"),
)


async def show(view: View) -> Response:
    """Show the code to copy, the URLs for other programs, and the last visit with its page and browser."""
    server, site = view.origin, view.current_site.id
    last = await view.read(find_last_visit, site)
    return show_form_page(
        view,
        "settings/counter.html",
        view.translate("Counter and forms"),
        script=f'<script async src="{server}/counter/{site}.js"></script>',
        form=_FORM.format(server=server, site=site),
        urls=[(view.translate(label), server + path) for label, path in _PATHS],
        last=last,
        browser=", ".join(part for part in (last.browser, last.os, device_label(last, view.language)) if part)
        if last is not None
        else "",
    )
