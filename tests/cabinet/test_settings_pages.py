"""The pages of settings, as people with each role meet them."""

import html
import re
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import httpx
import pytest

from cast import Player, Stage
from dealtrace.accounts.rights import Role
from dealtrace.accounts.site_days import site_day
from dealtrace.accounts.token import TokenId
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.cabinet.forms import form_token_of
from dealtrace.deals.incoming_deal import IncomingDeal
from dealtrace.operations.deals.import_deals import import_deals
from dealtrace.operations.deals.register import register_deals
from dealtrace.reports.statuses import Meaning
from dealtrace.storage.accounts.custom_fields import count_unknown_fields
from dealtrace.storage.accounts.site_hosts import list_hosts
from dealtrace.storage.accounts.tokens import list_tokens, update_last_uses
from dealtrace.storage.database.engine import open_database
from dealtrace.storage.reports.column_definitions import list_columns
from dealtrace.storage.reports.mirror.mirror import held_mirror
from dealtrace.storage.reports.statuses import list_statuses
from dealtrace.storage.webhooks.webhooks import list_webhooks
from engines import on_one_engine
from guests import Guest, member_of, text_of
from receiver import Receiver
from server import ServerProcess
from stored import site_of
from waiting import wait_until, wait_until_followed
from write_commands import by_contact, registration

FOR_ANALYSTS = ("settings", "settings/statuses", "settings/columns", "settings/alerts", "settings/rates", "costs")
FOR_OWNERS = (
    "settings/site",
    "settings/tokens",
    "settings/fields",
    "settings/hosts",
    "settings/try",
    "settings/past",
    "settings/webhooks",
    "settings/counter",
    "settings/imports",
    "settings/agreement",
)
CHANGES = {
    "settings/site": Role.OWNER,
    "settings/tokens": Role.OWNER,
    "settings/tokens/revoke": Role.OWNER,
    "settings/fields": Role.OWNER,
    "settings/fields/remove": Role.OWNER,
    "settings/statuses": Role.ANALYST,
    "settings/columns": Role.ANALYST,
    "settings/columns/remove": Role.ANALYST,
    "settings/alerts": Role.ANALYST,
    "settings/alerts/1": Role.ANALYST,
    "settings/mail-reports": Role.ANALYST,
    "settings/mail-reports/remove": Role.ANALYST,
    "settings/mail-reports/1": Role.ANALYST,
    "settings/rates": Role.ANALYST,
    "settings/rates/remove": Role.ANALYST,
    "settings/hosts": Role.OWNER,
    "settings/hosts/remove": Role.OWNER,
    "settings/past": Role.OWNER,
    "settings/webhooks": Role.OWNER,
    "settings/webhooks/1": Role.OWNER,
    "settings/imports": Role.OWNER,
    "settings/imports/key": Role.OWNER,
    "settings/agreement": Role.OWNER,
    "costs": Role.ANALYST,
    "costs/key": Role.ANALYST,
}
NOW = datetime.now(UTC)
HOSTILE = '"><script>alert(1)</script>'
CYRILLIC = re.compile("[а-яё]", re.IGNORECASE)


@pytest.fixture
def boss(server: ServerProcess, served: Stage, owner: Player) -> Guest:
    """Give the owner of the site, in English."""
    return member_of(server, served, owner.site.id)


def add_deals(served: Stage, owner: Player, *statuses: str, at: datetime = NOW) -> None:
    served.ids.ensure(5000)
    with served.database.write() as connection:
        deals = [
            IncomingDeal(id=None, number=f"{status}-{number}", happened_at=at, status=status, amount_rub=Decimal(100))
            for number, status in enumerate(statuses)
        ]
        import_deals(served.work(connection, owner), deals)


