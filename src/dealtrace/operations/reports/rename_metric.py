"""Rename a metric that is a site's own report column, everywhere that the name of the metric is stored."""

from dataclasses import replace

from dealtrace.operations.work import Work
from dealtrace.reports.saved_items.saved_reports import metrics_renamed, with_metric_renamed
from dealtrace.storage.accounts.shared_links import list_shared_links, update_link_query
from dealtrace.storage.alerts import alerts
from dealtrace.storage.mails.scheduled_reports import list_scheduled_reports, update_scheduled_report
from dealtrace.storage.reports.saved_items.saved_reports import list_reports_of_all, update_query


def rename_metric(work: Work, name: str, new_name: str) -> None:
    """Rename a metric in the saved reports, reports by e-mail, alerts and shared links of a site and its users.

    All of these stay locked until the transaction ends, so that a change by another process is not lost.
    """
    alerts.rename_metric(work.connection, work.site.id, name, new_name)
    for report in list_reports_of_all(work.connection, work.site.id, lock=True):
        if (query := with_metric_renamed(report.query, name, new_name)) != report.query:
            update_query(work.connection, work.site.id, report, query)
    for link in list_shared_links(work.connection, work.site.id, lock=True):
        if (query := with_metric_renamed(link.query, name, new_name)) != link.query:
            update_link_query(work.connection, link.digest, query)
    for scheduled in list_scheduled_reports(work.connection, work.site.id, lock=True):
        before = scheduled.raw_question
        metrics, sort = (metrics_renamed(text, name, new_name) for text in (before.metrics, before.sort))
        if (metrics, sort) != (before.metrics, before.sort):
            question = replace(before, metrics=metrics, sort=sort)
            update_scheduled_report(work.connection, replace(scheduled, raw_question=question))
