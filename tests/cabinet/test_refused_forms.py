"""Forms that are refused: the page says why beside the field, moves the focus there, and axe finds nothing in it."""

import json
from collections.abc import Mapping, Sequence

import pytest

from browser import Browser
from cast import Stage
from dealtrace.cabinet.routes import PAGES
from engines import on_one_engine
from examples import drawn, in_turn
from filled_site import FilledSite, fill_site
from guests import member_of
from server import ServerProcess
from walker import ALL_RULES, AXE, RUN_AXE, faults_of

LANGUAGES = ("ru", "en")
TURNS_OF_AXE = (True, False, False)
"""Which refusals axe looks at: the messages are made in one place, and `make torture` lets it look at all."""
LONG = "\\" * 300
SAVED = "by=source&metrics=deals"
REFUSED: Mapping[str, Mapping[str, str]] = {
    "/login": {"login": "nobody", "password": "wrong"},
    "/{site:int}/reports/saved": {"query": SAVED, "whose": "site", "name": LONG},
    "/{site:int}/reports/saved/change": {"act": "rename", "whose": "site", "name": "none", "new_name": LONG},
    "/{site:int}/reports/segments": {"query": "filter=source:is:yandex", "whose": "site", "name": LONG},
    "/{site:int}/reports/segments/change": {"act": "rename", "whose": "site", "name": "none", "new_name": LONG},
    "/{site:int}/notes": {"day": "yesterday"},
    "/{site:int}/deals/{deal:int}": {"act": "pin", "lead": "call x"},
    "/{site:int}/settings/site": {"name": "", "timezone": "nowhere", "points_per_day": "x", "cost_register": "x"},
    "/{site:int}/settings/tokens": {"label": ""},
    "/{site:int}/settings/fields": {"name": LONG},
    "/{site:int}/settings/fields/remove": {"name": "none"},
    "/{site:int}/settings/statuses": {"name": "", "meaning": "won"},
    "/{site:int}/settings/columns": {"name": LONG, "kind": "formula", "formula": "amount /"},
    "/{site:int}/settings/columns/remove": {"name": "none"},
    "/{site:int}/settings/hosts": {"kind": "search", "host": "a b", "name": ""},
    "/{site:int}/settings/hosts/remove": {"which": "own none.example"},
    "/{site:int}/settings/past": {},
    "/{site:int}/settings/webhooks": {"url": "x"},
    "/{site:int}/settings/webhooks/{webhook}": {"act": "change", "url": "x"},
    "/{site:int}/settings/alerts": {"kind": "above", "metric": "deals", "window": "day", "amount": "x"},
    "/{site:int}/settings/alerts/{alert}": {"kind": "above", "metric": "deals", "window": "day", "amount": "x"},
    "/{site:int}/settings/mail-reports": {"title": "", "question": "metrics=x", "rhythm": "daily", "hour": "9"},
    "/{site:int}/settings/mail-reports/{report}": {"title": "", "recipients": "x"},
    "/{site:int}/settings/imports": {"noun": "call"},
    "/{site:int}/settings/rates": {"currency": "rub", "rubles": "x", "since": "x"},
    "/{site:int}/settings/rates/import": {},
    "/{site:int}/settings/shared": {"name": "", "query": SAVED},
    "/{site:int}/settings/agreement": {},
    "/{site:int}/costs": {"system": "", "account": ""},
    "/welcome": {"key": "x"},
    "/invitation": {"key": "x"},
    "/password": {"key": "x"},
    "/profile/password": {"password": "wrong", "new_password": "x"},
    "/profile/second-factor": {"secret": "", "code": "1"},
    "/profile/second-factor/off": {"password": "wrong"},
    "/sites": {"name": "", "timezone": "nowhere", "site_id": "x", "token": "x"},
    "/demo": {"part": "x"},
    "/users/{user:int}/delete": {},
}
"""What each form is sent that it refuses, by its page."""
SINCE = {"act": "replay_since", "since": "x"}
FURTHER = [
    ("/{site:int}/settings/webhooks/{webhook}", SINCE),
    ("/{site:int}/reports/saved", {}),
    ("/{site:int}/reports/segments", {}),
    ("/{site:int}/settings/statuses", {"name": "x", "meaning": "x"}),
    (
        "/{site:int}/settings/webhooks",
        {"url": "https://a.example/", "style": "form", "event": "deal.created", "fields": "x"},
    ),
]
"""Other refusals of the same forms."""
WITHOUT_WORDS = {
    "/language": "it has two buttons",
    "/logout": "it has one button",
    "/login/code": "a test of two-factor authentication has it",
    "/unsubscribe/{key}": "it has two buttons",
    "/profile/keys": "it has one box",
    "/profile/recovery-codes": "without a factor it leads back to the profile",
    "/{site:int}/people/{client:int}/data": "it asks to confirm instead of refusing",
    "/{site:int}/leads/{kind}/{lead:int}": "it takes any notes",
    "/{site:int}/settings/imports/{key}": "it has one button",
    "/{site:int}/settings/imports/undo/{number:int}": "it has one button",
    "/{site:int}/costs/{key}": "it has one button",
    "/users/{user:int}/logout": "it has one button",
    "/users/{user:int}/ownership": "it has one box",
    "/users/{user:int}/password": "it has one button",
    "/users/{user:int}/second-factor": "it has one button",
    "/users/second-factor": "it has one box",
}
"""Forms that refuse no input of a person, and why."""
OF_A_LIST = (
    "/notes/remove", "/tokens/revoke", "/mail-reports/leave", "/mail-reports/remove", "/rates/remove",
    "/shared/revoke", "/demo/remove", "/users/revoke", "/users/role", "/users/invitation", "/users/password", "/role",
    "/users/logout", "/profile/sessions", "/leads/missed", "/costs/remove",
)  # fmt: skip
"""How the forms end whose buttons and lists name what there is; of anything else there is no page."""
FORMS = [*REFUSED.items(), *FURTHER]
SHOWN = {
    "reports?by=nothing": "metrics",
    "reports/rows?metrics=nothing": "rows",
    "deals?from=x&to=y": "deals",
    "leads?from=x&to=y": "leads",
    "settings/try?threshold=x&order=x&own=%20": "rules",
}
"""Pages whose questions are refused."""
SEND = """((action, fields) => {
  const form = document.createElement('form');
  Object.assign(form, {method: 'post', action, enctype: 'multipart/form-data'});
  for (const [name, value] of Object.entries(fields)) {
    const field = form.appendChild(document.createElement('input'));
    Object.assign(field, {name, value});
  }
  document.body.append(form);
  document.documentElement.dataset.isOld = 'yes';
  form.submit();
})(%s, %s)"""
LOADED = "document.documentElement.dataset.isOld === undefined && document.readyState === 'complete'"
FAULTS = """(() => {
  const found = [];
  const faults = [...document.querySelectorAll('main [role=alert]')];
  if (!faults.length) found.push('nothing says why');
  for (const field of document.querySelectorAll('[aria-invalid]')) {
    const words = document.getElementById(field.getAttribute('aria-describedby'))?.innerText;
    if (!words) found.push('not described: ' + field.outerHTML);
  }
  for (const fault of faults.filter((each) => each.id))
    if (!document.querySelector(`[aria-invalid][aria-describedby="${fault.id}"]`))
      found.push('of no field: ' + fault.outerHTML);
  const focused = document.activeElement;
  if (!focused.matches('[aria-invalid], [role=alert]')) found.push('the focus is on ' + focused.outerHTML.slice(0, 99));
  if (focused.getClientRects().length === 0) found.push('what has the focus is not seen');
  const first = document.querySelector('main :is([aria-invalid], [role=alert][tabindex])');
  if (first !== focused) found.push('the focus is not on the first fault: ' + first?.outerHTML);
  return found;
})()"""