def test_an_owner_opens_every_page_in_both_languages(server: ServerProcess, served: Stage, owner: Player) -> None:
    for language in ("ru", "en"):
        person = member_of(server, served, owner.site.id, language=language)
        for place in (*FOR_ANALYSTS, *FOR_OWNERS):
            page = person.get(place)
            forms = [form for form in re.findall("<form .*?</form>", page.text, re.DOTALL) if 'method="post"' in form]
            assert all(f'value="{form_token_of(person.secret)}"' in form for form in forms), place
            assert page.status_code == 200, server.logged[-3000:]
            assert page.text.count("<h1") == 1, place
            assert f'lang="{language}"' in page.text
            assert bool(CYRILLIC.search(text_of(page.text))) == (language == "ru"), text_of(page.text)


def test_each_role_opens_its_pages_and_no_others(
    server: ServerProcess, served: Stage, owner: Player, stranger: Player
) -> None:
    reader, analyst = (member_of(server, served, owner.site.id, role) for role in (Role.READER, Role.ANALYST))
    neighbour = member_of(server, served, stranger.site.id)
    neighbour.site_id = owner.site.id
    for place in FOR_ANALYSTS:
        assert [who.get(place).status_code for who in (reader, analyst, neighbour)] == [403, 200, 404], place
    for place in FOR_OWNERS:
        assert [who.get(place).status_code for who in (reader, analyst, neighbour)] == [403, 403, 404], place
    own = "".join(analyst.get("settings").text.split())
    assert "settings/statuses" in own
    assert "settings/tokens" not in own


@pytest.mark.parametrize("place", CHANGES)
def test_a_change_is_refused_to_lesser_roles_to_strangers_and_to_foreign_pages(
    server: ServerProcess, served: Stage, owner: Player, stranger: Player, place: str
) -> None:
    reader = member_of(server, served, owner.site.id, Role.READER)
    analyst = member_of(server, served, owner.site.id, Role.ANALYST)
    boss, neighbour = member_of(server, served, owner.site.id), member_of(server, served, stranger.site.id)
    neighbour.site_id = owner.site.id
    assert reader.send(place).status_code == 403
    if CHANGES[place] is Role.OWNER:
        assert analyst.send(place).status_code == 403
    assert neighbour.send(place).status_code == 404
    url = f"/cabinet/{owner.site.id}/{place}"
    assert boss.http.post(url).status_code == 403, "without the token of the form"
    assert boss.http.post(url, headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert server.http.post(url).status_code == 303, "to log in"


def site_form(boss: Guest, **changed: str) -> dict[str, str]:
    """Return the form of the site as a browser sends it, with what was changed; an empty switch is off."""
    page = boss.get("settings/site").text
    inputs = {
        name: html.unescape(value)
        for tag in re.findall(r"<input [^>]*>", page)
        for name, value in [(re.findall(r'name="([^"]+)"', tag)[0], "".join(re.findall(r'value="([^"]*)"', tag)))]
        if 'type="checkbox"' not in tag or " checked" in tag
    }
    chosen = dict(re.findall(r'<option value="(\d)" selected>()', page))
    inputs["attribution"] = next(iter(chosen))
    return {name: value for name, value in {**inputs, **changed}.items() if value}


def agreed_in(tried: httpx.Response) -> str:
    """Return what a form sends if the person has seen what the page says that a change would do."""
    assert tried.status_code == 200
    (agreed,) = re.findall(r'name="agreed" value="([^"]*)"', tried.text)
    return html.unescape(agreed)


def test_the_settings_of_a_site_are_saved(boss: Guest, served: Stage, owner: Player) -> None:
    form = site_form(
        boss,
        name="Shop of ours",
        timezone="Asia/Omsk",
        unique_depth_days="30",
        target_call_seconds="20",
        points_per_day="500",
        respects_do_not_track="",
        **{"points_cost.register": "3"},
    )
    answer = boss.send("settings/site", **form, agreed=agreed_in(boss.send("settings/site", **form)))
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        f"/cabinet/{boss.site_id}/settings/site?done=saved",
    )
    site = site_of(served.database, owner)
    assert (site.name, site.time_zone.key, site.points_per_day) == ("Shop of ours", "Asia/Omsk", 500)
    assert site.unique_depth == timedelta(days=30)
    assert site.target_call == timedelta(seconds=20)
    assert site.point_costs == {"register": 3}
    assert site.respects_do_not_track is False
    assert (site.contact_matching, site.attribution) == (True, 1), "what was not changed stays"
    shown = boss.get("settings/site", done="saved")
    assert "Saved." in text_of(shown.text)
    assert "Shop of ours" in shown.text


