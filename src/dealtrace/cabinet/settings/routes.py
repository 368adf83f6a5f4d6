"""The pages of settings, one line each."""

from dealtrace.accounts.role import Role
from dealtrace.cabinet.gate import Page
from dealtrace.cabinet.settings import sections, site, tokens

SETTINGS_PAGES = (
    Page("/{site:int}/settings", "GET", sections.show, Role.ANALYST),
    Page("/{site:int}/settings/site", "GET", site.show, Role.OWNER),
    Page("/{site:int}/settings/site", "POST", site.save, Role.OWNER),
    Page("/{site:int}/settings/tokens", "GET", tokens.show, Role.OWNER),
    Page("/{site:int}/settings/tokens", "POST", tokens.issue, Role.OWNER),
    Page("/{site:int}/settings/tokens/revoke", "POST", tokens.revoke, Role.OWNER),
)
