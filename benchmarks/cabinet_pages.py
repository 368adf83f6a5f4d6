"""The pages of the cabinet to measure, and what must be stored so that each of them has something to show."""

import html
import http.client
import json
import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlencode

from dealtrace.cabinet.forms import form_token_of

TIMED: Mapping[str, tuple[str, ...]] = {
    "/": ("",),
    "/{site:int}/": ("",),
    "/{site:int}/reports": (
        "",
        "?by=source,month",
        "?by=day&metrics=deals,amount&models=all",
        "?pivot=month&by=source",
    ),
    "/{site:int}/reports/rows": ("?metrics=deals&period=7d",),
    "/{site:int}/reports.csv": ("?by=campaign",),
    "/{site:int}/reports.xlsx": ("?by=campaign",),
    "/{site:int}/reports/saved": ("",),
    "/{site:int}/reports/segments": ("",),
    "/{site:int}/notes": ("",),
    "/shared/{key}": ("",),
    "/{site:int}/deals": ("", "?sort=-amount&period=7d", "?contact=unusable", "?reason=no_lead_near"),
    "/{site:int}/deals/{deal:int}": ("",),
    "/{site:int}/leads": ("", "?tab=missed", "?tab=requests", "?tab=visits", "?contact=unusable"),
    "/{site:int}/leads/{kind}/{lead:int}": ("",),
    "/{site:int}/people/{client:int}": ("",),
    "/{site:int}/people/{client:int}/data": ("",),
    "/{site:int}/people/{client:int}/data.json": ("",),
    "/{site:int}/requests": ("", "?refused=1"),
    "/requests": ("",),
    "/{site:int}/costs": ("",),
    "/{site:int}/settings": ("",),
    "/{site:int}/settings/site": ("",),
    "/{site:int}/settings/tokens": ("",),
    "/{site:int}/settings/fields": ("",),
    "/{site:int}/settings/statuses": ("",),
    "/{site:int}/settings/columns": ("",),
    "/{site:int}/settings/hosts": ("",),
    "/{site:int}/settings/webhooks": ("",),
    "/{site:int}/settings/webhooks/{webhook}": ("",),
    "/{site:int}/settings/alerts": ("",),
    "/{site:int}/settings/alerts/{alert}": ("",),
    "/{site:int}/settings/mail-reports": ("",),
    "/{site:int}/settings/mail-reports/{report}": ("",),
    "/{site:int}/settings/counter": ("",),
    "/{site:int}/settings/imports": ("",),
    "/{site:int}/settings/shared": ("",),
    "/{site:int}/settings/changes": ("",),
    "/{site:int}/settings/agreement": ("",),
    "/{site:int}/settings/past": ("",),
    "/{site:int}/settings/try": ("",),
    "/{site:int}/settings/rates": ("",),
    "/{site:int}/settings/users": ("",),
    "/sites": ("",),
    "/demo": ("",),
    "/users": ("",),
    "/users/changes": ("",),
    "/users/{user:int}": ("",),
    "/profile": ("",),
}
"""The pages to measure, by their paths in the table of pages, each with the queries to ask."""
UNTIMED: Mapping[str, str] = {
    "/login": "it shows a form",
    "/login/code": "it shows a form",
    "/welcome": "it shows a form",
    "/invitation": "it shows a form",
    "/password": "it shows a form",
    "/profile/second-factor": "it shows a form",
    "/keys": "it shows a list that is always the same",
    "/unsubscribe/{key}": "it shows a form",
    "/{site:int}/deals.csv": "it takes as long as the rows that are found, not as a page",
    "/{site:int}/deals.xlsx": "it takes as long as the rows that are found, not as a page",
    "/{site:int}/leads.csv": "it takes as long as the rows that are found, not as a page",
    "/{site:int}/leads.xlsx": "it takes as long as the rows that are found, not as a page",
    "/{site:int}/reports/rows.csv": "it takes as long as the rows that are found, not as a page",
    "/{site:int}/reports/rows.xlsx": "it takes as long as the rows that are found, not as a page",
    "/{site:int}/costs/{key}": "it takes as long as the file that was uploaded, not as the site",
    "/{site:int}/settings/imports/{key}": "it takes as long as the file that was uploaded, not as the site",
    "/{site:int}/settings/imports/{key}/refused.csv": "it takes as long as the file that was uploaded, not as the site",
    "/{site:int}/settings/imports/undo/{number:int}": "it takes as long as the import that is taken back",
    "/{site:int}/settings/agreement/{key}": "it takes as long as the file that was uploaded, not as the site",
    "/{site:int}/settings/agreement/{key}/differences.csv": "it takes as long as its rows, not as a page",
    "/{site:int}/settings/agreement/{key}/differences.xlsx": "it takes as long as its rows, not as a page",
    "/{site:int}/settings/try/flips.csv": "it takes as long as the rows that are found, not as a page",
    "/{site:int}/settings/try/flips.xlsx": "it takes as long as the rows that are found, not as a page",
}
"""The pages that are not measured, each with the reason."""
_ALERT = {"kind": "above", "metric": "deals", "window": "day", "amount": "3", "recipients": "a@example.com"}
_SHARED = {"name": "Bench", "query": "by=campaign&metrics=leads&period=28d", "days": "30"}
_MAILED = {"title": "Bench", "question": "metrics=deals", "rhythm": "daily", "hour": "9", "recipients": "a@example.com"}
_MADE: Mapping[str, tuple[str, Mapping[str, str], str]] = {
    "webhook": ("settings/webhooks", {"url": "https://crm.example/hook", "style": "form", "event": "deal.created"}, ""),
    "alert": ("settings/alerts", _ALERT, r'settings/alerts/(\d+)"'),
    "report": ("settings/mail-reports", _MAILED, r'settings/mail-reports/(\d+)"'),
    "key": ("settings/shared", _SHARED, r"/cabinet/shared/([\w-]+)"),
    "saved": ("reports/saved", {"name": "Bench", "whose": "site", "query": "by=source&metrics=deals"}, ""),
    "segment": ("reports/segments", {"name": "Bench", "whose": "site", "query": "filter=source:is:source1"}, ""),
    "note": ("notes", {"day": "2026-11-20", "text": "Bench"}, ""),
}
"""The objects of a site: the page with the form that makes each, its fields, and the pattern that finds the new id."""


