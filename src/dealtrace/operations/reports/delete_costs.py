"""Delete the costs of an advertising account, such as those that were imported under a wrong name."""

from dealtrace.accounts.site_change import ChangeKind
from dealtrace.attribution.cost import CostAccount
from dealtrace.operations.accounts.record_change import record_change
from dealtrace.operations.reports.import_costs import account_name
from dealtrace.operations.spend_points import lock_registrations
from dealtrace.operations.work import Work
from dealtrace.storage.reports import costs
from dealtrace.storage.reports.costs import CostTotals, DaysOfCosts


def delete_costs(work: Work, account: CostAccount, days: DaysOfCosts, expected: CostTotals) -> CostTotals:
    """Delete the costs of an account on some days, and record that; return what was found.

    Nothing is deleted if what is found differs from what the person has agreed to delete.
    """
    lock_registrations(work)
    found = costs.sum_costs(work.connection, work.site.id, account, days)
    if found == expected and found.first_on is not None:
        costs.delete_costs(work.connection, work.site.id, account, days)
        span = f"{found.first_on} {found.last_on}"
        record_change(work, work.site.id, ChangeKind.COSTS, account_name(account), before=span)
    return found