@pytest.fixture(scope="module")
def filled(server: ServerProcess, served: Stage) -> FilledSite:
    """Give a site with something on every page."""
    return fill_site(server, served)


def assert_is_refused_well(browser: Browser, language: str, *, has_axe: bool = True) -> None:
    """Check the page of a refusal: its words, its focus, by axe unless told otherwise, and on a phone."""
    assert browser.run("document.documentElement.lang") == language
    browser.wait("document.activeElement !== document.body")
    assert browser.run(FAULTS) == [], language
    if has_axe:
        browser.run(AXE)
        assert browser.run(RUN_AXE % ALL_RULES) == [], language
    browser.resize(360, 740)
    assert list(faults_of(browser)) == [], language


def send(browser: Browser, server: ServerProcess, path: str, fields: Mapping[str, str]) -> None:
    """Send a form from a page of our own: from the one that is open, or from the smallest."""
    if not browser.run(f"location.href.startsWith({json.dumps(server.url)})"):
        browser.open(f"{server.url}/healthz")
    browser.run(SEND % (json.dumps(path), json.dumps(fields)))
    browser.wait(LOADED)


def refuse(
    server: ServerProcess,
    stage: Stage,
    filled: FilledSite,
    browser: Browser,
    page: str,
    fields: Mapping[str, str],
    languages: Sequence[str],
    *,
    has_axe: bool = True,
) -> None:
    """Have a form refused in some languages, and looked at by axe unless told otherwise."""
    if not next(each.is_open for each in PAGES if each.path == page):
        who = member_of(server, stage, filled.player.site.id, None) if page.startswith("/profile") else filled.owner
        browser.keep_cookie("session", who.secret, server.url)
    for language in languages:
        browser.emulate(language=language)
        send(browser, server, filled.path_of(page), fields)
        assert_is_refused_well(browser, language, has_axe=has_axe)


@on_one_engine
def test_a_refused_form_says_why_moves_the_focus_there_and_fits_a_phone(
    server: ServerProcess, served: Stage, filled: FilledSite, browser: Browser
) -> None:
    for number, (page, fields) in enumerate(drawn(FORMS)):
        language, has_axe = LANGUAGES[number % len(LANGUAGES)], TURNS_OF_AXE[number % len(TURNS_OF_AXE)]
        refuse(server, served, filled, browser, page, fields, [language], has_axe=has_axe)


@on_one_engine
@pytest.mark.torture
@pytest.mark.parametrize(("page", "fields"), FORMS, ids=str)
def test_axe_finds_nothing_in_any_refused_form_in_either_language(
    server: ServerProcess, served: Stage, filled: FilledSite, browser: Browser, page: str, fields: Mapping[str, str]
) -> None:
    refuse(server, served, filled, browser, page, fields, LANGUAGES)


@on_one_engine
@pytest.mark.parametrize(("asked", "language"), in_turn([*SHOWN], LANGUAGES))
def test_a_refused_question_says_why_and_axe_finds_nothing(
    server: ServerProcess, filled: FilledSite, browser: Browser, asked: str, language: str
) -> None:
    browser.emulate(language=language)
    browser.keep_cookie("session", filled.owner.secret, server.url)
    browser.open(f"{server.url}/cabinet/{filled.player.site.id}/{asked}")
    assert_is_refused_well(browser, language)


def test_every_form_of_the_table_of_pages_is_refused_here() -> None:
    forms = [page.path for page in PAGES if page.method == "POST" and not page.path.endswith(OF_A_LIST)]
    assert sorted(forms) == sorted([*REFUSED, *WITHOUT_WORDS])
