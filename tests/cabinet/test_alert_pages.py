"""Alerts in the cabinet: tried before they are saved, changed, tested and removed."""

import html
import re
from datetime import UTC, datetime, timedelta

import pytest

from cast import Player, Stage
from dealtrace.accounts.rights import Role
from dealtrace.alerts.rule import Alert
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.deals.incoming_deal import IncomingDeal
from dealtrace.mails.recipient import Recipient
from dealtrace.mails.scheduled_report import ScheduledReport
from dealtrace.operations.deals.import_deals import import_deals
from dealtrace.operations.reports.manage_columns import add_column
from dealtrace.reports.column_definitions import ColumnKind, ReportColumn
from dealtrace.storage.alerts.alerts import list_alerts
from dealtrace.storage.mails.outbox import list_mails
from dealtrace.storage.mails.scheduled_reports import list_scheduled_reports
from engines import on_one_engine
from guests import Guest, agreed_in, member_of, text_of
from server import ServerProcess

pytestmark = on_one_engine
PLACE = "settings/alerts"
RULE = {"kind": "above", "metric": "deals", "window": "day", "amount": "3"}
RATE = "Share of deals with a lead or source"
HOSTILE = '"><script>alert(1)</script>'


@pytest.fixture
def boss(server: ServerProcess, served: Stage, owner: Player) -> Guest:
    """Give the owner of the site, in English."""
    return member_of(server, served, owner.site.id)


def stored(served: Stage, owner: Player) -> list[Alert]:
    with served.database.read() as connection:
        return list_alerts(connection, owner.site.id)


def add_deals(served: Stage, owner: Player, *, days_ago: int, count: int) -> None:
    at = datetime.now(UTC) - timedelta(days=days_ago)
    served.ids.ensure(1000)
    with served.database.write() as connection:
        deals = [
            IncomingDeal(id=None, number=f"{days_ago}-{number}", happened_at=at, status="", amount_rub=None)
            for number in range(count)
        ]
        import_deals(served.work(connection, owner), deals)


def test_a_rule_is_tried_on_the_last_30_days_before_it_is_saved(served: Stage, owner: Player, boss: Guest) -> None:
    add_deals(served, owner, days_ago=5, count=4)
    tried = boss.send(PLACE, **RULE)
    assert "Alerts that this rule would have raised in the last 30 days: 1. Time windows checked: 30" in text_of(
        tried.text
    )
    assert stored(served, owner) == []
    saved = boss.send_seen(PLACE, **RULE, recipients="anna@example.com en\nivan@example.com ru")
    assert saved.status_code == 303
    (alert,) = stored(served, owner)
    assert alert.rule.recipients == (Recipient("anna@example.com", "en"), Recipient("ivan@example.com", "ru"))
    assert "Deals: more than 3 within a day" in text_of(boss.get(PLACE).text)


def test_a_trial_says_what_it_takes_for_chance_and_the_cure(served: Stage, owner: Player, boss: Guest) -> None:
    for weeks in range(1, 10):
        add_deals(served, owner, days_ago=3 + 7 * weeks, count=5)
    drop = {"kind": "drop", "metric": "deals", "window": "day", "amount": "30"}
    shown = text_of(boss.send(PLACE, **drop).text)
    assert "raised in the last 30 days: 0." in shown
    assert "by no more than chance explains: 1. They raise no alert." in shown
    assert "Choose a longer window, such as a week" in shown
    assert "“Below a limit”, and of the kind “Silence” if the usual count is 8 or more" in shown
    weekly = text_of(boss.send(PLACE, **{**drop, "window": "week"}).text)
    assert "chance explains: " in weekly
    assert "Choose a longer window" not in weekly
    assert "chance explains" not in text_of(boss.send(PLACE, **{**drop, "kind": "below", "amount": "0"}).text)
    boss.http.cookies["language"] = "ru"
    assert "но не больше, чем бывает случайно: 1." in text_of(boss.send(PLACE, **drop).text)


def test_a_trial_finds_a_fall_in_spite_of_a_holiday_on_that_weekday(served: Stage, owner: Player, boss: Guest) -> None:
    drop = {"kind": "drop", "metric": "deals", "window": "day", "amount": "30"}
    for weeks in (1, 2, 3, 4, 6, 7, 8):
        add_deals(served, owner, days_ago=3 + 7 * weeks, count=12)
    assert "raised in the last 30 days: 1." in text_of(boss.send(PLACE, **drop).text)
    add_deals(served, owner, days_ago=3, count=3)
    few = text_of(boss.send(PLACE, **drop).text)
    assert "raised in the last 30 days: 0." in few
    assert "by no more than chance explains: 1. They raise no alert." in few


