"""Deals, leads, people and rows in a real browser: on a phone, under the policy, by keyboard, without JavaScript."""

import json
from collections.abc import Iterator

import pytest

from absent import leave_out
from browser import Browser, find_chromium
from cast import Player, Stage, moscow
from dealtrace.accounts.role import Role
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.leads.call import Circumstances
from dealtrace.operations.deals.register import register_deals
from logged_in import Visitor
from server import ServerProcess
from write_commands import by_contact, registration

PHONE = "79205550055"
DAY = "2018-03-26"
LONG = "w" * 200
HOSTILE = f"<script>faults.push('ran')</script>\"' \u202eevil {LONG}"
WATCH = (
    "window.faults = []; document.addEventListener('securitypolicyviolation', e => faults.push(e.violatedDirective))"
)


@pytest.fixture(params=["with JavaScript", "without JavaScript"])
def browser(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Open a browser on a phone."""
    if find_chromium() is None:
        leave_out("Chromium", "chromium")
    opened = Browser(tmp_path_factory.mktemp("browser"))
    opened.before_every_page(WATCH)
    opened._ask("Emulation.setDeviceMetricsOverride", width=360, height=740, deviceScaleFactor=1, mobile=True)
    opened._ask("Emulation.setScriptExecutionDisabled", value=request.param == "without JavaScript")
    yield opened
    opened.close()


@pytest.fixture
def site(served: Stage) -> Player:
    """Give a site whose every text is hostile and long."""
    return served.open_site(contact_matching=True)


@pytest.fixture
def deal(server: ServerProcess, served: Stage, site: Player, browser: Browser) -> int:
    """Give a deal with a lead, a near miss and a visit, and log an owner in."""
    visit = served.visit(
        site, moscow(DAY, "09:00:00"), TrafficSource("yandex", "cpc", HOSTILE), landing_url=f"https://shop.ru/{LONG}"
    )
    recording = Circumstances(record_url=f"https://pbx.example/{LONG}", is_successful=True)
    served.call(site, moscow(DAY, "10:30:00"), visit_id=visit.id, client_name=HOSTILE, circumstances=recording)
    served.lead_request(site, moscow(DAY, "08:00:00"), phone=PHONE, form_name=HOSTILE)
    sent = registration(HOSTILE, clue=by_contact(PHONE), status=HOSTILE, comment=HOSTILE, manager=HOSTILE)
    (receipt,) = served.perform(register_deals, site, sent)
    visitor = Visitor(server, served, site.site.id, Role.OWNER)
    visitor.close()
    browser._ask("Network.enable")
    browser._ask("Network.setCookie", name="session", value=visitor.secret, url=server.address, path="/")
    deal_id: int = receipt.deal_id
    return deal_id


def faults_of(browser: Browser) -> list[str]:
    """Return what is wrong with a page: too wide, headings, fields without labels, tables without captions, policy."""
    checks = {
        "wider than the phone": "document.documentElement.scrollWidth > 360",
        "headings": "document.querySelectorAll('h1').length !== 1",
        "labels": "[...document.querySelectorAll('main :is(input:not([type=hidden]), select, textarea)')]"
        ".some(field => !field.labels.length && !field.ariaLabel)",
        "captions": "[...document.querySelectorAll('main table')].some(table => !table.caption)",
        "scopes": "[...document.querySelectorAll('main th')].some(th => !th.scope)",
        "doubled ids": "new Set([...document.querySelectorAll('[id]')].map(e => e.id)).size"
        " !== document.querySelectorAll('[id]').length",
        "policy or script": "(window.faults || []).length > 0",
    }
    found = [name for name, script in checks.items() if browser.run(script)]
    wide = "[...document.querySelectorAll('body *')].filter(e => !e.closest('.scroll') && !e.closest('svg')"
    wide += " && e.getBoundingClientRect().right > 360).map(e => e.outerHTML.slice(0, 80))"
    return [*found, *browser.run(wide)] if found else []


def test_every_page_fits_a_phone_and_is_well_made(
    server: ServerProcess, site: Player, browser: Browser, deal: int
) -> None:
    root = f"{server.address}/cabinet/{site.site.id}"
    march = "from=2018-03-01&to=2018-03-31"
    browser.open(f"{root}/deals/{deal}")
    lead, person = (
        browser.run(f"document.querySelector('main a[href*=\"/{part}/\"]').href") for part in ("leads", "people")
    )
    for address in (
        f"{root}/deals?{march}",
        f"{root}/deals/{deal}",
        f"{root}/leads?{march}",
        f"{root}/leads?{march}&tab=missed",
        f"{root}/leads?{march}&tab=requests",
        f"{root}/leads?{march}&tab=visits",
        lead,
        person,
        f"{person}/data",
        f"{root}/reports/rows?{march}&metrics=amount&by=source&key=yandex",
        f"{root}/reports/rows?{march}&metrics=visits",
    ):
        browser.open(address)
        assert faults_of(browser) == [], address


def test_a_deal_is_pinned_by_the_keyboard_alone(
    server: ServerProcess, site: Player, browser: Browser, deal: int
) -> None:
    browser.open(f"{server.address}/cabinet/{site.site.id}/deals/{deal}")
    press(browser, "document.querySelector('details.card summary')", "Enter")
    press(browser, "document.querySelector('input[name=lead][value=none]')", " ")
    browser.run("document.documentElement.dataset.isOld = 'yes'")
    press(browser, "document.querySelector('button[value=pin]')", "Enter")
    browser.wait("document.documentElement.dataset.isOld === undefined && document.readyState === 'complete'")
    words = browser.run("document.querySelector('main').innerText")
    assert "The lead was pinned by hand" in words or "Лид закреплён вручную" in words
    assert faults_of(browser) == []


def press(browser: Browser, element: str, key: str) -> None:
    """Focus an element as the tabulator does, and press a key."""
    assert browser.run(f"({element}.focus(), document.activeElement === {element})"), json.dumps(element)
    code = {"Enter": ("Enter", 13, "\r"), " ": ("Space", 32, " ")}[key]
    sent = {"key": key, "code": code[0], "windowsVirtualKeyCode": code[1]}
    browser._ask("Input.dispatchKeyEvent", type="keyDown", text=code[2], **sent)
    browser._ask("Input.dispatchKeyEvent", type="keyUp", **sent)