def test_every_setting_that_does_not_fit_is_named_beside_its_field(boss: Guest, served: Stage, owner: Player) -> None:
    form = site_form(
        boss, name=" ", timezone="Europe/Nowhere", points_per_day="-1", attribution="9", **{"points_cost.register": "x"}
    )
    answer = boss.send("settings/site", **form)
    assert answer.status_code == 400
    for name in ("name", "timezone", "points_per_day", "attribution", "points_cost.register"):
        assert f'id="fault-{name}"' in answer.text
        assert f'aria-describedby="fault-{name}"' in answer.text
    assert "Europe/Nowhere" in answer.text, "what was typed is kept"
    assert site_of(served.database, owner) == owner.site


def test_a_change_that_moves_deals_is_shown_before_it_is_saved(boss: Guest, served: Stage, owner: Player) -> None:
    yandex, vk = TrafficSource("yandex", "cpc"), TrafficSource("vk", "cpc")
    first = served.visit(owner, NOW - timedelta(days=2), yandex)
    second = served.visit(owner, NOW - timedelta(days=1), vk)
    call = served.call(owner, NOW - timedelta(hours=2), visit_id=second.id)
    assert (first.visitor_id, call.id > 0) == (second.visitor_id, True)
    form = site_form(boss, attribution="2", name="Shop of ours")
    tried = boss.send("settings/site", **form)
    assert tried.status_code == 200
    assert re.search(r"How this would change the deals of \d+ \w+ \d+ – \d+ \w+ \d+", text_of(tried.text))
    assert site_of(served.database, owner).attribution == 1
    agreed = agreed_in(tried)
    assert agreed == "attribution=2"
    other = boss.send("settings/site", **{**form, "attribution": "0", "agreed": agreed})
    assert other.status_code == 200, "what was agreed to is not what is sent now"
    saved = boss.send("settings/site", **{**form, "agreed": agreed})
    assert saved.status_code == 303
    assert (site_of(served.database, owner).attribution, site_of(served.database, owner).name) == (2, "Shop of ours")


def test_the_forecast_says_what_contact_matching_would_find(server: ServerProcess, served: Stage) -> None:
    owner = served.open_site(contact_matching=False)
    visit = served.visit(owner, NOW - timedelta(days=1), TrafficSource("vk", "cpc"))
    served.call(owner, NOW - timedelta(hours=2), visit_id=visit.id)
    date = f"{NOW.astimezone(owner.site.time_zone):%d.%m.%Y %H:%M:%S}"
    made = server.register(owner.token, orderNumber="1", orderDate=date, phoneNumber="79205550055", orderSum="1500")
    assert made.status_code == 200, made.text
    boss = member_of(server, served, owner.site.id)
    tried = boss.send("settings/site", **site_form(boss, contact_matching="on"))
    text = text_of(tried.text)
    assert "Share of deals with a lead or source 0.0 % → 100.0 %" in text
    assert "Deals with another lead 1" in text
    assert "(no source) vk / cpc 1 1 500 ₽" in text
    assert "Deals checked 1 of 1" in text
    assert "Leads with another source" not in text, "contact matching moves no leads"
    assert f'href="/cabinet/{owner.site.id}/settings/past"' in tried.text
    assert not site_of(served.database, owner).contact_matching
    phone = by_contact("79205550055")
    abroad = registration("2", happened_at=NOW, amount_rub=Decimal(1500), currency="usd", clue=phone)
    served.perform(register_deals, owner, abroad)
    text = text_of(boss.send("settings/site", **site_form(boss, contact_matching="on")).text)
    assert "(no source) vk / cpc 2 1 500 ₽" in text
    assert "Amounts exclude deals in currencies without a rate: 1. Set the rates" in text


