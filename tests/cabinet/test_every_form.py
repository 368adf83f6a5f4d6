"""Every form of the cabinet is pressed in a real Chromium: by each role that may, in each setting, to its end."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from itertools import combinations, count, cycle, product
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pyotp
import pytest

from account_work import account_work
from browser import Browser
from cast import Stage
from dealtrace.accounts.rights import Role
from dealtrace.accounts.site import SiteId
from dealtrace.cabinet.gate import Page
from dealtrace.cabinet.routes import PAGES
from dealtrace.leads.call import Circumstances
from dealtrace.operations.accounts.invite_user import invite_first_user
from dealtrace.storage.database.engine import open_database
from engines import CopySqlite
from filled_site import CALLS, COSTS, FilledSite, fill_site
from guests import PASSWORD, Guest, member_of, new_user
from listed_pages import PEOPLE, may_use, pattern_of
from receiver import Receiver
from server import ServerProcess
from waiting import wait_until_followed
from walker import EVERY, FACTORS, PAIRWISE, STATUS, Walker, Way

DEALS = "orderNumber;orderDate;orderStatus;sum\n1;26.03.2018 10:00:00;new;100\n"
RATES = "currency;date;rate\nkzt;2024-01-01;0.19\n"
NEW_PASSWORD = "staple battery horse"
_NUMBERS = count(1)


@dataclass(frozen=True)
class Scene:
    """Where a person presses forms: the server, its database, a filled site, its people, and the person's hands."""

    server: ServerProcess
    stage: Stage
    site: FilledSite
    people: Mapping[Role | None, Guest]
    walker: Walker
    name: str
    seen_by_strangers: set[tuple[str, Role | None]]
    """Doors of journeys that have been opened by strangers, to whom they offered nothing."""

    @property
    def root(self) -> str:
        """The path of the site's pages."""
        return f"/cabinet/{self.site.player.site.id}"

    @property
    def person(self) -> Guest:
        """Who walks: a person with the role of the way."""
        return self.people[self.walker.way.role]

    @property
    def roles(self) -> Mapping[SiteId, Role] | None:
        """What a new user needs to have the role of the way."""
        role = self.walker.way.role
        return {self.site.player.site.id: role} if role is not None else None

    def log_in(self, guest: Guest | None = None) -> None:
        """Be the person who walks, or this guest, without the form for it."""
        self.walker.browser.keep_cookie("session", (guest or self.person).secret, self.server.url)

    def open(self, place: str) -> None:
        """Open a page of the site, or one whose path begins with a slash."""
        self.walker.open(place if place.startswith("/") else f"{self.root}/{place}")

    def rewrite(self, selector: str, text: str) -> None:
        """Write into a field instead of what it has."""
        self.walker.browser.run(f"document.querySelector({json.dumps(selector)}).value = ''")
        self.walker.write(selector, text)

    def choose(self, selector: str, value: str) -> None:
        """Choose one of a list."""
        self.walker.browser.run(f"document.querySelector({json.dumps(selector)}).value = {json.dumps(value)}")

    def attach(self, name: str, text: str) -> None:
        """Attach a file to the form of the page, and choose the encoding that is found by itself."""
        self.walker.browser.run(
            f"(kept => {{ kept.items.add(new File([{json.dumps(text)}], {json.dumps(name)}));"
            " document.querySelector('[type=file]').files = kept.files; })(new DataTransfer())"
        )

    def press(self, action: str, rest: str = " button") -> None:
        """Press the button of the form whose URL ends so; `rest` is the selector of the button inside."""
        selector = f"form[action$='{action}']{rest}"
        self.sees(selector)
        self.walker.go(selector)

    def settle(self, action: str) -> None:
        """Save anyway what the page has shown a forecast of, if it has."""
        if self.walker.finds("#forecast"):
            self.press(action)

    def sees(self, selector: str) -> None:
        """Check that the page has an element."""
        assert self.walker.finds(selector), (selector, self.walker.path, self.walker.text)

    def misses(self, selector: str) -> None:
        """Check that the page does not have an element."""
        assert not self.walker.finds(selector), (selector, self.walker.path)


