"""The pages of settings, one line each."""

from dealtrace.accounts.role import Role
from dealtrace.cabinet.gate import Page
from dealtrace.cabinet.settings import sections

SETTINGS_PAGES = (Page("/{site:int}/settings", "GET", sections.show, Role.ANALYST),)