def test_a_token_is_issued_shown_once_and_revoked(
    server: ServerProcess, boss: Guest, served: Stage, owner: Player
) -> None:
    answer = boss.send("settings/tokens", label=HOSTILE)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    secret = html.unescape(re.findall(r'<pre id="secret">([^<]+)</pre>', answer.text)[0])
    assert "<script>alert" not in answer.text
    assert server.register(secret, orderNumber="by the new token").status_code == 200
    assert secret not in boss.get("settings/tokens").text
    assert secret not in server.logged
    with served.database.read() as connection:
        issued = next(token for token in list_tokens(connection, owner.site.id) if token.label == HOSTILE)
    revoked = boss.send("settings/tokens/revoke", token=str(issued.id))
    assert revoked.status_code == 303
    with served.database.read() as connection:
        again = next(token for token in list_tokens(connection, owner.site.id) if token.id == issued.id)
    assert again.revoked_at is not None
    assert boss.send("settings/tokens/revoke", token=str(issued.id)).status_code == 400


def test_the_list_of_tokens_shows_when_each_was_last_used(boss: Guest, served: Stage, owner: Player) -> None:
    boss.send("settings/tokens", label="unused")
    with served.database.write() as connection:
        update_last_uses(connection, {TokenId(owner.token_id): datetime(2026, 3, 2, 21, 5, tzinfo=UTC)})
    page = html.unescape(boss.get("settings/tokens").text).replace("\u00a0", " ")
    rows = re.findall("<tr>.*?</tr>", page, re.DOTALL)
    shown = {cells[0]: cells[2] for cells in (re.findall("<t[hd][^>]*>([^<]*)", row) for row in rows)}
    assert shown.pop("Label") == "Last use"
    assert shown.pop("unused") == "none known"
    assert list(shown.values()) == ["3 Mar 2026, 00:05"], "the site is in Moscow"


def test_a_token_needs_a_label_and_that_of_a_neighbour_is_unknown(boss: Guest, served: Stage, stranger: Player) -> None:
    assert boss.send("settings/tokens", label=" ").status_code == 400
    for token in (str(stranger.token_id), "9" * 30, "x", ""):
        assert boss.send("settings/tokens/revoke", token=token).status_code == 404
    with served.database.read() as connection:
        (kept,) = list_tokens(connection, stranger.site.id)
    assert kept.revoked_at is None


def test_fields_are_added_also_those_that_were_sent_and_removed_after_a_warning(
    boss: Guest, served: Stage, owner: Player
) -> None:
    with served.database.write() as connection:
        count_unknown_fields(connection, owner.site.id, {"manager": 7}, NOW)
    page = boss.get("settings/fields")
    assert "manager 7" in text_of(page.text)
    assert boss.send("settings/fields", name="manager").status_code == 303
    assert site_of(served.database, owner).custom_fields == {"margin", "manager"}
    assert "manager 7" not in text_of(boss.get("settings/fields").text)
    for name in ("manager", "", "x" * 101):
        answer = boss.send("settings/fields", name=name)
        assert (answer.status_code, 'id="fault-name"' in answer.text) == (400, True), name
    assert "Remove the field margin?" in text_of(boss.get("settings/fields", remove="margin").text)
    assert boss.send("settings/fields/remove", name="margin").status_code == 303
    assert boss.send("settings/fields/remove", name="margin").status_code == 400
    assert site_of(served.database, owner).custom_fields == {"manager"}