def save_a_report_and_a_segment(scene: Scene) -> None:
    """Save a report and its filters, rename them, delete them, bring them back and delete them again."""
    scene.log_in()
    for place in ("reports/saved", "reports/segments"):
        scene.open("reports?by=source&metrics=deals&period=28d&filter=source:is:yandex")
        scene.walker.use(f"details:has([action$='/{place}']) summary")
        scene.walker.write(f"[action$='/{place}'] [name=name]", scene.name)
        scene.press(f"/{place}")
        scene.open(place)
        scene.rewrite(f"form:has([name=name][value='{scene.name}']) [name=new_name]", f"{scene.name}-new")
        scene.press(f"/{place}/change", f":has([name=name][value='{scene.name}']) [value=rename]")
        scene.press(f"/{place}/change", f":has([name=name][value='{scene.name}-new']) [value=delete]")
        scene.press(f"/{place}/change", ":has([name=agreed]) [value=delete]")
        scene.misses(f"[name=new_name][value^='{scene.name}']")
        scene.press(f"/{place}", f":has([name=name][value='{scene.name}-new']) button")
        scene.press(f"/{place}/change", f":has([name=name][value='{scene.name}-new']) [value=delete]")
        scene.press(f"/{place}/change", ":has([name=agreed]) [value=delete]")
        scene.open(place)
        scene.misses(f"[name=name][value^='{scene.name}']")


def write_a_note(scene: Scene) -> None:
    """Write a note on the axis of charts, and remove it."""
    scene.log_in()
    scene.open("notes")
    scene.walker.write("[name=text]", scene.name)
    scene.press("/notes")
    assert scene.name in scene.walker.text
    scene.press("/notes/remove", f" [aria-label*='{scene.name}']")
    assert scene.walker.finds("main .done")


def share_a_report(scene: Scene) -> None:
    """Share a report, open the link without a login, and revoke it."""
    scene.log_in()
    scene.open("reports?by=source&metrics=deals&period=28d")
    scene.walker.use("details:has([action$='/settings/shared']) summary")
    scene.walker.write("[action$='/settings/shared'] [name=name]", scene.name)
    scene.press("/settings/shared")
    link = urlsplit(scene.walker.browser.run("document.querySelector('#secret').textContent.trim()")).path
    scene.walker.browser.forget()
    scene.open(link)
    scene.sees("main table")
    scene.misses("main form")
    scene.log_in()
    scene.open("settings/shared")
    scene.press("/shared/revoke", f" [aria-label*='{scene.name}']")
    scene.walker.browser.forget()
    scene.open(link)
    scene.misses("main table")


def change_deals_and_leads(scene: Scene) -> None:
    """Pin a deal, unpin it, undo that, delete the deal and restore it; note a lead, delete it and restore it."""
    scene.log_in()
    scene.open(f"deals/{scene.site.places['deal']}")
    scene.walker.use("details.card summary")
    scene.walker.use("[name=lead][value=none]", " ")
    for act in ("pin", "unpin"):
        if act == "unpin":
            scene.walker.use("details.card summary")
        scene.walker.go(f"[name=act][value={act}]")
    for act, next_act in (("undo", "delete"), ("delete", "restore"), ("restore", "delete")):
        scene.walker.go(f"[name=act][value={act}]")
        scene.sees(f"[name=act][value={next_act}]")
    scene.open(f"leads/call/{scene.site.places['lead']}")
    scene.rewrite("[name=manager]", scene.name)
    for act, next_act in (("note", "hide"), ("hide", "bring_back"), ("bring_back", "note")):
        scene.walker.go(f"[name=act][value={act}]")
        scene.sees(f"[name=act][value={next_act}]")
    assert scene.walker.browser.run("document.querySelector('[name=manager]').value") == scene.name


def undo_a_note_of_a_lead(scene: Scene) -> None:
    """Write a note on a lead and another over it, undo that on the page of the lead, and undo the undoing."""
    scene.log_in()
    call = scene.stage.call(scene.site.player, datetime.now(UTC), phone=f"7922{next(_NUMBERS):07}")
    scene.open(f"leads/call/{call.id}")
    scene.misses("[name=act][value=undo]")
    first, second = f"{scene.name}-first", f"{scene.name}-second"
    for text in (first, second):
        scene.rewrite("[name=comment]", text)
        scene.walker.go("[name=act][value=note]")
    for before, after in ((first, second), (second, first)):
        assert f"{before} → {after}" in scene.walker.text
        assert scene.person.login in scene.walker.text
        scene.walker.go("main ol > li:first-child [name=act][value=undo]")
        assert scene.walker.browser.run("document.querySelector('[name=comment]').value") == before


def mark_missed_calls(scene: Scene) -> None:
    """Mark a missed call as returned, see that it left the list, and put it back from the list of marked calls."""
    scene.log_in()
    missed = {"seconds": 0, "circumstances": Circumstances(is_successful=False)}
    call = scene.stage.call(scene.site.player, datetime.now(UTC), phone=f"7923{next(_NUMBERS):07}", **missed)
    link = f"main th a[href$='/leads/call/{call.id}']"
    scene.open("leads?tab=missed&period=7d")
    scene.sees(link)
    scene.press("/leads/missed", f" [name=returned][value='{call.id}']")
    scene.misses(link)
    scene.walker.use("[name=done]", " ")
    scene.walker.go("main form[method=get] button")
    scene.sees(link)
    assert "period=7d" in scene.walker.browser.run("location.search")
    scene.press("/leads/missed", f" [name=again][value='{call.id}']")
    scene.misses(link)
    scene.open("leads?tab=missed")
    scene.press("/leads/missed", f" [name=unneeded][value='{call.id}']")
    scene.misses(link)


