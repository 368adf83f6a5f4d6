"""A person who walks through the pages with a real browser: by mouse or by keyboard, in one of many settings."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from itertools import product
from typing import Any

from allpairspy import AllPairs

from browser import Browser
from dealtrace.accounts.rights import Role
from dealtrace.cabinet.gate import Page
from listed_pages import PEOPLE, may_use, page_at, refusal_of

HANDS, WIDTHS, THEMES, LANGUAGES = ("mouse", "keyboard"), (1280, 360), ("light", "dark"), ("ru", "en")
SCRIPTS = ("with scripts", "without scripts")
FACTORS: tuple[tuple[Any, ...], ...] = (HANDS, WIDTHS, THEMES, LANGUAGES, SCRIPTS, PEOPLE)
"""What the pages are walked with, in the order of `Way`; the longest factor is last: the pairs then take 8 ways."""
TABS_MAX = 200
WELL_MADE = {
    "it scrolls sideways": "document.documentElement.scrollWidth > innerWidth",
    "it has not one h1": "document.querySelectorAll('h1').length !== 1",
    "a field has no label": "[...document.querySelectorAll('main :is(input:not([type=hidden]), select, textarea)')]"
    ".some(field => !field.labels.length && !field.ariaLabel)",
    "a table has no caption": "[...document.querySelectorAll('main table')].some(table => !table.caption)",
    "a heading of a table has no scope": "[...document.querySelectorAll('main th')].some(th => !th.scope)",
    "an id is doubled": "new Set([...document.querySelectorAll('[id]')].map(e => e.id)).size"
    " !== document.querySelectorAll('[id]').length",
}
TOO_WIDE = """[...document.querySelectorAll('body *')].filter(e => !e.closest('.scroll') && !e.closest('svg')
 && e.getBoundingClientRect().right > innerWidth).map(e => e.outerHTML.slice(0, 90))"""
AXE = (files("axe_playwright_python") / "axe.min.js").read_text()
RUN_AXE = """axe.run(document, {resultTypes: ['violations'], %s}).then(({violations}) => violations.map(
  ({id, nodes}) => id + ': ' + nodes.slice(0, 3).map(node => node.html.slice(0, 150)).join(' | ')))"""
ALL_RULES, RULES_OF_COLOUR = "", "runOnly: ['color-contrast', 'link-in-text-block']"

OFFERS = """[...document.querySelectorAll('a[href]:not([href^="#"]), form, [formaction]')].map(each => {
  const form = each.matches('[formaction]') ? each.form : each
  const own = ['formaction', 'action', 'href'].map(name => each.getAttribute(name)).find(found => found)
  const method = each.tagName.toLowerCase() === 'a' ? 'get' : form.getAttribute('method') ?? 'get'
  const to = new URL(own ?? '', location)
  return [method.toUpperCase(), to.origin === location.origin ? to.pathname : '']
})"""
"""The method and the path of each link, form and button with a URL of its own that the page has."""
STOPS_BEFORE = """(element => {
  const groups = new Set()
  const stops = [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex]')].filter(
    each => each.tabIndex >= 0 && !each.disabled && each.type !== 'hidden' && each.checkVisibility()
      && (each.type !== 'radio' || !groups.has(each.name) && groups.add(each.name)))
  return stops.indexOf(element) - stops.indexOf(document.activeElement) - 1
})(document.querySelector(%s))"""
"""How many elements at least the tabulator stops at before it comes to one; less than none if that is behind."""
STATUS = "performance.getEntriesByType('navigation')[0].responseStatus"
ASK = """(asked => asked.map(([method, path]) => {
  const request = new XMLHttpRequest()
  request.open(method, path, false)
  request.send()
  const page = new DOMParser().parseFromString(request.responseText, 'text/html')
  return [request.status, page.querySelector('h1')?.textContent]
}))(%s)"""
"""The statuses and headings with which our own page is answered by other addresses, also where pages run no scripts."""
REFUSALS = {
    403: ("У вашей роли нет доступа к этой странице", "Your role has no access to this page"),
    404: ("Такой страницы нет", "There is no such page"),
}
"""The heading of a page that refuses a person, by its status; 403 is also said of forms from foreign pages."""


def assert_is_well_made(browser: Browser, *, is_thorough: bool = False) -> None:
    """Check the page that is open by axe, in both themes, and on a phone; all rules there, too, if `is_thorough`."""
    browser.run(AXE)
    assert browser.run(RUN_AXE % ALL_RULES) == []
    browser.use_theme(is_dark=True)
    assert browser.run(RUN_AXE % RULES_OF_COLOUR) == []
    browser.resize(360, 740)
    assert list(faults_of(browser)) == []
    if is_thorough:
        assert browser.run(RUN_AXE % ALL_RULES) == []


@dataclass(frozen=True)
class Way:
    """How the pages are walked: with which hand, window, theme and language, with scripts or without, and by whom."""

    hand: str
    width: int
    theme: str
    language: str
    scripts: str
    role: Role | None

    def __str__(self) -> str:
        """Return the way as the name of its test."""
        who = self.role or "owner-of-the-installation"
        return f"{who}-{self.hand}-{self.width}-{self.theme}-{self.language}-{self.scripts.replace(' ', '-')}"


PAIRWISE = [Way(*values) for values in AllPairs([list(factor) for factor in FACTORS])]
"""Few ways in which every value of a factor meets every value of each other factor."""
EVERY = [Way(*values) for values in product(*FACTORS)]


def faults_of(browser: Browser) -> Iterator[str]:
    """Yield what is wrong with the page: its width, headings, labels, tables, ids, and what its console says."""
    checks = ", ".join(f"{json.dumps(name)}: {script}" for name, script in WELL_MADE.items())
    found = browser.run(f"({{{checks}}})")
    yield from (name for name, is_wrong in found.items() if is_wrong)
    if found["it scrolls sideways"]:
        yield from browser.run(TOO_WIDE)[:5]
    yield from browser.complaints


class Walker:
    """Does with a page what a person does, and checks every page that comes of it."""

    def __init__(self, browser: Browser, url: str, way: Way) -> None:
        self.browser, self.url, self.way = browser, url, way
        browser.emulate(
            width=way.width,
            is_dark=way.theme == "dark",
            language=way.language,
            runs_scripts=way.scripts == "with scripts",
        )

    def open(self, path: str) -> None:
        """Open a page by its path."""
        self.browser.open(self.url + path)
        self.check()

    def check(self) -> None:
        """Check the page that is open."""
        assert list(faults_of(self.browser)) == [], (self.path, str(self.way))

    @property
    def path(self) -> str:
        """The path of the page."""
        return str(self.browser.run("location.pathname"))

    @property
    def text(self) -> str:
        """What the page says."""
        return str(self.browser.run("document.querySelector('main').innerText"))

    def finds(self, selector: str) -> bool:
        """Whether the page has such an element."""
        return bool(self.browser.run(f"document.querySelector({json.dumps(selector)}) !== null"))

    def offers(self) -> set[Page]:
        """Return the pages of the table of pages that the page offers, by a link or a form."""
        found = [page_at(method, path) for method, path in self.browser.run(OFFERS)]
        return {page for page in found if page is not None}

    def assert_is_refused(self, person: Role | None, page: Page, path: str) -> None:
        """Open a page by its path as somebody who may not use it: it says so, and offers nothing of that kind."""
        assert not may_use(person, page), (person, page.path)
        self.open(path)
        assert self.browser.run(STATUS) == refusal_of(page), (person, path)
        assert self.browser.run("document.querySelector('h1').textContent") in REFUSALS[refusal_of(page)], path
        self.assert_offers_nothing_refused(person)

    def assert_offers_nothing_refused(self, person: Role | None) -> None:
        """Check that the page that is open has no link and no form which the person may not use."""
        refused = [f"{page.method} {page.path}" for page in self.offers() if not may_use(person, page)]
        assert not refused, (person, self.path, refused)

    def assert_are_refused(self, person: Role | None, pages: Sequence[tuple[Page, str]]) -> None:
        """Ask for pages and send forms from the page that is open, as somebody who may use none of them."""
        answers = self.browser.run(ASK % json.dumps([(page.method, path) for page, path in pages]))
        for (page, path), (status, heading) in zip(pages, answers, strict=True):
            assert status == refusal_of(page), (person, page.method, path)
            assert heading in REFUSALS[status], (person, page.method, path)

    def use(self, selector: str, key: str = "Enter") -> None:
        """Click an element, or press a key on it once the tabulator has come to it."""
        if self.way.hand == "keyboard":
            self._tab_to(selector)
            self.browser.press(key)
        else:
            self._click(selector)

    def go(self, selector: str) -> None:
        """Use a link or a button, and wait for the page that it leads to."""
        self.browser.run("document.documentElement.dataset.isOld = 'yes'")
        self.use(selector)
        self.browser.wait("document.documentElement.dataset.isOld === undefined && document.readyState === 'complete'")
        self.check()

    def write(self, selector: str, text: str) -> None:
        """Write into a field."""
        if self.way.hand == "keyboard":
            self._tab_to(selector)
        else:
            self._click(selector)
        self.browser.write(text)

    def _tab_to(self, selector: str) -> None:
        """Press the tabulator until the element has the focus, which must be seen."""
        self.browser.press_in_a_row("Tab", self.browser.run(STOPS_BEFORE % json.dumps(selector)))
        for _ in range(TABS_MAX):
            if self.browser.run(f"document.activeElement === document.querySelector({json.dumps(selector)})"):
                assert self.browser.run("getComputedStyle(document.activeElement).outlineStyle") != "none", selector
                return
            self.browser.press("Tab")
        raise AssertionError((selector, self.path, "is out of reach of the keyboard"))

    def _click(self, selector: str) -> None:
        """Click the middle of an element, which nothing may cover."""
        element = f"document.querySelector({json.dumps(selector)})"
        self.browser.run(f"{element}.scrollIntoView({{block: 'center', inline: 'center'}})")
        box = self.browser.run(
            f"(({{x, y, width, height}}) => [x + width / 2, y + height / 2])({element}.getClientRects()[0])"
        )
        hit = f"document.elementFromPoint({box[0]}, {box[1]})"
        assert self.browser.run(f"(e => {element}.contains(e) || e?.contains({element}))({hit})"), (selector, self.path)
        self.browser.click(*box)