def test_a_trial_names_a_value_that_the_site_has_never_seen(served: Stage, owner: Player, boss: Guest) -> None:
    hint = "No visit, lead or deal of the last 30 days has this value; check its spelling:"
    served.visit(owner, datetime.now(UTC) - timedelta(days=2), TrafficSource("yandex", "cpc"))
    tried = boss.send(PLACE, **RULE, filters="Source is Яндекс Директ\nMedium is CPC")
    assert f"{hint} Source is Яндекс Директ Test on the last 30 days" in text_of(tried.text)
    assert hint not in text_of(boss.send(PLACE, **RULE, filters="Source is Yandex\nKind of lead is call").text)
    boss.http.cookies["language"] = "ru"
    assert "проверьте написание: Источник = Яндекс Директ" in text_of(
        boss.send(PLACE, **RULE, filters="Источник = Яндекс Директ").text
    )


def test_filters_of_a_rule_are_read_and_shown_in_words(served: Stage, owner: Player, boss: Guest) -> None:
    lines = "Service is AmoCRM\nkind of lead is lead request\nsource:is:yandex"
    saved = boss.send_seen(PLACE, **RULE, filters=lines, recipients="anna@example.com")
    assert saved.status_code == 303
    (alert,) = stored(served, owner)
    assert alert.rule.filters == ("service:is:AmoCRM", "lead_kind:is:request", "source:is:yandex")
    assert "Kind of lead is lead request" in text_of(boss.get(PLACE).text)
    form = html.unescape(boss.get(f"{PLACE}/{alert.id}").text)
    assert "Service is AmoCRM\nKind of lead is lead request\nSource is yandex</textarea>" in form
    several = {
        "Source one of: yandex, vk": "en",
        "источник одно из yandex | vk": "ru",
        "Source is one of yandex,vk": "en",
    }
    for line in several:
        boss.send_seen(f"{PLACE}/{alert.id}", **RULE, filters=line)
        assert stored(served, owner)[0].rule.filters == ("source:among:yandex|vk",), line
    assert "Source one of: yandex, vk</textarea>" in boss.get(f"{PLACE}/{alert.id}").text
    comma = r"source:among:a\\, b|vk"
    boss.send_seen(f"{PLACE}/{alert.id}", **RULE, filters=comma)
    assert f"{comma}</textarea>" in boss.get(f"{PLACE}/{alert.id}").text, "words would mean three sources"
    assert stored(served, owner)[0].rule.filters == (comma,)
    refused = boss.send(PLACE, **RULE, filters="Kind of lead is letter")
    assert "Kind of lead: unknown value “letter”; available: call, lead request" in text_of(refused.text)


OTHERS = (
    {"kind": "below"},
    {"metric": "calls"},
    {"window": "week"},
    {"amount": "4"},
    {"filters": "service:is:1C"},
    {"recipients": "b@example.com"},
    {"recipients": "a@example.com ru"},
    {"member": "its own"},
)
"""What a person may alter in the form of a rule after the rule was tried."""
DIFFERS = "The preview has changed since you saw it."


@pytest.mark.parametrize("is_new", [True, False])
@pytest.mark.parametrize("altered", OTHERS, ids=str)
def test_a_rule_that_was_altered_after_it_was_tried_is_tried_again(
    served: Stage, owner: Player, boss: Guest, altered: dict[str, str], is_new: bool
) -> None:
    place, rule = PLACE, {**RULE, "recipients": "a@example.com en"}
    if "member" in altered:
        found = re.search(r'name="member" value="(\d+)"', boss.get(PLACE).text)
        assert found is not None
        altered = {"member": found[1]}
    if not is_new:
        boss.send_seen(PLACE, **{**RULE, "amount": "9"})
        place = f"{PLACE}/{stored(served, owner)[0].id}"
    before = stored(served, owner)
    tried = boss.send(place, **rule)
    assert DIFFERS not in text_of(tried.text)
    other = boss.send(place, **{**rule, **altered}, agreed=agreed_in(tried))
    assert (other.status_code, stored(served, owner)) == (200, before)
    assert DIFFERS in text_of(other.text)
    assert "Alerts that this rule would have raised in the last 30 days" in text_of(other.text)
    assert boss.send(place, **{**rule, **altered}, agreed="on").status_code == 200
    assert stored(served, owner) == before
    assert boss.send(place, **{**rule, **altered}, agreed=agreed_in(other)).status_code == 303
    assert stored(served, owner) != before