def erase_a_person(scene: Scene) -> None:
    """Erase a person: see what goes, confirm, and find the phone no more."""
    scene.log_in()
    phone = f"7921{next(_NUMBERS):07}"
    call = scene.stage.call(scene.site.player, datetime.now(UTC), phone=phone)
    scene.open(f"leads/call/{call.id}")
    scene.walker.go(f"main a[href^='{scene.root}/people/']")
    person = scene.walker.path
    scene.walker.go("main a[href$='/data']")
    scene.walker.go("[name=act][value=confirm]")
    assert phone in scene.walker.text
    scene.walker.go("[name=act][value=erase]")
    scene.open(person)
    assert phone not in scene.walker.text


def set_what_is_sent(scene: Scene) -> None:
    """Issue a token and revoke it; add a field and remove it; set a setting and undo it."""
    scene.log_in()
    scene.open("settings/tokens")
    scene.walker.write("[name=label]", scene.name)
    scene.press("/settings/tokens")
    scene.sees("#secret")
    scene.press("/tokens/revoke", f" [aria-label$='{scene.name}']")
    scene.misses(f"[aria-label$='{scene.name}']")
    scene.open("settings/fields")
    scene.walker.write("input[name=name]", scene.name)
    scene.press("/settings/fields", ":has(input[name=name]) button")
    scene.walker.go(f"main a[href$='remove={scene.name}']")
    scene.press("/fields/remove")
    scene.misses(f"main a[href$='remove={scene.name}']")
    scene.open("settings/site")
    scene.rewrite("[name=target_call_seconds]", str(30 + next(_NUMBERS)))
    scene.press("/settings/site", " button:not([name])")
    scene.settle("/settings/site")
    scene.sees("main .done")
    scene.open("settings/changes")
    scene.walker.go("main form[action$='/settings/site'] button")


def name_statuses_and_columns(scene: Scene) -> None:
    """Say what a status means; add a column of reports, and remove it."""
    scene.log_in()
    scene.open("settings/statuses")
    scene.walker.write("form.card [name=name]", f"{scene.name}-status")
    scene.press("/settings/statuses", ".card button")
    scene.settle("/settings/statuses")
    scene.open("settings/columns")
    scene.walker.write("#column [name=name]", scene.name)
    scene.choose("#column [name=kind]", "formula")
    scene.walker.write("#column [name=formula]", "amount / deals")
    scene.walker.go("#column button")
    scene.walker.go("#column [name=agreed]")
    scene.press("/columns/remove", f" [value='{scene.name}']")
    scene.misses(f"[value='{scene.name}']")


def set_how_it_is_counted(scene: Scene) -> None:
    """Add a host of one's own and remove it, and preview the past."""
    scene.log_in()
    scene.open("settings/hosts")
    scene.choose("[name=kind]", "own")
    scene.walker.write("[name=host]", f"{scene.name}.example")
    scene.press("/settings/hosts")
    scene.settle("/settings/hosts")
    scene.press("/hosts/remove", f" [value='own {scene.name}.example']")
    scene.settle("/hosts/remove")
    scene.misses(f"[value='own {scene.name}.example']")
    scene.open("settings/past")
    scene.press("/settings/past", " [value=preview]")


def have_events_sent(scene: Scene) -> None:
    """Add a webhook, test it, have a delivery sent again, and delete the webhook."""
    scene.log_in()
    receiver = Receiver()
    try:
        scene.open("settings/webhooks")
        scene.walker.write("[name=url]", receiver.url)
        scene.choose("[name=style]", "form")
        scene.press("/settings/webhooks")
        place = scene.walker.path
        wait_until_followed(scene.server)
        scene.walker.go("[name=act][value=test]")
        scene.server.register(scene.site.player.token, orderNumber=scene.name)
        receiver.wait_for(2)
        until_seen(scene, place, "[name=message]")
        scene.walker.go("[name=message]")
        scene.open(place)
        scene.walker.go("[name=act][value=delete]")
        scene.walker.go("form:has([name=agreed]) [value=delete]")
    finally:
        receiver.vanish()


def until_seen(scene: Scene, place: str, selector: str) -> None:
    """Open a page again until it has an element."""
    for _ in range(200):
        scene.walker.browser.open(scene.server.url + place)
        if scene.walker.finds(selector):
            break
    scene.walker.check()
    scene.sees(selector)


