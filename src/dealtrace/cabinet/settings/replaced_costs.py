"""The imports of costs that replaced earlier costs; pages list these imports before costs are deleted."""

from datetime import date, datetime

from sqlalchemy import Connection

from dealtrace.accounts.site_change import ChangeKind
from dealtrace.attribution.cost import CostAccount
from dealtrace.storage.accounts.change_history import list_site_changes
from dealtrace.storage.reports.costs import DaysOfCosts

IMPORTS_SEARCHED = 500
"""Ours: how many of the latest changes to costs are searched for imports that replaced other costs."""
REPLACING_SHOWN = 5
"""Ours: before costs are deleted, a person is shown at most this many imports that replaced costs."""


def list_replacing_imports(
    connection: Connection, site_id: int, account: CostAccount, days: DaysOfCosts
) -> list[tuple[datetime, int]]:
    """List the latest imports of an account that replaced costs of some days.

    Each has its time and the number of costs that it replaced. Replaced costs are not kept.
    """
    found = []
    for change in list_site_changes(connection, site_id, most=IMPORTS_SEARCHED, kinds=[ChangeKind.COSTS]):
        former = change.former or {}
        of = (former.get("system"), former.get("account"), former.get("origin"))
        replaced = former.get("replaced", 0)
        if not replaced or of != (account.system, account.account, account.origin.value):
            continue
        first_on, last_on = map(date.fromisoformat, change.after.split())
        if days.overlap(first_on, last_on):
            found.append((change.changed_at, replaced))
    return found[:REPLACING_SHOWN]
