"""Reports by e-mail: each time is sent once, on both engines."""

from dataclasses import replace
from datetime import timedelta

import pytest

from account_work import account_work
from cast import Player, Stage, moscow
from dealtrace.accounts.rights import Role
from dealtrace.accounts.site_change import ChangeKind
from dealtrace.errors import InvalidParameters, InvalidSetting
from dealtrace.mails.mail import MailId, MailPurpose, NewMail
from dealtrace.mails.recipient import Recipient
from dealtrace.mails.scheduled_report import Rhythm, ScheduledReport, next_due
from dealtrace.operations.accounts.create_user import create_user, hash_password
from dealtrace.operations.mails.scheduled_reports import (
    NewScheduledReport,
    change_report,
    leave_report,
    read_due_question,
    schedule_report,
    send_due_reports,
    stop_report,
)
from dealtrace.reports.periods import compared_period
from dealtrace.reports.question import RawQuestion
from dealtrace.storage.accounts.change_history import list_site_changes
from dealtrace.storage.database.engine import Database
from dealtrace.storage.mails.outbox import insert_mails, list_mails, update_claimed_mail
from dealtrace.storage.mails.scheduled_reports import list_scheduled_reports, list_sites_with_due_reports

NOW = moscow("2026-11-10", "12:00:00")
ANNA = Recipient("anna@example.com", "en")
NEW = NewScheduledReport(
    "Sources", RawQuestion(by="source", metrics="deals,amount", filters=("source:is:a|b",)), Rhythm.DAILY, 9, (ANNA,)
)


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


def schedule(stage: Stage, shop: Player, new: NewScheduledReport = NEW) -> ScheduledReport:
    stage.ids.ensure(10)
    with stage.database.write() as connection:
        return schedule_report(account_work(connection, NOW, stage.ids).at(shop.site), new)


def mails(stage: Stage, shop: Player) -> list[tuple[str, object]]:
    with stage.database.read() as connection:
        found = list_mails(connection, shop.site.id, NOW)
    return sorted((mail.recipient.address, mail.caused_at) for mail in found)


def test_each_time_is_sent_once_and_of_missed_ones_the_last(stage: Stage, shop: Player) -> None:
    stored = schedule(stage, shop)
    neighbour = stage.open_site()
    first = moscow("2026-11-11", "09:00:00")
    assert stored.due_at == first
    assert stage.perform(send_due_reports, shop, None, now=first - timedelta(seconds=1)) == [0]
    assert stage.perform(send_due_reports, neighbour, None, now=first) == [0]
    assert stage.perform(send_due_reports, shop, None, None, now=first) == [1, 0]
    assert mails(stage, shop) == [("anna@example.com", first)]
    late = moscow("2026-11-15", "18:00:00")
    assert stage.perform(send_due_reports, shop, None, now=late) == [1]
    assert mails(stage, shop) == [("anna@example.com", first), ("anna@example.com", moscow("2026-11-15", "09:00:00"))]
    with stage.database.read() as connection:
        (report,) = list_scheduled_reports(connection, shop.site.id)
        question = read_due_question(connection, shop.site, report, first)
    assert (report.raw_question, report.due_at) == (NEW.raw_question, moscow("2026-11-16", "09:00:00"))
    assert question.period.last_on.isoformat() == "2026-11-10"
    assert question.comparison == "previous"
    assert question.limit is None, "the attached file has all rows"


@pytest.mark.parametrize(
    ("rhythm", "days", "before"),
    [
        (Rhythm.MONTHLY, ("2026-11-01", "2026-11-30"), ("2026-10-01", "2026-10-31")),
        (Rhythm.WEEKLY, ("2026-11-24", "2026-11-30"), ("2026-11-17", "2026-11-23")),
    ],
)
def test_a_month_is_compared_with_the_whole_month_before(
    stage: Stage, shop: Player, rhythm: Rhythm, days: tuple[str, str], before: tuple[str, str]
) -> None:
    stored = schedule(stage, shop, replace(NEW, rhythm=rhythm))
    with stage.database.read() as connection:
        question = read_due_question(connection, shop.site, stored, moscow("2026-12-01", "09:00:00"))
    assert question.comparison is not None
    found = (question.period, compared_period(question.period, question.comparison))
    assert [(f"{each.first_on}", f"{each.last_on}") for each in found] == [days, before]