def have_mails_sent(scene: Scene) -> None:
    """Try an alert, add and remove it; add a report by e-mail, change it, leave it and remove it; unsubscribe."""
    scene.log_in()
    scene.open("settings/alerts")
    scene.choose("[name=kind]", "above")
    scene.walker.write("[name=amount]", "3")
    scene.walker.write("[name=recipients]", f"{scene.name}@example.com")
    scene.press("/settings/alerts", " button:not([name])")
    scene.press("/settings/alerts", " [name=agreed]")
    scene.walker.go("main tbody tr:last-child a")
    scene.walker.go("[name=act][value=remove]")
    scene.open("settings/mail-reports")
    scene.walker.write("[name=title]", scene.name)
    scene.walker.write("[name=question]", "metrics=deals")
    own = "[...document.querySelectorAll('[name=member]')].find(box => box.parentElement.textContent.trim() === "
    number = scene.walker.browser.run(f"{own}{json.dumps(scene.person.login)}).value")
    scene.walker.use(f"[name=member][value='{number}']", " ")
    scene.walker.write("[name=recipients]", f"{scene.name}@example.com")
    scene.press("/settings/mail-reports")
    scene.press("/mail-reports/leave", f" [aria-label$='{scene.name}']")
    scene.misses(f"[action$='/mail-reports/leave'] [aria-label$='{scene.name}']")
    remove = f"[action$='/mail-reports/remove'] [aria-label$='{scene.name}']"
    report = scene.walker.browser.run(f"document.querySelector({json.dumps(remove)}).value")
    scene.walker.go(f"main a[href$='/mail-reports/{report}']")
    scene.rewrite("[name=title]", f"{scene.name}-new")
    scene.walker.go("main form.card button")
    scene.open("settings/mail-reports")
    scene.press("/mail-reports/remove", f" [aria-label$='{scene.name}-new']")
    scene.misses(f"[aria-label$='{scene.name}-new']")
    scene.walker.browser.forget()
    scene.walker.open(scene.site.path_of("/unsubscribe/{key}"))
    scene.walker.go("[name=act][value=leave]")
    scene.walker.go("[name=act][value=again]")
    scene.sees("[name=act][value=leave]")


def upload_files(scene: Scene) -> None:
    """Import calls after a preview, and compare deals with the CRM."""
    scene.log_in()
    scene.open("settings/imports")
    scene.choose("[name=noun]", "call")
    scene.attach("calls.csv", CALLS)
    scene.press("/settings/imports")
    scene.walker.go("main form.bar button")
    scene.sees("main .done")
    scene.open("settings/imports")
    scene.walker.go("main a[href*='/settings/imports/undo/']")
    scene.walker.go("main form.bar button")
    scene.sees("main [role=status]")
    scene.open("settings/agreement")
    scene.attach("deals.csv", DEALS)
    scene.press("/settings/agreement")
    scene.sees("main [role=status]")


def bring_costs_and_rates(scene: Scene) -> None:
    """Import costs after a preview; set a rate of a currency, import rates, and remove them."""
    scene.log_in()
    scene.open("costs")
    scene.walker.write("[name=system]", "yandex")
    scene.walker.write("[name=account]", scene.name)
    scene.attach("costs.csv", COSTS)
    scene.press("/costs")
    scene.walker.go("main form.bar button")
    scene.sees("main .done")
    scene.press("/costs/remove")
    scene.press("/costs/remove")
    scene.sees("main .done")
    scene.open("settings/rates")
    scene.rewrite("input[name=currency]:not([type=hidden])", "eur")
    scene.rewrite("[name=rubles]", "92.5")
    scene.press("/settings/rates")
    scene.attach("rates.csv", RATES)
    scene.press("/rates/import")
    for currency in ("eur", "kzt"):
        scene.press("/rates/remove", f" [value={currency}]")
        scene.misses(f"[action$='/rates/remove'] [value={currency}]")