def test_a_rule_is_not_changed_before_it_is_tried(served: Stage, owner: Player, boss: Guest) -> None:
    boss.send_seen(PLACE, **RULE)
    (before,) = stored(served, owner)
    place = f"{PLACE}/{before.id}"
    assert 'name="agreed"' not in boss.get(place).text
    assert "Time windows checked: 30" in text_of(boss.send(place, **{**RULE, "amount": "5"}).text)
    assert stored(served, owner) == [before]


def test_what_does_not_fit_stands_beside_its_field_and_is_kept(served: Stage, owner: Player, boss: Guest) -> None:
    wrong = {**RULE, "amount": "many", "filters": HOSTILE, "recipients": "nobody"}
    for fault, cured in (("recipients", ""), ("filters", "service:is:1C"), ("amount", "5")):
        page = boss.send(PLACE, **wrong)
        assert page.status_code == 400
        assert f'id="fault-{fault}"' in page.text
        assert HOSTILE not in page.text
        assert wrong["filters"] in html.unescape(page.text)
        wrong[fault] = cured
    assert boss.send_seen(PLACE, **wrong).status_code == 303
    assert stored(served, owner)[0].rule.filters == ("service:is:1C",)


def test_users_with_an_address_are_offered_and_chosen(
    server: ServerProcess, served: Stage, owner: Player, boss: Guest
) -> None:
    analyst = member_of(server, served, owner.site.id, Role.ANALYST)
    page = boss.get(PLACE).text
    offered = re.findall(r'name="member" value="(\d+)"> (\S+)</label>', page)
    assert {login for _, login in offered} >= {boss.login, analyst.login}
    user_id, login = next(each for each in offered if each[1] == analyst.login)
    assert boss.send_seen(PLACE, **RULE, member=user_id).status_code == 303
    (alert,) = stored(served, owner)
    assert alert.rule.recipients == (Recipient(login, "en", int(user_id)),)
    changed = boss.get(f"{PLACE}/{alert.id}").text
    assert f'value="{user_id}" checked' in changed


def test_users_keep_the_language_of_their_mails_whoever_saves_a_rule(
    server: ServerProcess, served: Stage, owner: Player, boss: Guest
) -> None:
    user_id, login = re.findall(r'name="member" value="(\d+)"> (\S+)</label>', boss.get(PLACE).text)[0]
    boss.send_seen(PLACE, **RULE, member=user_id)
    (alert,) = stored(served, owner)
    russian = member_of(server, served, owner.site.id, language="ru")
    changed = {**RULE, "amount": "5"}
    assert russian.send_seen(f"{PLACE}/{alert.id}", **changed, member=user_id).status_code == 303
    (alert,) = stored(served, owner)
    assert (alert.rule.amount, alert.rule.recipients) == (5, (Recipient(login, "en", int(user_id)),))


def test_the_sum_of_a_column_is_money_wherever_its_rule_is_shown(served: Stage, owner: Player, boss: Guest) -> None:
    sold = ReportColumn("Sold", ColumnKind.SUM, ("won",))
    with served.database.write() as connection:
        add_column(served.work(connection, owner), sold)
    boss.send_seen(PLACE, **{**RULE, "metric": "column:Sold", "amount": "1500.50"})
    (alert,) = stored(served, owner)
    for place in (PLACE, f"{PLACE}/{alert.id}", "settings/changes"):
        assert "Sold: more than 1500.5\u00a0₽ within a day" in html.unescape(boss.get(place).text), place


def test_a_rule_is_changed_tested_and_removed(served: Stage, owner: Player, boss: Guest) -> None:
    boss.send_seen(PLACE, kind="below", metric="match_rate", window="week", amount="15%", recipients="a@example.com")
    (alert,) = stored(served, owner)
    place = f"{PLACE}/{alert.id}"
    assert 'name="amount" type="text" value="15%"' in boss.get(place).text
    assert "Time windows checked: 30" in text_of(boss.send(place, kind="drop", metric="leads", window="day").text)
    changed = {"kind": "drop", "metric": "leads", "window": "day", "recipients": "a@example.com"}
    assert boss.send_seen(place, **changed).status_code == 303
    assert stored(served, owner)[0].rule.metric == "leads"
    assert boss.send(place, act="test").status_code == 303
    with served.database.read() as connection:
        assert [mail.purpose.value for mail in list_mails(connection, owner.site.id, alert.created_at)] == [
            "alert.test"
        ]
    assert boss.send(place, act="remove").status_code == 303
    assert stored(served, owner) == []
    changes = text_of(boss.get("settings/changes").text)
    for line in (
        f"“{RATE}”: – → {RATE}: less than 15 % within a week",
        f"“{RATE}”: {RATE}: less than 15 % within a week → Leads: 30 % below usual within a day",
        "“Leads”: Leads: 30 % below usual within a day → –",
    ):
        assert f"{boss.login} Alert {line}" in changes.replace("\u00a0", " ")
    assert boss.get(place).status_code == 404


