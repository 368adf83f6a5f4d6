"""Reports by mail: each time is sent once, on both engines."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cast import Player, Stage, moscow
from dealtrace.accounts.role import Role
from dealtrace.errors import InvalidParameters, InvalidSetting
from dealtrace.mails.recipient import Recipient
from dealtrace.mails.scheduled_report import Rhythm, ScheduledReport
from dealtrace.operations.accounts.create_user import create_user
from dealtrace.operations.mails.scheduled_reports import (
    NewScheduledReport,
    leave_report,
    read_due_question,
    schedule_report,
    send_due_reports,
    stop_report,
)
from dealtrace.reports.question import Words
from dealtrace.storage.mails.outbox import list_mails
from dealtrace.storage.mails.scheduled_reports import list_scheduled_reports

NOW = moscow("2026-11-10", "12:00:00")
ANNA = Recipient("anna@example.com", "en")
NEW = NewScheduledReport(
    "Sources", Words(by="source", metrics="deals,amount", filters=("source:is:a|b",)), Rhythm.DAILY, 9, (ANNA,)
)


def schedule(stage: Stage, shop: Player, new: NewScheduledReport = NEW) -> ScheduledReport:
    stage.ids.ensure(10)
    with stage.database.write() as connection:
        return schedule_report(connection, stage.ids, shop.site, new, NOW)


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
    assert (report.words, report.due_at) == (NEW.words, moscow("2026-11-16", "09:00:00"))
    assert question.period.last_on.isoformat() == "2026-11-10"
    assert question.comparison == "previous"


@pytest.mark.parametrize(
    ("changed", "key"),
    [({"title": " "}, "title"), ({"title": "a" * 101}, "title"), ({"recipients": ()}, "recipients"),
     ({"words": Words(metrics="deals", models="all")}, "question")],
)  # fmt: skip
def test_a_report_that_cannot_be_sent_is_refused(
    stage: Stage, shop: Player, changed: dict[str, object], key: str
) -> None:
    with pytest.raises(InvalidSetting) as refused:
        schedule(stage, shop, replace(NEW, **changed))
    assert refused.value.facts["key"] == key


def test_an_unknown_word_is_refused_when_it_is_scheduled(stage: Stage, shop: Player) -> None:
    with pytest.raises(InvalidParameters, match="did you mean deals"):
        schedule(stage, shop, replace(NEW, words=Words(metrics="deal")))


def test_who_leaves_gets_no_more_and_the_last_one_ends_it(stage: Stage, shop: Player) -> None:
    stage.ids.ensure(10)
    with stage.database.write() as connection:
        roles = {shop.site.id: Role.READER}
        user = create_user(connection, stage.ids, "bob@example.com", "correct horse battery", NOW, roles=roles)
    bob = Recipient(user.login, "ru", user.id)
    both, alone = (
        schedule(stage, shop, replace(NEW, recipients=(ANNA, bob))),
        schedule(stage, shop, replace(NEW, recipients=(bob,))),
    )
    with stage.database.write() as connection:
        for report in (both, alone):
            leave_report(connection, shop.site, report.id, user.id)
        assert [each.recipients for each in list_scheduled_reports(connection, shop.site.id)] == [(ANNA,)]
    stage.perform(send_due_reports, shop, None, now=both.due_at)
    with stage.database.write() as connection:
        stop_report(connection, shop.site, both.id)
        assert list_scheduled_reports(connection, shop.site.id) == []
    assert mails(stage, shop) == []