def test_an_analyst_says_what_statuses_mean(server: ServerProcess, served: Stage, owner: Player) -> None:
    add_deals(served, owner, "Paid", "Paid", "Lost it")
    analyst = member_of(server, served, owner.site.id, Role.ANALYST)
    assert "Paid not set 2" in text_of(analyst.get("settings/statuses").text)
    tried = analyst.send("settings/statuses", name="paid", meaning="won")
    assert "Won deals 0 → 2 Won amount 0 ₽ → 200 ₽" in text_of(tried.text)
    for form in ({"name": "paid", "meaning": "won"}, {"name": "To come", "meaning": "lost"}):
        agreed = agreed_in(analyst.send("settings/statuses", **form))
        assert analyst.send("settings/statuses", **form, agreed=agreed).status_code == 303
    with served.database.read() as connection:
        meanings = {each.spelling: each.meaning for each in list_statuses(connection, owner.site.id)}
    assert meanings["Paid"] is Meaning.WON
    assert meanings["To come"] is Meaning.LOST
    assert "Paid 2" in text_of(analyst.get("settings/statuses").text)
    for form in ({"name": " ", "meaning": "won"}, {"name": "Paid", "meaning": "golden"}):
        answer = analyst.send("settings/statuses", **form)
        assert (answer.status_code, 'role="alert"' in answer.text) == (400, True)


@on_one_engine
def test_statuses_are_shown_while_the_mirror_of_reports_is_being_built(
    server: ServerProcess, served: Stage, owner: Player
) -> None:
    add_deals(served, owner, "Paid", "Paid", "Lost it")
    analyst = member_of(server, served, owner.site.id, Role.ANALYST)
    with held_mirror(served.database):
        assert "Paid not set 2" in text_of(analyst.get("settings/statuses").text)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Расходы / Продажи", "cost/won"),
        ("cost / won deals", "cost/won"),
        ("Сделки без лида и источника / сделки", "unmatched/deals"),
        ('"Выручка" / Цена лида (CPL)', '"Выручка"/cpl'),
        ('column:"Выручка" - ROI', '"Выручка"-roi'),
    ],
)
def test_a_formula_may_have_the_titles_of_metrics(
    server: ServerProcess, served: Stage, owner: Player, typed: str, meant: str
) -> None:
    analyst = member_of(server, served, owner.site.id, Role.ANALYST)
    analyst.send_seen("settings/columns", name="Выручка", kind="count", status="Paid", formula="")
    asked = {"name": "Mine", "kind": "formula", "formula": typed}
    assert analyst.send_seen("settings/columns", **asked).status_code == 303
    assert meant in html.unescape(analyst.get("settings/columns").text)
    unclear = analyst.send("settings/columns", **{**asked, "name": "Other", "formula": "Выручка / 2"})
    assert unclear.status_code == 400, "a metric and a column have this title"