def keep_oneself_safe(scene: Scene) -> None:
    """Log in, set up a second factor and come back with it, have new codes, turn it off, change the password."""
    walker, user = scene.walker, new_user(scene.stage.database, scene.roles)
    log_in_with(scene, user.login, PASSWORD)
    walker.open("/cabinet/profile/second-factor")
    secret = walker.browser.run("document.querySelector('[name=secret]').value")
    walker.write("[name=code]", pyotp.TOTP(secret).at(datetime.now(UTC)))
    walker.write("[name=password]", PASSWORD)
    scene.press("/profile/second-factor")
    code = walker.browser.run("document.querySelector('.codes code').textContent")
    scene.press("/logout")
    log_in_with(scene, user.login, PASSWORD)
    walker.write("[name=code]", code)
    scene.press("/login/code")
    walker.open("/cabinet/profile")
    walker.write("[action$='/recovery-codes'] [name=password]", PASSWORD)
    scene.press("/profile/recovery-codes")
    scene.sees(".codes code")
    walker.open("/cabinet/profile")
    walker.write("[action$='/recovery-codes'] [name=password]", PASSWORD)
    walker.go("[formaction$='/second-factor/off']")
    scene.misses("[action$='/recovery-codes']")
    walker.write("[action$='/profile/password'] [name=password]", PASSWORD)
    walker.write("[name=new_password]", NEW_PASSWORD)
    scene.press("/profile/password")
    other = Guest(scene.server)
    other.log_in(user, NEW_PASSWORD)
    walker.open("/cabinet/profile")
    walker.use("[name=has_keys]", " ")
    scene.press("/profile/keys")
    scene.misses("[name=has_keys][checked]")
    scene.press("/profile/sessions", " [value=others]")
    scene.misses("[action$='/profile/sessions']")
    assert not other.is_in()


def log_in_with(scene: Scene, login: str, password: str) -> None:
    """Fill in the form of the log-in page."""
    scene.walker.open("/cabinet/login")
    scene.walker.write("[name=login]", login)
    scene.walker.write("[name=password]", password)
    scene.press("/login")


def link_shown(scene: Scene) -> str:
    """Return the one-time link that the page shows, without its host."""
    link = urlsplit(scene.walker.browser.run("document.querySelector('main textarea').value"))
    return f"{link.path}?{link.query}"


def invite_people_to_a_site(scene: Scene) -> None:
    """Invite a person to the site, who comes in; change the role and the password; revoke an invitation."""
    scene.log_in()
    scene.open("settings/users")
    scene.press("/users/invitation")
    invitation = link_shown(scene)
    scene.walker.browser.forget()
    scene.open(invitation)
    scene.walker.write("[name=login]", f"{scene.name}@example.com")
    scene.walker.write("[name=password]", PASSWORD)
    scene.press("/invitation")
    assert scene.walker.path.startswith(scene.root)
    scene.log_in()
    scene.open("settings/users")
    person = scene.walker.browser.run(
        f"[...document.querySelectorAll('main tbody tr')].find(row => row.textContent.includes('{scene.name}@'))"
        ".querySelector('[name=user]').value"
    )
    scene.choose(f"form:has([name=user][value='{person}']) [name=role]", "analyst")
    scene.press("/users/role", f":has([name=user][value='{person}']) button")
    scene.press("/users/password", f" [value='{person}']")
    reset = link_shown(scene)
    scene.open("settings/users")
    scene.press("/users/logout", f" [value='{person}']")
    scene.press("/users/invitation")
    scene.open("settings/users")
    scene.press("/users/revoke")
    scene.walker.browser.forget()
    scene.open(reset)
    scene.walker.write("[name=password]", NEW_PASSWORD)
    scene.press("/password")
    assert scene.walker.path.startswith(scene.root)


def keep_users(scene: Scene) -> None:
    """Invite and revoke for the installation; change a user's role, ownership, password and factor; delete the user."""
    user = new_user(scene.stage.database, {scene.site.player.site.id: Role.READER})
    guest = Guest(scene.server)
    guest.log_in(user)
    guest.secret = guest.http.cookies["session"]
    secret = guest.get("/profile/second-factor").text.partition('name="secret" value="')[2].partition('"')[0]
    guest.send(
        "/profile/second-factor", secret=secret, code=pyotp.TOTP(secret).at(datetime.now(UTC)), password=PASSWORD
    )
    scene.log_in()
    for act in ("invitation", "revoke", "second-factor"):
        scene.open("/cabinet/users")
        scene.press(f"/users/{act}")
    place = f"/cabinet/users/{user.id}"
    scene.open(place)
    scene.choose(f"form:has([name=site][value='{scene.site.places['site']}']) [name=role]", "analyst")
    scene.press("/role", f":has([name=site][value='{scene.site.places['site']}']) button")
    scene.walker.use("[name=is_owner]", " ")
    scene.press("/ownership")
    scene.press("/password")
    scene.sees("main textarea")
    scene.open(place)
    scene.press(f"/{user.id}/logout")
    scene.press(f"/{user.id}/second-factor")
    scene.misses(f"[action$='/{user.id}/second-factor']")
    scene.walker.use("[name=is_sure]", " ")
    scene.press("/delete")
    assert user.login not in scene.walker.text