def test_another_site_has_other_rules(
    server: ServerProcess, served: Stage, owner: Player, stranger: Player, boss: Guest
) -> None:
    boss.send_seen(PLACE, **RULE)
    (alert,) = stored(served, owner)
    neighbour = member_of(server, served, stranger.site.id)
    assert neighbour.get(f"{PLACE}/{alert.id}").status_code == 404
    assert neighbour.send(f"{PLACE}/{alert.id}", act="remove").status_code == 404
    assert [each.id for each in stored(served, owner)] == [alert.id]
    for odd in ("x", "9" * 30, "0"):
        assert boss.get(f"{PLACE}/{odd}").status_code == 404


REPORT = {
    "title": "Sources",
    "question": "by=source&metrics=deals",
    "rhythm": "daily",
    "hour": "7",
}


def reports(served: Stage, owner: Player) -> list[ScheduledReport]:
    with served.database.read() as connection:
        return list_scheduled_reports(connection, owner.site.id)


def test_a_report_is_scheduled_by_its_url_left_and_removed(
    server: ServerProcess, served: Stage, owner: Player, boss: Guest
) -> None:
    reader = member_of(server, served, owner.site.id, Role.READER)
    user_id = re.findall(rf'value="(\d+)"> {re.escape(reader.login)}', boss.get("settings/mail-reports").text)[0]
    chosen = {**REPORT, "member": user_id, "recipients": "anna@example.com"}
    assert boss.send("settings/mail-reports", **chosen).status_code == 303
    (report,) = reports(served, owner)
    assert (report.raw_question.by, report.raw_question.metrics, report.hour) == ("source", "deals", 7)
    shown = text_of(reader.get("settings/mail-reports").text)
    assert "Stop sending it to me" in shown
    assert "anna@example.com" not in shown
    assert reader.send("settings/mail-reports/leave", report=str(report.id)).status_code == 303
    assert reader.send("settings/mail-reports/leave", report=str(report.id)).status_code == 404
    assert [each.address for each in reports(served, owner)[0].recipients] == ["anna@example.com"]
    assert boss.send("settings/mail-reports/remove", report=str(report.id)).status_code == 303
    assert reports(served, owner) == []


def test_a_report_is_changed_on_its_own_page(server: ServerProcess, served: Stage, owner: Player, boss: Guest) -> None:
    reader = member_of(server, served, owner.site.id, Role.READER)
    user_id = re.findall(rf'value="(\d+)"> {re.escape(reader.login)}', boss.get("settings/mail-reports").text)[0]
    boss.send("settings/mail-reports", **REPORT, member=user_id, recipients="anna@example.com en")
    (before,) = reports(served, owner)
    place = f"settings/mail-reports/{before.id}"
    page = boss.get(place)
    assert page.status_code == 200
    stated = dict(re.findall(r'name="(title|question)" type="text" value="([^"]*)"', page.text))
    assert stated["title"] == "Sources"
    assert html.unescape(stated["question"]) == f"/cabinet/{owner.site.id}/reports?by=source&metrics=deals"
    assert '<option value="daily" selected>' in page.text
    assert '<option value="7" selected>' in page.text
    assert f'value="{user_id}" checked' in page.text
    assert ">anna@example.com en</textarea>" in page.text
    kept = {**REPORT, "question": html.unescape(stated["question"]), "member": user_id}
    saved = boss.post(place, **{**kept, "title": "Leads", "hour": "8"}, recipients="bob@example.com ru")
    assert "Saved." in text_of(saved.text)
    (after,) = reports(served, owner)
    assert (after.id, after.title, after.raw_question, after.hour) == (before.id, "Leads", before.raw_question, 8)
    assert {each.address for each in after.recipients} == {"bob@example.com", reader.login}
    changes = text_of(boss.get("settings/changes").text)
    for line in ("“Sources”: each day 7:00 → each day 8:00", "“Sources”: anna@example.com → bob@example.com"):
        assert f"Report by e-mail {line}" in changes
    refused = boss.post(place, **{**kept, "title": ""}, recipients="bob@example.com")
    assert refused.status_code == 400
    assert 'id="fault-title"' in refused.text
    assert reports(served, owner) == [after]
    assert reader.get(place).status_code == 403
    for odd in ("x", "0", "9" * 30):
        assert boss.get(f"settings/mail-reports/{odd}").status_code == 404
        assert boss.send(f"settings/mail-reports/{odd}", **kept).status_code == 404
    neighbour = member_of(server, served, served.open_site().site.id)
    assert neighbour.get(place).status_code == 404
    assert neighbour.send(place, **kept).status_code == 404