def test_an_analyst_tries_a_column_on_the_last_month_and_then_adds_it(
    server: ServerProcess, served: Stage, owner: Player
) -> None:
    today = site_day(datetime.now(UTC), owner.site.time_zone)
    last_month = datetime(today.year, today.month, 1, 12, tzinfo=UTC) - timedelta(days=5)
    add_deals(served, owner, "Paid, in part", "Paid, in part", "Other", at=last_month)
    analyst = member_of(server, served, owner.site.id, Role.ANALYST)
    form = {"name": "Prepaid", "kind": "count", "status": "Paid, in part", "formula": ""}
    tried = analyst.send("settings/columns", **form)
    assert (tried.status_code, "Total of the column over the last month: 2" in text_of(tried.text)) == (200, True)
    with served.database.read() as connection:
        assert list_columns(connection, owner.site.id) == [], "a trial stores nothing"
    agreed = agreed_in(tried)
    edited = analyst.send("settings/columns", **{**form, "status": "Other"}, agreed=agreed)
    assert "Total of the column over the last month: 1" in text_of(edited.text), "what was edited is tried first"
    assert analyst.send("settings/columns", **form, agreed=agreed).status_code == 303
    money = {"name": "Money", "kind": "sum", "status": "Paid, in part", "formula": ""}
    tried = analyst.send("settings/columns", **money)
    assert "Total of the column over the last month: 200 ₽" in text_of(tried.text).replace("\u00a0", " ")
    half = {"name": "Half", "kind": "formula", "formula": 'column:"Prepaid" / 2'}
    tried = analyst.send("settings/columns", **half)
    assert "Total of the column over the last month: 1" in text_of(tried.text)
    assert "The column has not been saved yet" in text_of(tried.text)
    assert analyst.send("settings/columns", **half, agreed=agreed_in(tried)).status_code == 303
    with served.database.read() as connection:
        columns = list_columns(connection, owner.site.id)
    assert [(column.name, column.statuses) for column in columns] == [("Prepaid", ("Paid, in part",)), ("Half", ())]
    (link,) = re.findall(r'href="([^"]+)" aria-label="Change Prepaid"', analyst.get("settings/columns").text)
    form_of_it = analyst.follow(html.unescape(link)).text
    assert re.search('name="status" value="Paid, in part" checked', form_of_it)
    assert '<input type="hidden" name="before" value="Prepaid">' in form_of_it
    changed = {"name": "Advance", "kind": "count", "status": ["Paid, in part", "Other"], "formula": ""}
    tried = analyst.send("settings/columns", **changed, before="Prepaid")
    assert "Total of the column over the last month: 3" in text_of(tried.text)
    assert "Prepaid" in text_of(analyst.get("settings/columns").text), "a trial stores nothing"
    assert analyst.send("settings/columns", **changed, before="Prepaid", agreed=agreed_in(tried)).status_code == 303
    listed = text_of(analyst.get("settings/columns").text)
    assert ("Advance" in listed, '"Advance"/2' in listed, "Prepaid" in listed) == (True, True, False)
    taken = analyst.send("settings/columns", **{**changed, "name": "half"}, before="Advance", agreed="on")
    assert (taken.status_code, 'id="fault-name"' in taken.text) == (400, True)
    assert analyst.send("settings/columns", **changed, before="Prepaid").status_code == 400
    needed = analyst.send("settings/columns/remove", name="Advance")
    assert (needed.status_code, "Half" in text_of(needed.text)) == (400, True)
    for name in ("Half", "Advance"):
        assert analyst.send("settings/columns/remove", name=name).status_code == 303


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"name": "a:b", "kind": "count", "status": "Paid"}, "name"),
        ({"name": "Column", "kind": "count"}, "status"),
        ({"name": "Column", "kind": "golden"}, "kind"),
        ({"name": "Column", "kind": "formula", "formula": "won + "}, "formula"),
        ({"name": "Column", "kind": "formula", "formula": "one / two"}, "formula"),
    ],
)
def test_a_column_that_does_not_fit_is_refused_beside_its_field(boss: Guest, form: dict[str, str], field: str) -> None:
    for agreed in ({}, {"agreed": "on"}):
        answer = boss.send("settings/columns", **form, **agreed)
        assert (answer.status_code, f'id="fault-{field}"' in answer.text) == (400, True)


def test_hosts_are_named_and_removed(boss: Guest, served: Stage, owner: Player) -> None:
    for form in (
        {"kind": "payment", "host": "https://pay.example.com/x", "name": ""},
        {"kind": "search", "host": "find.example", "name": "finder"},
    ):
        tried = boss.send("settings/hosts", **form)
        assert form["host"] in tried.text, "what was typed is kept"
        assert boss.send("settings/hosts", **form, agreed=agreed_in(tried)).status_code == 303
    with served.database.read() as connection:
        hosts = list_hosts(connection, owner.site.id)
    assert [(each.kind.value, each.host, each.name) for each in hosts] == [
        ("payment", "pay.example.com", ""),
        ("search", "find.example", "finder"),
    ]
    for form, field in (
        ({"kind": "golden", "host": "a.example", "name": ""}, "kind"),
        ({"kind": "own", "host": "no host", "name": ""}, "host"),
        ({"kind": "own", "host": "a.example", "name": "named"}, "name"),
        ({"kind": "search", "host": "a.example", "name": ""}, "name"),
    ):
        answer = boss.send("settings/hosts", **form)
        assert (answer.status_code, f'id="fault-{field}"' in answer.text) == (400, True), form
    which = {"which": "payment pay.example.com"}
    agreed = agreed_in(boss.send("settings/hosts/remove", **which))
    assert boss.send("settings/hosts/remove", which="search find.example", agreed=agreed).status_code == 200
    assert boss.send("settings/hosts/remove", **which, agreed=agreed).status_code == 303
    assert boss.send("settings/hosts/remove", **which, agreed=agreed).status_code == 400