@pytest.mark.parametrize("rhythm", Rhythm)
def test_a_report_that_a_wrong_clock_planned_is_planned_again_and_not_sent(database: Database, rhythm: Rhythm) -> None:
    stage = Stage(database)
    shop = stage.open_site(contact_matching=True)
    stage.ids.ensure(10)
    new, ahead = replace(NEW, rhythm=rhythm), NOW + timedelta(days=90)
    with stage.database.write() as connection:
        wrong = schedule_report(account_work(connection, ahead, stage.ids).at(shop.site), new)
        assert list_sites_with_due_reports(connection, NOW) == [shop.site.id]
    assert stage.perform(send_due_reports, shop, None, now=NOW) == [0]
    with stage.database.read() as connection:
        (report,) = list_scheduled_reports(connection, shop.site.id)
        assert list_sites_with_due_reports(connection, NOW) == []
    assert report.due_at == next_due(rhythm, new.hour, shop.site.time_zone, NOW) < wrong.due_at
    assert mails(stage, shop) == []


@pytest.mark.parametrize(
    ("changed", "key"),
    [({"title": " "}, "title"), ({"title": "a" * 101}, "title"), ({"recipients": ()}, "recipients"),
     ({"raw_question": RawQuestion(metrics="deals", models="all")}, "question")],
)  # fmt: skip
def test_a_report_that_cannot_be_sent_is_refused(
    stage: Stage, shop: Player, changed: dict[str, object], key: str
) -> None:
    with pytest.raises(InvalidSetting) as refused:
        schedule(stage, shop, replace(NEW, **changed))
    assert refused.value.facts["key"] == key


def test_an_unknown_word_is_refused_when_it_is_scheduled(stage: Stage, shop: Player) -> None:
    with pytest.raises(InvalidParameters, match="did you mean deals"):
        schedule(stage, shop, replace(NEW, raw_question=RawQuestion(metrics="deal")))


def test_who_leaves_gets_no_more_and_the_last_one_ends_it(stage: Stage, shop: Player) -> None:
    stage.ids.ensure(10)
    with stage.database.write() as connection:
        roles = {shop.site.id: Role.READER}
        user = create_user(
            account_work(connection, NOW, stage.ids),
            "bob@example.com",
            hash_password("correct horse battery"),
            roles=roles,
        )
    bob = Recipient(user.login, "ru", user.id)
    both, alone = (
        schedule(stage, shop, replace(NEW, recipients=(ANNA, bob))),
        schedule(stage, shop, replace(NEW, recipients=(bob,))),
    )
    with stage.database.write() as connection:
        for report in (both, alone):
            leave_report(account_work(connection, NOW).at(shop.site), report.id, user.id)
        assert [each.recipients for each in list_scheduled_reports(connection, shop.site.id)] == [(ANNA,)]
    stage.perform(send_due_reports, shop, None, now=both.due_at)
    with stage.database.write() as connection:
        stop_report(account_work(connection, NOW).at(shop.site), both.id)
        assert list_scheduled_reports(connection, shop.site.id) == []
    assert mails(stage, shop) == []


def test_who_leaves_gets_no_mail_that_already_waits(stage: Stage, shop: Player) -> None:
    stage.ids.ensure(10)
    bob, eve = Recipient("bob@example.com", "ru", 7), Recipient("eve@example.com", "ru", 8)
    due_at = NOW + timedelta(days=1)
    left, other = (schedule(stage, shop, replace(NEW, recipients=(ANNA, bob, eve))) for _ in range(2))
    mailed = [
        (MailId(stage.ids.take()), NewMail(MailPurpose.REPORT, report.id, recipient))
        for report in (left, other)
        for recipient in (ANNA, bob, eve)
    ]
    with stage.database.write() as connection:
        insert_mails(connection, shop.site.id, mailed, due_at, due_at)
        (sent,) = [mail for mail in list_mails(connection, shop.site.id, NOW) if mail.id == mailed[2][0]]
        update_claimed_mail(connection, sent, {"due_at": None})
        leave_report(account_work(connection, NOW).at(shop.site), left.id, 7)
        leave_report(account_work(connection, NOW).at(shop.site), left.id, 8)
        kept = {(mail.subject_id, mail.recipient.address) for mail in list_mails(connection, shop.site.id, NOW)}
    assert kept == {
        (left.id, ANNA.address),
        (left.id, eve.address),
        *((other.id, recipient.address) for recipient in (ANNA, bob, eve)),
    }


