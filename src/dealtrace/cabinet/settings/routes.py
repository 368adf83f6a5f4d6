"""The pages of settings, one line each."""

from dealtrace.accounts.role import Role
from dealtrace.cabinet.gate import Page
from dealtrace.cabinet.settings import (
    agreement,
    alerts,
    columns,
    costs,
    counter,
    fields,
    hosts,
    imports,
    sections,
    site,
    statuses,
    tokens,
    webhooks,
)
from dealtrace.cabinet.settings.uploads import FORM_BYTES_MAX

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
    Page("/{site:int}/settings/columns", "POST", columns.add, Role.ANALYST),
    Page("/{site:int}/settings/columns/remove", "POST", columns.remove, Role.ANALYST),
    Page("/{site:int}/settings/hosts", "GET", hosts.show, Role.OWNER),
    Page("/{site:int}/settings/hosts", "POST", hosts.add, Role.OWNER),
    Page("/{site:int}/settings/hosts/remove", "POST", hosts.remove, Role.OWNER),
    Page("/{site:int}/settings/webhooks", "GET", webhooks.show, Role.OWNER),
    Page("/{site:int}/settings/webhooks", "POST", webhooks.create, Role.OWNER),
    Page("/{site:int}/settings/webhooks/{webhook}", "GET", webhooks.show_log, Role.OWNER),
    Page("/{site:int}/settings/webhooks/{webhook}", "POST", webhooks.act, Role.OWNER),
    Page("/{site:int}/settings/alerts", "GET", alerts.show, Role.ANALYST),
    Page("/{site:int}/settings/alerts", "POST", alerts.add, Role.ANALYST),
    Page("/{site:int}/settings/alerts/{alert}", "GET", alerts.show_alert, Role.ANALYST),
    Page("/{site:int}/settings/alerts/{alert}", "POST", alerts.change, Role.ANALYST),
    Page("/{site:int}/settings/counter", "GET", counter.show, Role.OWNER),
    Page("/{site:int}/settings/imports", "GET", imports.show, Role.OWNER),
    Page(
        "/{site:int}/settings/imports", "POST", imports.upload, Role.OWNER, form_bytes_max=FORM_BYTES_MAX, files_max=1
    ),
    Page("/{site:int}/settings/imports/{key}", "GET", imports.show_preview, Role.OWNER),
    Page("/{site:int}/settings/imports/{key}", "POST", imports.run, Role.OWNER),
    Page("/{site:int}/settings/imports/{key}/refused.csv", "GET", imports.send_refused, Role.OWNER),
    Page("/{site:int}/settings/agreement", "GET", agreement.show, Role.OWNER),
    Page(
        "/{site:int}/settings/agreement",
        "POST",
        agreement.compare,
        Role.OWNER,
        form_bytes_max=FORM_BYTES_MAX,
        files_max=1,
    ),
    Page("/{site:int}/costs", "GET", costs.show, Role.ANALYST),
    Page("/{site:int}/costs", "POST", costs.upload, Role.ANALYST, form_bytes_max=FORM_BYTES_MAX, files_max=1),
    Page("/{site:int}/costs/{key}", "GET", costs.show_preview, Role.ANALYST),
    Page("/{site:int}/costs/{key}", "POST", costs.run, Role.ANALYST),
)