def test_a_webhook_is_created_with_a_secret_that_is_shown_once(boss: Guest, served: Stage, owner: Player) -> None:
    form = {"url": "http://127.0.0.1:9/hook", "style": "json", "event": ["deal.created", "deal.deleted"]}
    answer = boss.send("settings/webhooks", **form)
    assert answer.status_code == 200
    with served.database.read() as connection:
        (webhook,) = list_webhooks(connection, owner.site.id)
    assert webhook.secret in html.unescape(answer.text)
    assert webhook.events == {"deal.created", "deal.deleted"}
    assert webhook.secret not in boss.get("settings/webhooks").text
    assert webhook.secret not in boss.get(f"settings/webhooks/{webhook.id}").text


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"url": "ftp://a.example", "style": "json", "event": "deal.created"}, "url"),
        ({"url": "https://a.example/", "style": "json"}, "event"),
        ({"url": "https://a.example/", "style": "xml", "event": "deal.created"}, "style"),
    ],
)
def test_a_webhook_that_does_not_fit_is_refused_beside_its_field(boss: Guest, form: dict[str, str], field: str) -> None:
    answer = boss.send("settings/webhooks", **form)
    assert (answer.status_code, f'id="fault-{field}"' in answer.text) == (400, True)


def test_a_webhook_is_paused_resumed_tested_and_deleted(boss: Guest, served: Stage, owner: Player) -> None:
    made = boss.send("settings/webhooks", url="http://127.0.0.1:9/hook", style="form", event="deal.created")
    assert made.status_code == 303
    with served.database.read() as connection:
        (webhook,) = list_webhooks(connection, owner.site.id)
    place = f"settings/webhooks/{webhook.id}"

    def state() -> tuple[bool, bool]:
        with served.database.read() as connection:
            (now,) = list_webhooks(connection, owner.site.id)
        return now.is_paused, now.test_asked_at is not None

    assert boss.send(place, act="pause").status_code == 303
    assert state() == (True, False)
    assert "paused" in text_of(boss.get(place).text)
    assert boss.send(place, act="test").status_code == 303
    assert state() == (True, True)
    assert boss.send(place, act="resume").status_code == 303
    assert boss.send(place, act="replay", message="msg_1_2_3").status_code == 400
    assert boss.send(place, act="explode").status_code == 404
    asked = boss.send(place, act="delete")
    assert asked.status_code == 200
    assert "Delete the webhook? The webhook’s log and waiting messages (0) will be lost." in text_of(asked.text)
    assert boss.get(place).status_code == 200
    assert boss.send(place, act="delete", agreed=place.rpartition("/")[2]).status_code == 303
    assert boss.get(place).status_code == 404
    with served.database.read() as connection:
        assert list_webhooks(connection, owner.site.id) == []


def test_a_delivery_is_logged_and_sent_again(server: ServerProcess, boss: Guest, served: Stage, owner: Player) -> None:
    receiver = Receiver()
    try:
        assert boss.send("settings/webhooks", url=receiver.url, style="json", event="deal.created").status_code == 200
        with served.database.read() as connection:
            (webhook,) = list_webhooks(connection, owner.site.id)
        wait_until_followed(server)
        server.register(owner.token, orderNumber="1")
        (sent,) = receiver.wait_for(1)
        log = f"settings/webhooks/{webhook.id}"
        wait_until(lambda: f'name="message" value="{sent.name}"' in boss.get(log).text)
        assert boss.send(log, act="replay", message=sent.name).status_code == 303
        assert [received.name for received in receiver.wait_for(2)] == [sent.name, sent.name]
    finally:
        receiver.vanish()