def changes(stage: Stage, shop: Player) -> set[tuple[str, str, str, int | None]]:
    with stage.database.read() as connection:
        found = list_site_changes(connection, shop.site.id, most=100, kinds=[ChangeKind.MAIL_REPORT])
    return {(each.name, each.before, each.after, each.user_id) for each in found}


def change(stage: Stage, shop: Player, report: ScheduledReport, new: NewScheduledReport) -> ScheduledReport | None:
    with stage.database.write() as connection:
        if not change_report(account_work(connection, NOW, user_id=7).at(shop.site), report.id, new):
            return None
        (stored,) = list_scheduled_reports(connection, shop.site.id)
    return stored


def test_a_changed_report_is_sent_at_its_new_time_to_its_new_recipients(stage: Stage, shop: Player) -> None:
    before = schedule(stage, shop)
    words = RawQuestion(by="source", metrics="leads")
    new = NewScheduledReport(" Leads ", words, Rhythm.WEEKLY, 7, (Recipient("bob@example.com"),))
    after = change(stage, shop, before, new)
    assert after is not None
    assert (after.title, after.raw_question, after.recipients) == ("Leads", words, new.recipients)
    assert (after.id, after.created_at, after.due_at) == (before.id, NOW, moscow("2026-11-16", "07:00:00"))
    assert stage.perform(send_due_reports, shop, None, now=before.due_at) == [0]
    assert stage.perform(send_due_reports, shop, None, now=after.due_at) == [1]
    assert mails(stage, shop) == [("bob@example.com", after.due_at)]
    assert changes(stage, shop) == {
        ("Sources", "", "Sources", None),
        ("Sources", "Sources", "Leads", 7),
        ("Sources", "daily 9:00", "weekly 7:00", 7),
        ("Sources", "by=source&metrics=deals%2Camount&filters=source%3Ais%3Aa%7Cb", "by=source&metrics=leads", 7),
        ("Sources", "anna@example.com", "bob@example.com", 7),
    }


def test_a_report_whose_time_stays_is_sent_when_it_would_have_been(stage: Stage, shop: Player) -> None:
    before = schedule(stage, shop)
    after = change(stage, shop, before, replace(NEW, recipients=(ANNA, Recipient("bob@example.com"))))
    assert after is not None
    assert after.due_at == before.due_at
    assert changes(stage, shop) == {("Sources", "", "Sources", None), ("Sources", "", "bob@example.com", 7)}
    with stage.database.write() as connection:
        stop_report(account_work(connection, NOW, user_id=7).at(shop.site), before.id)
    assert ("Sources", "Sources", "", 7) in changes(stage, shop)
    assert change(stage, shop, before, NEW) is None


@pytest.mark.parametrize("wrong", [{"title": ""}, {"recipients": ()}, {"raw_question": RawQuestion(metrics="deal")}])
def test_a_change_that_cannot_be_sent_changes_nothing(stage: Stage, shop: Player, wrong: dict[str, object]) -> None:
    before = schedule(stage, shop)
    with pytest.raises((InvalidSetting, InvalidParameters)):
        change(stage, shop, before, replace(NEW, **wrong))
    with stage.database.read() as connection:
        assert list_scheduled_reports(connection, shop.site.id) == [before]


def test_a_neighbour_changes_no_report(stage: Stage, shop: Player) -> None:
    before = schedule(stage, shop)
    assert change(stage, stage.open_site(), before, replace(NEW, title="mine")) is None
    with stage.database.read() as connection:
        assert list_scheduled_reports(connection, shop.site.id) == [before]
