"""Import the costs of an advertising account; they replace the account's earlier costs of the same days."""

from collections.abc import Collection, Sequence
from datetime import date

from dealtrace.accounts.figure_changes import USUAL_DELAY
from dealtrace.accounts.site_change import ChangeKind, FormerValues
from dealtrace.accounts.site_days import site_day
from dealtrace.attribution.cost import Cost, CostAccount
from dealtrace.operations.accounts.record_change import record_change
from dealtrace.operations.spend_points import lock_registrations
from dealtrace.operations.work import Work
from dealtrace.record import record
from dealtrace.storage.reports.costs import delete_costs_of_days, insert_costs
from dealtrace.storage.visits.traffic_sources import intern_sources


@record
class ImportedCosts:
    """How many costs of an account were stored, and how many earlier costs of the same days were replaced."""

    stored: int
    replaced: int


def import_costs(work: Work, account: CostAccount, days: Collection[date], costs: Sequence[Cost]) -> ImportedCosts:
    """Replace the costs of an account on `days`.

    If a day is more than `USUAL_DELAY` ago, the import is recorded in the history of changes to the site.
    """
    done = replace_costs(work, account, days, costs)
    first_on = min(days, default=None)
    if first_on is not None and site_day(work.now, work.site.time_zone) - first_on > USUAL_DELAY:
        former: FormerValues = {
            "system": account.system,
            "account": account.account,
            "origin": account.origin.value,
            "days": len(set(days)),
        }
        span = f"{first_on} {max(days)}"
        record_change(work, work.site.id, ChangeKind.COSTS, account_name(account), after=span, former=former)
    return done


def account_name(account: CostAccount) -> str:
    """Return the name by which the history of changes calls an advertising account."""
    return " ".join(part for part in (account.system, account.account) if part)


def replace_costs(work: Work, account: CostAccount, days: Collection[date], costs: Sequence[Cost]) -> ImportedCosts:
    """Replace the costs of an account on `days`; no two new costs may have the same day and source.

    Importing the same file again changes nothing. Imports and registrations of a site run one after another. Ours:
    `days` are the days that have a row in the file, so a file with gaps deletes nothing on the days in between.
    """
    lock_registrations(work)
    replaced = delete_costs_of_days(work.connection, work.site.id, account, days)
    sources = dict.fromkeys(cost.traffic_source for cost in costs)
    source_ids = intern_sources(work.connection, work.ids, work.site.id, sources)
    insert_costs(work.connection, work.site.id, account, costs, source_ids)
    return ImportedCosts(len(costs), replaced)