class Visitor:
    """A logged-in person who opens pages and sends forms over HTTP."""

    def __init__(self, port: int, secret: str) -> None:
        self._port, self._secret = port, secret

    def request(self, method: str, path: str, fields: Mapping[str, str] | None = None) -> tuple[int, str, bytes]:
        """Send a request and return the status, the URL that the answer leads to, and the body."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=600)
        headers = {"Cookie": f"session={self._secret}", "Sec-Fetch-Site": "same-origin"}
        if fields is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        sent = urlencode({"form_token": form_token_of(self._secret), **fields}) if fields is not None else None
        connection.request(method, path, sent, headers)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, answer.getheader("location") or "", body


def make_objects(visitor: Visitor, site: int) -> dict[str, str]:
    """Make an object of each kind by its form, and return the ids by their names in the paths of pages."""
    made = {}
    for name, (page, fields, pattern) in _MADE.items():
        status, leads_to, body = visitor.request("POST", f"/cabinet/{site}/{page}", fields)
        if previewed := re.search(r'name="agreed" value="([^"]+)"', body.decode()):
            agreed = {**fields, "agreed": html.unescape(previewed[1])}
            status, leads_to, body = visitor.request("POST", f"/cabinet/{site}/{page}", agreed)
        assert status in (200, 303), (page, status, body[:500])
        if status == 303 and pattern:
            _, _, body = visitor.request("GET", leads_to.partition("#")[0])
        found = re.search(pattern, body.decode()) if pattern else None
        assert not pattern or found is not None, (page, json.dumps(fields))
        made[name] = found[1] if found is not None else re.split(r"[?#]", leads_to)[0].rpartition("/")[2]
    return made


def list_urls(places: Mapping[str, str]) -> Iterator[str]:
    """Yield the URLs to measure; `places` has what stands in the paths of pages, by name."""
    for pattern, queries in TIMED.items():
        path = re.sub(r"\{(\w+)(?::\w+)?\}", lambda name: places[name[1]], pattern)
        yield from (f"/cabinet{path}{query}" for query in queries)
