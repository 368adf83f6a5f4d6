"""A person who walks through the pages with a real browser: by mouse or by keyboard, in one of many settings."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from itertools import product
from typing import Any

from allpairspy import AllPairs

from browser import Browser
from dealtrace.accounts.rights import Role

HANDS, WIDTHS, THEMES, LANGUAGES = ("mouse", "keyboard"), (1280, 360), ("light", "dark"), ("ru", "en")
SCRIPTS = ("with scripts", "without scripts")
FACTORS: tuple[tuple[Any, ...], ...] = (tuple(Role), HANDS, WIDTHS, THEMES, LANGUAGES, SCRIPTS)
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


def assert_is_well_made(browser: Browser) -> None:
    """Check the page that is open by axe, in both themes, and on a phone."""
    browser.run(AXE)
    assert browser.run(RUN_AXE % ALL_RULES) == []
    browser.use_theme(is_dark=True)
    assert browser.run(RUN_AXE % RULES_OF_COLOUR) == []
    browser.resize(360, 740)
    assert list(faults_of(browser)) == []


@dataclass(frozen=True)
class Way:
    """How the pages are walked: by whom, with which hand, window, theme and language, with scripts or without."""

    role: Role
    hand: str
    width: int
    theme: str
    language: str
    scripts: str

    def __str__(self) -> str:
        """Return the way as the name of its test."""
        return f"{self.role}-{self.hand}-{self.width}-{self.theme}-{self.language}-{self.scripts.replace(' ', '-')}"


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

    def __init__(self, browser: Browser, address: str, way: Way) -> None:
        self.browser, self.address, self.way = browser, address, way
        browser.emulate(
            width=way.width,
            is_dark=way.theme == "dark",
            language=way.language,
            runs_scripts=way.scripts == "with scripts",
        )

    def open(self, path: str) -> None:
        """Open a page by its address."""
        self.browser.open(self.address + path)
        self.check()

    def check(self) -> None:
        """Check the page that is open."""
        assert list(faults_of(self.browser)) == [], (self.path, str(self.way))

    @property
    def path(self) -> str:
        """The path of the page."""
        return str(self.browser.run("location.pathname"))

    @property
    def words(self) -> str:
        """What the page says."""
        return str(self.browser.run("document.querySelector('main').innerText"))

    def finds(self, selector: str) -> bool:
        """Whether the page has such an element."""
        return bool(self.browser.run(f"document.querySelector({json.dumps(selector)}) !== null"))

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
        for _ in range(TABS_MAX):
            if self.browser.run(f"document.activeElement === document.querySelector({json.dumps(selector)})"):
                assert self.browser.run("getComputedStyle(document.activeElement).outlineStyle") != "none", selector
                return
            self.browser.press("Tab")
        raise AssertionError((selector, self.path, "is out of reach of the keyboard"))

    def _click(self, selector: str) -> None:
        """Click the middle of an element, which nothing may cover."""
        element = f"document.querySelector({json.dumps(selector)})"
        self.browser.run(f"{element}.scrollIntoView({{block: 'center'}})")
        box = self.browser.run(
            f"(({{x, y, width, height}}) => [x + width / 2, y + height / 2])({element}.getClientRects()[0])"
        )
        hit = f"document.elementFromPoint({box[0]}, {box[1]})"
        assert self.browser.run(f"(e => {element}.contains(e) || e?.contains({element}))({hit})"), (selector, self.path)
        self.browser.click(*box)