def open_sites(scene: Scene) -> None:
    """Create a site, and have a demo filled and removed."""
    scene.log_in()
    scene.open("/cabinet/sites")
    scene.walker.write("[name=name]", scene.name)
    scene.rewrite("[name=timezone]", "Europe/Moscow")
    scene.press("/sites")
    scene.sees("#secret")
    scene.open("/cabinet/demo")
    scene.choose("[name=part]", "0.02")
    scene.press("/cabinet/demo")
    scene.sees("#secret")
    scene.press("/demo/remove", " [name=site]")
    scene.sees("main .done")


@dataclass(frozen=True)
class Journey:
    """What a person does, who may do it, the pages that lead to it, and the forms that it sends.

    `entry_pages` lead to the journey; the last of them has a form of it. There are none if everybody may go on the
    journey. The last of them that a person without the right may open shows that person no way to go on. To people
    with the right it offers the next page or a form.
    """

    walk: Callable[[Scene], None]
    walkers: Sequence[Role | None]
    entry_pages: Sequence[str]
    forms: Sequence[str]

    def __str__(self) -> str:
        """Return the name of the journey."""
        return self.walk.__name__

    @property
    def strangers(self) -> Sequence[Role | None]:
        """Who may not walk it."""
        return [person for person in PEOPLE if person not in self.walkers]

    def last_open_page_of(self, person: Role | None) -> int:
        """Return the index of the last entry page that a person may open."""
        return max(number for number, page in enumerate(self.entry_pages) if may_use(person, listed(page)))


def listed(path: str) -> Page:
    """Return the page with a path of the table of pages, without its question."""
    return next(page for page in PAGES if page.method == "GET" and page.path == path.partition("?")[0])


READERS, ANALYSTS, OWNERS, OF_INSTALLATION = PEOPLE, PEOPLE[1:], PEOPLE[2:], PEOPLE[3:]
HOME, SETTINGS = "/{site:int}/", "/{site:int}/settings"
REPORT = "/{site:int}/reports?by=source&metrics=deals&period=28d"
JOURNEYS = (
    Journey(save_a_report_and_a_segment, READERS, (), (
        "/{site:int}/reports/saved", "/{site:int}/reports/saved/change",
        "/{site:int}/reports/segments", "/{site:int}/reports/segments/change",
    )),
    Journey(keep_oneself_safe, READERS, (), (
        "/login", "/login/code", "/logout", "/profile/second-factor", "/profile/second-factor/off",
        "/profile/recovery-codes", "/profile/password", "/profile/keys", "/profile/sessions",
    )),
    Journey(write_a_note, ANALYSTS, ("/{site:int}/notes",), ("/{site:int}/notes", "/{site:int}/notes/remove")),
    Journey(change_deals_and_leads, ANALYSTS, (HOME, "/{site:int}/deals", "/{site:int}/deals/{deal:int}"), (
        "/{site:int}/deals/{deal:int}", "/{site:int}/leads/{kind}/{lead:int}",
    )),
    Journey(
        undo_a_note_of_a_lead, ANALYSTS,
        (HOME, "/{site:int}/leads", "/{site:int}/leads/{kind}/{lead:int}"),
        ("/{site:int}/leads/{kind}/{lead:int}",),
    ),
    Journey(mark_missed_calls, ANALYSTS, (HOME, "/{site:int}/leads"), ("/{site:int}/leads/missed",)),
    Journey(name_statuses_and_columns, ANALYSTS, (HOME, SETTINGS, "/{site:int}/settings/columns"), (
        "/{site:int}/settings/statuses", "/{site:int}/settings/columns", "/{site:int}/settings/columns/remove",
    )),
    Journey(have_mails_sent, ANALYSTS, ("/{site:int}/settings/mail-reports",), (
        "/{site:int}/settings/alerts", "/{site:int}/settings/alerts/{alert}",
        "/{site:int}/settings/mail-reports", "/{site:int}/settings/mail-reports/{report}",
        "/{site:int}/settings/mail-reports/leave", "/{site:int}/settings/mail-reports/remove", "/unsubscribe/{key}",
    )),
    Journey(bring_costs_and_rates, ANALYSTS, (HOME, SETTINGS, "/{site:int}/settings/rates"), (
        "/{site:int}/costs", "/{site:int}/costs/{key}", "/{site:int}/costs/remove",
        "/{site:int}/settings/rates", "/{site:int}/settings/rates/import", "/{site:int}/settings/rates/remove",
    )),
    Journey(share_a_report, OWNERS, (REPORT, "/{site:int}/settings/shared"), (
        "/{site:int}/settings/shared", "/{site:int}/settings/shared/revoke",
    )),
    Journey(
        erase_a_person, OWNERS,
        (HOME, "/{site:int}/leads", "/{site:int}/people/{client:int}", "/{site:int}/people/{client:int}/data"),
        ("/{site:int}/people/{client:int}/data",),
    ),
    Journey(set_what_is_sent, OWNERS, (HOME, SETTINGS, "/{site:int}/settings/tokens"), (
        "/{site:int}/settings/tokens", "/{site:int}/settings/tokens/revoke",
        "/{site:int}/settings/fields", "/{site:int}/settings/fields/remove", "/{site:int}/settings/site",
    )),
    Journey(set_how_it_is_counted, OWNERS, (HOME, SETTINGS, "/{site:int}/settings/hosts"), (
        "/{site:int}/settings/hosts", "/{site:int}/settings/hosts/remove", "/{site:int}/settings/past",
    )),
    Journey(have_events_sent, OWNERS, (HOME, SETTINGS, "/{site:int}/settings/webhooks"), (
        "/{site:int}/settings/webhooks", "/{site:int}/settings/webhooks/{webhook}",
    )),
    Journey(upload_files, OWNERS, (HOME, SETTINGS, "/{site:int}/settings/imports"), (
        "/{site:int}/settings/imports", "/{site:int}/settings/imports/{key}", "/{site:int}/settings/agreement",
        "/{site:int}/settings/imports/undo/{number:int}",
    )),
    Journey(invite_people_to_a_site, OWNERS, (HOME, SETTINGS, "/{site:int}/settings/users"), (
        "/{site:int}/settings/users/invitation", "/{site:int}/settings/users/revoke",
        "/{site:int}/settings/users/role", "/{site:int}/settings/users/password",
        "/{site:int}/settings/users/logout", "/invitation", "/password",
    )),
    Journey(keep_users, OF_INSTALLATION, (HOME, "/users", "/users/{user:int}"), (
        "/users/invitation", "/users/revoke", "/users/second-factor", "/users/{user:int}/role",
        "/users/{user:int}/ownership", "/users/{user:int}/password", "/users/{user:int}/logout",
        "/users/{user:int}/second-factor", "/users/{user:int}/delete",
    )),
    Journey(open_sites, OF_INSTALLATION, (HOME, "/sites"), ("/sites", "/demo", "/demo/remove")),
)  # fmt: skip
"""What people do, and who: a person walks a journey whose every form is open to the person's role."""
ELSEWHERE = {"/language": "test_walk.py", "/welcome": "test_the_first_user_comes_in"}
"""Forms that other tests press in Chromium."""


