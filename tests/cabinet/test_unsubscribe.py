"""Typed addresses leave a report or an alert by the link of a mail, without a login, and owners see who did."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from account_work import account_work
from browser import Browser
from cast import Player, Stage
from dealtrace import clock
from dealtrace.accounts.rights import Role
from dealtrace.alerts.rule import AlertKind, Rule
from dealtrace.alerts.windows import WINDOWS
from dealtrace.mails.recipient import Recipient
from dealtrace.mails.scheduled_report import Rhythm
from dealtrace.mails.subscription import MailList, Subscription, link_key
from dealtrace.operations.alerts import manage
from dealtrace.operations.mails.scheduled_reports import (
    NewScheduledReport,
    schedule_report,
    send_due_reports,
    stop_report,
)
from dealtrace.reports.question import RawQuestion
from dealtrace.storage.mails.outbox import list_mails
from dealtrace.storage.mails.unsubscriptions import find_signing_key, find_unsubscriptions
from engines import on_one_engine
from guests import member_of, text_of
from server import ServerProcess

pytestmark = on_one_engine
ADDRESS = "Anna@example.com"
RECIPIENTS = (Recipient(ADDRESS, "en"), Recipient("bob@example.com", "en"))
ONE_CLICK = {"List-Unsubscribe": "One-Click"}
ENGLISH = {"accept-language": "en"}


@pytest.fixture
def site(served: Stage) -> Player:
    return served.open_site(name="Shop <b>")


@pytest.fixture
def lists(served: Stage, site: Player) -> dict[MailList, int]:
    """Give a report and a rule of alerts, each with a mail to Anna and to Bob that waits."""
    served.ids.ensure(50)
    now = clock.now()
    rule = Rule(AlertKind.SILENCE, "calls", WINDOWS["day"], None, (), RECIPIENTS)
    new = NewScheduledReport("Week", RawQuestion(metrics="deals"), Rhythm.DAILY, 9, RECIPIENTS)
    with served.database.write() as connection:
        report = schedule_report(account_work(connection, now - timedelta(days=2), served.ids).at(site.site), new)
        alert = manage.add_alert(account_work(connection, now, served.ids).at(site.site), rule)
        manage.schedule_test_mails(account_work(connection, now, served.ids), alert)
    served.perform(send_due_reports, site, None)
    return {MailList.REPORT: report.id, MailList.ALERT: alert.id}


@pytest.fixture
def link(served: Stage, site: Player, lists: dict[MailList, int]) -> Callable[..., str]:
    """Give a function that returns the path by which an address leaves."""

    def path_of(mail_list: MailList, address: str = ADDRESS) -> str:
        with served.database.read() as connection:
            key = find_signing_key(connection)
        return "/cabinet/unsubscribe/" + link_key(Subscription(site.site.id, mail_list, lists[mail_list], address), key)

    return path_of


def waiting(served: Stage, site: Player) -> list[str]:
    with served.database.read() as connection:
        found = list_mails(connection, site.site.id, clock.now() - timedelta(days=3))
    return sorted(mail.recipient.address for mail in found if mail.due_at is not None)


def has_left(served: Stage, site: Player, mail_list: MailList, list_id: int) -> list[str]:
    with served.database.read() as connection:
        return list(find_unsubscriptions(connection, site.site.id, mail_list, list_id))


@pytest.mark.parametrize("mail_list", MailList)
def test_only_the_button_ends_a_subscription_and_what_waits_for_it(
    server: ServerProcess,
    served: Stage,
    site: Player,
    lists: dict[MailList, int],
    link: Callable[..., str],
    mail_list: MailList,
) -> None:
    assert waiting(served, site) == [ADDRESS, ADDRESS, "bob@example.com", "bob@example.com"]
    page = server.http.get(link(mail_list), headers=ENGLISH)
    assert page.status_code == 200
    assert f"{ADDRESS} gets these e-mails." in text_of(page.text)
    assert "Shop <b>" not in page.text
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "no-store" in page.headers["cache-control"]
    assert has_left(served, site, mail_list, lists[mail_list]) == []
    left = server.http.post(link(mail_list), data=ONE_CLICK, headers=ENGLISH)
    assert left.status_code == 200
    assert f"{ADDRESS} no longer gets these e-mails." in text_of(left.text)
    assert has_left(served, site, mail_list, lists[mail_list]) == [ADDRESS.casefold()]
    assert waiting(served, site) == [ADDRESS, "bob@example.com", "bob@example.com"]
    again = server.http.post(link(mail_list), data={"act": "again"}, headers=ENGLISH)
    assert "gets these e-mails." in text_of(again.text)
    assert has_left(served, site, mail_list, lists[mail_list]) == []


def test_a_mailbox_may_send_the_form_in_either_encoding_and_from_anywhere(
    server: ServerProcess, served: Stage, site: Player, lists: dict[MailList, int], link: Callable[..., str]
) -> None:
    boundary = b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'
    sent = server.http.post(
        link(MailList.REPORT),
        content=boundary,
        headers={"content-type": "multipart/form-data; boundary=x", "sec-fetch-site": "cross-site", "origin": "null"},
    )
    assert sent.status_code == 200
    assert has_left(served, site, MailList.REPORT, lists[MailList.REPORT]) == [ADDRESS.casefold()]


def test_nothing_is_sent_to_who_has_left_whoever_types_the_address_again(
    served: Stage, server: ServerProcess, site: Player, lists: dict[MailList, int], link: Callable[..., str]
) -> None:
    server.http.post(link(MailList.REPORT), data=ONE_CLICK)
    server.http.post(link(MailList.ALERT), data=ONE_CLICK)
    boss = member_of(server, served, site.site.id)
    place = f"settings/mail-reports/{lists[MailList.REPORT]}"
    saved = boss.post(
        place, title="Week", question="metrics=deals", rhythm="daily", hour="9", recipients="anna@EXAMPLE.com"
    )
    assert "anna@EXAMPLE.com unsubscribed" in text_of(saved.text)
    with served.database.write() as connection:
        alert = manage.require_alert(connection, site.site, lists[MailList.ALERT])
        manage.schedule_test_mails(account_work(connection, clock.now(), served.ids), alert)
    served.perform(send_due_reports, site, None, now=clock.now() + timedelta(days=1))
    assert set(waiting(served, site)) == {"bob@example.com"}
    page = text_of(boss.get(f"settings/alerts/{lists[MailList.ALERT]}").text)
    assert "These recipients unsubscribed with the link in an e-mail:" in page
    assert ADDRESS in page.partition("unsubscribed with the link in an e-mail:")[2].partition("Change")[0]
    reader = member_of(server, served, site.site.id, Role.READER)
    assert "anna" not in reader.get("settings/mail-reports").text


def test_a_link_that_is_not_ours_or_no_longer_sent_to_changes_nothing(
    served: Stage, server: ServerProcess, site: Player, lists: dict[MailList, int], link: Callable[..., str]
) -> None:
    valid = link(MailList.REPORT)
    for path in (
        valid[:-1] + ("A" if valid[-1] != "A" else "B"),
        "/cabinet/unsubscribe/x",
        link(MailList.REPORT, "c@d.ru"),
    ):
        for answer in (server.http.get(path), server.http.post(path, data=ONE_CLICK)):
            assert answer.status_code == 410
    assert has_left(served, site, MailList.REPORT, lists[MailList.REPORT]) == []
    server.http.post(valid, data=ONE_CLICK)
    with served.database.write() as connection:
        stop_report(account_work(connection, clock.now()).at(site.site), lists[MailList.REPORT])
    assert server.http.get(valid).status_code == 410
    assert has_left(served, site, MailList.REPORT, lists[MailList.REPORT]) == []


def test_a_person_leaves_and_comes_back_in_a_browser(
    server: ServerProcess, link: Callable[..., str], browser: Browser
) -> None:
    browser.open(server.url + link(MailList.ALERT))
    for before, after in (("leave", "again"), ("again", "leave")):
        browser.run(f"document.querySelector('main [value={before}]').click()")
        browser.wait(f"document.querySelector('main [value={after}]') !== null && document.readyState === 'complete'")
    assert browser.complaints == []