def test_a_pivot_is_sent_as_the_page_shows_it(served: Stage, owner: Player, boss: Guest) -> None:
    query = "by=source&pivot=month&metrics=deals"
    assert boss.send("settings/mail-reports", **{**REPORT, "question": query}).status_code == 400
    sent = {**REPORT, "question": f"{query}&compare=previous", "recipients": "anna@example.com"}
    assert boss.send("settings/mail-reports", **sent).status_code == 303
    (report,) = reports(served, owner)
    assert (report.raw_question.pivot, report.raw_question.compare) == ("month", "")
    assert query in html.unescape(boss.get(f"settings/mail-reports/{report.id}").text)


def test_a_report_that_cannot_be_scheduled_says_why(served: Stage, owner: Player, boss: Guest) -> None:
    for changed, field in (
        ({"title": ""}, "title"),
        ({"question": "metrics=deal"}, "question"),
        ({"question": "http://[x"}, "question"),
        ({"question": f"{REPORT['question']}{'&filter=service:is:x' * 500}"}, "question"),
        ({"question": "models=all&metrics=deals"}, "question"),
        ({"rhythm": "often"}, "rhythm"),
        ({"recipients": "nobody"}, "recipients"),
    ):
        page = boss.send("settings/mail-reports", **{**REPORT, "recipients": "a@example.com", **changed})
        assert page.status_code == 400
        assert f'id="fault-{field}"' in page.text, changed
    assert reports(served, owner) == []


@pytest.mark.parametrize(
    "url",
    [
        "hello world",
        "",
        "/cabinet/{other}/reports?by=source&metrics=deals",
        "/cabinet/{site}/deals?status=x",
        "/cabinet/{site}/reports/rows?metrics=deals",
        "ftp://shop.example/cabinet/{site}/reports?metrics=deals",
        "status=x",
        "http://[",
    ],
)
def test_a_report_by_mail_is_a_report_of_this_site(boss: Guest, url: str) -> None:
    url = url.format(site=boss.site_id, other=boss.site_id + 1)
    refused = boss.send("settings/mail-reports", **{**REPORT, "question": url}, recipients="anna@example.com")
    assert refused.status_code == 400
    assert f"/cabinet/{boss.site_id}/reports" in refused.text[refused.text.index('id="fault-question"') :]
    boss.http.cookies["language"] = "ru"
    assert "это не URL отчёта этого сайта" in boss.send("settings/mail-reports", **{**REPORT, "question": url}).text


@pytest.mark.parametrize(
    "url",
    [
        "https://deals.shop.example/cabinet/{site}/reports?by=source&metrics=deals",
        "/cabinet/{site}/reports?by=source&metrics=deals&filter=source:is:a/b",
        "/cabinet/{site}/reports",
        "by=source&metrics=deals&filter=landing_page:is:https://shop.example/?a=b",
    ],
)
def test_a_url_of_a_report_of_this_site_is_taken(boss: Guest, url: str) -> None:
    taken = boss.send(
        "settings/mail-reports", **{**REPORT, "question": url.format(site=boss.site_id)}, recipients="anna@example.com"
    )
    assert taken.is_redirect, taken.text


def test_the_question_of_a_report_by_mail_must_be_one(boss: Guest) -> None:
    url = f"/cabinet/{boss.site_id}/reports?by=nothing&metrics=deals"
    refused = boss.send("settings/mail-reports", **{**REPORT, "question": url}, recipients="anna@example.com")
    assert refused.status_code == 400
    assert "nothing" in refused.text[refused.text.index('id="fault-question"') :]