def test_the_webhook_of_a_neighbour_is_unknown(
    server: ServerProcess, boss: Guest, served: Stage, stranger: Player
) -> None:
    neighbour = member_of(server, served, stranger.site.id)
    neighbour.send("settings/webhooks", url="https://a.example/", style="form", event="deal.created")
    with served.database.read() as connection:
        (webhook,) = list_webhooks(connection, stranger.site.id)
    for webhook_id in (str(webhook.id), "0", "x", "9" * 30):
        assert boss.get(f"settings/webhooks/{webhook_id}").status_code == 404
        assert boss.send(f"settings/webhooks/{webhook_id}", act="delete").status_code == 404
    with served.database.read() as connection:
        assert len(list_webhooks(connection, stranger.site.id)) == 1


@pytest.mark.parametrize("path", ["settings/counter", ""])
def test_a_new_site_shows_one_url_for_calls_and_one_for_deals(server: ServerProcess, boss: Guest, path: str) -> None:
    text = text_of(boss.get(path).text)
    assert f"{server.url}/event-service/platform/asterisk/inbound-call" in text
    assert f"{server.url}/calls-service/RestAPI/orders/register/" in text
    assert "apikey=" in text
    assert "clientApiId=" in text


@pytest.mark.parametrize("page", ["settings/counter", ""])
def test_lines_to_copy_have_the_origin_that_browsers_use_behind_a_proxy_with_https(
    start_server: Callable[..., ServerProcess], page: str
) -> None:
    server = start_server(trusted_proxies="127.0.0.1")
    with closing(open_database(server.database_url)) as database:
        stage = Stage(database)
        site_id = stage.open_site().site.id
        guest = member_of(server, stage, site_id)
    wait_until(lambda: f"{server.url}/c" in html.unescape(guest.get(page).text))
    guest.http.cookies.set("__Host-session", guest.secret)
    guest.http.headers.update({"x-forwarded-proto": "https", "host": "deals.shop.example"})
    shown = html.unescape(guest.get(page).text)
    assert f"https://deals.shop.example/counter/{site_id}.js" in shown
    assert "http://deals.shop.example" not in shown


def test_sections_have_their_state_beside_their_title(boss: Guest) -> None:
    shown = text_of(boss.get("settings").text)
    for section in (
        "Site and rules Site API points spent today: 0",
        "Deals and reports Statuses Won: 0 Report columns 0 Custom fields Stored: 1, sent but not stored: 0",
        "Webhooks Total: 0, not working: 0",
        "Alerts Raised: 0",
        "Counter and forms No visit yet",
        "Costs and files Costs None yet Currency rates None yet",
        "Shared links Active: 0",
    ):
        assert section in shown


def test_the_counter_page_has_the_lines_to_copy_and_the_last_visit(
    server: ServerProcess, boss: Guest, served: Stage, owner: Player
) -> None:
    page = boss.get("settings/counter")
    assert f'<script async src="{server.url}/counter/{owner.site.id}.js"></script>' in html.unescape(page.text)
    assert "No visits have been counted yet" in text_of(page.text)
    source = TrafficSource("yandex", "cpc")
    served.visit(owner, NOW, source, landing_url=f"https://shop.example/{HOSTILE}", browser="Firefox")
    url = f"/cabinet/{boss.site_id}/settings/counter"
    part = boss.http.get(url, headers={"hx-request": "true", "hx-target": "div#counter-state"})
    assert part.text.startswith('<div id="counter-state"')
    assert "Firefox" in part.text
    assert "shop.example" in part.text
    assert "<script>alert" not in part.text