def deal_out(ways: Sequence[Way]) -> Iterator[tuple[Journey, Way]]:
    """Yield each journey once, with a way of the least person who may walk it; the ways of each person in turn."""
    ways_of = {person: cycle([way for way in ways if way.role == person]) for person in PEOPLE}
    yield from ((journey, next(ways_of[journey.walkers[0]])) for journey in JOURNEYS)


IN_PAIRS = list(deal_out(PAIRWISE))
"""Each journey once, and among the journeys every value of a factor with every value of each other factor."""
IN_FULL = list(product(JOURNEYS, EVERY))


@pytest.fixture(scope="module")
def server(copy_sqlite: CopySqlite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Run a server for all journeys; the one that other tests share lists hundreds of sites and users on its pages."""
    folder = tmp_path_factory.mktemp("server")
    url = copy_sqlite(folder / "dealtrace.db")
    process = ServerProcess(url, folder, is_fork=True, webhook_private_targets="127.0.0.0/8")
    yield process
    process.close()


@pytest.fixture(scope="module")
def served(server: ServerProcess) -> Iterator[Stage]:
    """Give a stage in the database of that server."""
    database = open_database(server.database_url)
    yield Stage(database)
    database.close()


@pytest.fixture(scope="module")
def filled(server: ServerProcess, served: Stage) -> FilledSite:
    """Give one filled site to all journeys."""
    return fill_site(server, served)


@pytest.fixture(scope="module")
def people(server: ServerProcess, served: Stage, filled: FilledSite) -> Mapping[Role | None, Guest]:
    """Give everybody who may come to that site."""
    return {person: member_of(server, served, filled.player.site.id, person) for person in PEOPLE}


@pytest.fixture(scope="module")
def seen_by_strangers() -> set[tuple[str, Role | None]]:
    """Give all journeys one set of the entry pages that strangers have seen."""
    return set()


@pytest.fixture
def scene(
    server: ServerProcess,
    served: Stage,
    filled: FilledSite,
    people: Mapping[Role | None, Guest],
    browser: Browser,
    way: Way,
    seen_by_strangers: set[tuple[str, Role | None]],
) -> Scene:
    """Give a scene in which a person walks as the parameter `way` of the test says."""
    return Scene(
        server, served, filled, people, Walker(browser, server.url, way), f"walk{next(_NUMBERS)}", seen_by_strangers
    )


def walk(scene: Scene, journey: Journey) -> None:
    """Go on a journey, and check that it is offered and presses the forms that it is said to press."""
    posted = scene.walker.browser.posted
    posted.clear()
    for number in {journey.last_open_page_of(stranger) for stranger in journey.strangers}:
        scene.log_in()
        scene.walker.open(scene.site.path_of(journey.entry_pages[number]))
        offered = {page.path for page in scene.walker.offers()}
        assert offered & {*(listed(page).path for page in journey.entry_pages[number + 1 : number + 2]), *journey.forms}
    journey.walk(scene)
    assert [form for form in journey.forms if not any(map(pattern_of(form).fullmatch, posted))] == []


def keep_out(scene: Scene, journey: Journey, stranger: Role | None) -> None:
    """Check that somebody is shown no way into a journey, and refused at each of its URLs.

    An entry page that offered a stranger nothing is not opened again for other journeys.
    """
    walker, last = scene.walker, journey.last_open_page_of(stranger)
    scene.log_in(scene.people[stranger])
    if (journey.entry_pages[last], stranger) not in scene.seen_by_strangers:
        walker.open(scene.site.path_of(journey.entry_pages[last]))
        assert walker.browser.run(STATUS) == httpx.codes.OK
        walker.assert_offers_nothing_refused(stranger)
        scene.seen_by_strangers.add((journey.entry_pages[last], stranger))
    refused = [page for page in PAGES if page.path in journey.forms and not may_use(stranger, page)]
    assert refused
    if last + 1 < len(journey.entry_pages):
        refused.append(listed(journey.entry_pages[-1]))
    if not walker.browser.run(f"location.href.startsWith({json.dumps(scene.server.url)})"):
        walker.browser.open(f"{scene.server.url}/healthz")  # the smallest page of our own to ask from
    walker.assert_are_refused(stranger, [(page, scene.site.path_of(page.path)) for page in refused])


@pytest.mark.parametrize(("journey", "way"), IN_PAIRS, ids=str)
def test_forms_are_pressed_to_their_end_and_who_may_not_is_kept_out(scene: Scene, journey: Journey) -> None:
    for stranger in journey.strangers:
        keep_out(scene, journey, stranger)
    walk(scene, journey)


@pytest.mark.torture
@pytest.mark.parametrize(("journey", "way"), IN_FULL, ids=str)
def test_forms_are_pressed_to_their_end_or_kept_from_a_person_in_every_way(
    scene: Scene, journey: Journey, way: Way
) -> None:
    scene.seen_by_strangers.clear()
    if way.role in journey.walkers:
        walk(scene, journey)
    else:
        keep_out(scene, journey, way.role)


def test_the_first_user_comes_in(
    copy_sqlite: CopySqlite, tmp_path: Path, start_server_on: Callable[..., ServerProcess], browser: Browser
) -> None:
    copy_sqlite(tmp_path / "dealtrace.db")
    server = start_server_on(f"sqlite:///{tmp_path}/dealtrace.db")
    database = open_database(server.database_url)
    with database.write() as connection:
        key = invite_first_user(account_work(connection, datetime.now(UTC)))
    database.close()
    walker = Walker(browser, server.url, PAIRWISE[0])
    walker.open(f"/cabinet/welcome?key={key}")
    walker.write("[name=login]", "first@example.com")
    walker.write("[name=password]", PASSWORD)
    walker.go("main form button")
    assert walker.browser.posted == ["/cabinet/welcome"]
    walker.open("/cabinet/profile")
    assert "first@example.com" in walker.text


def test_the_journeys_meet_every_pair_of_factors() -> None:
    chosen = [astuple(way) for _, way in IN_PAIRS]
    for (first, firsts), (other, seconds) in combinations(enumerate(FACTORS), 2):
        assert {(each[first], each[other]) for each in chosen} == set(product(firsts, seconds))


@pytest.mark.parametrize("journey", JOURNEYS, ids=str)
def test_a_journey_is_walked_by_those_to_whom_the_table_of_pages_opens_all_its_forms(journey: Journey) -> None:
    forms = [page for page in PAGES if page.method == "POST" and page.path in journey.forms]
    opened = [form for form in forms if not form.is_open]
    assert list(journey.walkers) == [person for person in PEOPLE if all(may_use(person, form) for form in opened)]


def test_no_form_of_the_table_of_pages_is_left_out() -> None:
    pressed = {form for journey in JOURNEYS for form in journey.forms}
    assert sorted([*pressed, *ELSEWHERE]) == sorted({page.path for page in PAGES if page.method == "POST"})
