"""The pages of settings: the path, method, handler and required role of each."""

from dealtrace.accounts.rights import Role
from dealtrace.cabinet.gate import Page
from dealtrace.cabinet.settings import (
    alerts,
    changes,
    columns,
    costs,
    counter,
    fields,
    hosts,
    imports,
    mail_reports,
    rates,
    sections,
    shared_links,
    site,
    statuses,
    tokens,
)
from dealtrace.cabinet.settings.agreement import page as agreement
from dealtrace.cabinet.settings.agreement.file import send_differences_as
from dealtrace.cabinet.settings.uploads import FORM_BYTES_MAX
from dealtrace.cabinet.settings.webhooks import card as webhook_card
from dealtrace.cabinet.settings.webhooks import page as webhooks
from dealtrace.cabinet.what_if import apply_to_past, rules
from dealtrace.cabinet.what_if.flips_file import send_flips_as
from dealtrace.files.row_writers import CSV, XLSX

SETTINGS_PAGES = (
    Page("/{site:int}/settings", "GET", sections.show, Role.ANALYST),
    Page("/{site:int}/settings/site", "GET", site.show, Role.OWNER),
    Page("/{site:int}/settings/site", "POST", site.save, Role.OWNER),
    Page("/{site:int}/settings/tokens", "GET", tokens.show, Role.OWNER),
    Page("/{site:int}/settings/tokens", "POST", tokens.issue, Role.OWNER),
    Page("/{site:int}/settings/tokens/revoke", "POST", tokens.revoke, Role.OWNER),
    Page("/{site:int}/settings/fields", "GET", fields.show, Role.OWNER),
    Page("/{site:int}/settings/fields", "POST", fields.add, Role.OWNER),
    Page("/{site:int}/settings/fields/remove", "POST", fields.remove, Role.OWNER),
    Page("/{site:int}/settings/statuses", "GET", statuses.show, Role.ANALYST),
    Page("/{site:int}/settings/statuses", "POST", statuses.save, Role.ANALYST),
    Page("/{site:int}/settings/columns", "GET", columns.show, Role.ANALYST),
    Page("/{site:int}/settings/columns", "POST", columns.save, Role.ANALYST),
    Page("/{site:int}/settings/columns/remove", "POST", columns.remove, Role.ANALYST),
    Page("/{site:int}/settings/hosts", "GET", hosts.show, Role.OWNER),
    Page("/{site:int}/settings/hosts", "POST", hosts.add, Role.OWNER),
    Page("/{site:int}/settings/hosts/remove", "POST", hosts.remove, Role.OWNER),
    Page("/{site:int}/settings/try", "GET", rules.show, Role.OWNER),
    Page("/{site:int}/settings/try/flips.csv", "GET", send_flips_as(CSV), Role.OWNER),
    Page("/{site:int}/settings/try/flips.xlsx", "GET", send_flips_as(XLSX), Role.OWNER),
    Page("/{site:int}/settings/past", "GET", apply_to_past.show, Role.OWNER),
    Page("/{site:int}/settings/past", "POST", apply_to_past.start, Role.OWNER),
    Page("/{site:int}/settings/webhooks", "GET", webhooks.show, Role.OWNER),
    Page("/{site:int}/settings/webhooks", "POST", webhooks.create, Role.OWNER),
    Page("/{site:int}/settings/webhooks/{webhook}", "GET", webhook_card.show, Role.OWNER),
    Page("/{site:int}/settings/webhooks/{webhook}", "POST", webhook_card.act, Role.OWNER),
    Page("/{site:int}/settings/alerts", "GET", alerts.show, Role.ANALYST),
    Page("/{site:int}/settings/alerts", "POST", alerts.add, Role.ANALYST),
    Page("/{site:int}/settings/alerts/{alert}", "GET", alerts.show_alert, Role.ANALYST),
    Page("/{site:int}/settings/alerts/{alert}", "POST", alerts.change, Role.ANALYST),
    Page("/{site:int}/settings/mail-reports", "GET", mail_reports.show, Role.READER),
    Page("/{site:int}/settings/mail-reports", "POST", mail_reports.add, Role.ANALYST),
    Page("/{site:int}/settings/mail-reports/leave", "POST", mail_reports.leave, Role.READER),
    Page("/{site:int}/settings/mail-reports/remove", "POST", mail_reports.remove, Role.ANALYST),
    Page("/{site:int}/settings/mail-reports/{report}", "GET", mail_reports.show_report, Role.ANALYST),
    Page("/{site:int}/settings/mail-reports/{report}", "POST", mail_reports.change, Role.ANALYST),
    Page("/{site:int}/settings/counter", "GET", counter.show, Role.OWNER),
    Page("/{site:int}/settings/imports", "GET", imports.show, Role.OWNER),
    Page(
        "/{site:int}/settings/imports", "POST", imports.upload, Role.OWNER, form_bytes_max=FORM_BYTES_MAX, files_max=1
    ),
    Page("/{site:int}/settings/imports/{key}", "GET", imports.show_preview, Role.OWNER),
    Page("/{site:int}/settings/imports/{key}", "POST", imports.run, Role.OWNER),
    Page("/{site:int}/settings/imports/{key}/refused.csv", "GET", imports.send_refused, Role.OWNER),
    Page("/{site:int}/settings/rates", "GET", rates.show, Role.ANALYST),
    Page("/{site:int}/settings/rates", "POST", rates.save, Role.ANALYST),
    Page(
        "/{site:int}/settings/rates/import",
        "POST",
        rates.take_file,
        Role.ANALYST,
        form_bytes_max=FORM_BYTES_MAX,
        files_max=1,
    ),
    Page("/{site:int}/settings/rates/remove", "POST", rates.remove, Role.ANALYST),
    Page("/{site:int}/settings/shared", "GET", shared_links.show, Role.OWNER),
    Page("/{site:int}/settings/shared", "POST", shared_links.make, Role.OWNER),
    Page("/{site:int}/settings/shared/revoke", "POST", shared_links.revoke, Role.OWNER),
    Page("/{site:int}/settings/changes", "GET", changes.show, Role.OWNER),
    Page("/{site:int}/settings/agreement", "GET", agreement.show, Role.OWNER),
    Page(
        "/{site:int}/settings/agreement",
        "POST",
        agreement.compare,
        Role.OWNER,
        form_bytes_max=FORM_BYTES_MAX,
        files_max=1,
    ),
    Page("/{site:int}/settings/agreement/{key}", "GET", agreement.show_result, Role.OWNER),
    Page("/{site:int}/settings/agreement/{key}/differences.csv", "GET", send_differences_as(CSV), Role.OWNER),
    Page("/{site:int}/settings/agreement/{key}/differences.xlsx", "GET", send_differences_as(XLSX), Role.OWNER),
    Page("/{site:int}/costs", "GET", costs.show, Role.ANALYST),
    Page("/{site:int}/costs", "POST", costs.upload, Role.ANALYST, form_bytes_max=FORM_BYTES_MAX, files_max=1),
    Page("/{site:int}/costs/remove", "POST", costs.remove, Role.ANALYST),
    Page("/{site:int}/costs/{key}", "GET", costs.show_preview, Role.ANALYST),
    Page("/{site:int}/costs/{key}", "POST", costs.run, Role.ANALYST),
)
