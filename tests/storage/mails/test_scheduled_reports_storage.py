"""The order of scheduled reports."""

from sqlalchemy import Connection

from dealtrace.mails.recipient import Recipient
from dealtrace.mails.scheduled_report import Rhythm, ScheduledReport, ScheduledReportId
from dealtrace.reports.question import RawQuestion
from dealtrace.storage.mails.scheduled_reports import insert_scheduled_report, list_scheduled_reports
from write_commands import NOON


def test_reports_of_the_same_instant_are_listed_by_id(connection: Connection) -> None:
    words, to = RawQuestion(metrics="deals"), (Recipient("ann@example.org"),)
    for number in (3, 1, 2):
        new = ScheduledReport(ScheduledReportId(number), 1, "Week", words, Rhythm.DAILY, 9, to, NOON, NOON)
        insert_scheduled_report(connection, new)
    assert [report.id for report in list_scheduled_reports(connection, 1)] == [1, 2, 3]
