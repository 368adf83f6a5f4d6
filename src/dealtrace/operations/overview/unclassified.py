"""Find a period's deals that have a status nobody has classified; reports count such deals as open."""

from collections.abc import Collection
from datetime import datetime

from dealtrace.accounts.site import Site
from dealtrace.attribution.credit import AttributionModel
from dealtrace.operations.overview.problems import NAMES_SHOWN, Problem, ProblemKind
from dealtrace.operations.reports.ask import FactSource, ask
from dealtrace.reports.dimensions import DIMENSIONS
from dealtrace.reports.filters import Filter, Operator
from dealtrace.reports.metrics import METRICS
from dealtrace.reports.periods import Period
from dealtrace.reports.question import Question


def find_unclassified_deals(
    source: FactSource, site: Site, keys: Collection[str], period: Period, now: datetime
) -> Problem | None:
    """Return the problem that deals of a period have unclassified statuses, or `None` if no deal has such a status.

    `keys` are the keys of the unclassified statuses, as `status_key` returns them. The problem names the most frequent
    of these statuses, and has the number of deals and the sum of their amounts in rubles, `None` if none is known.
    """
    if not keys:
        return None
    status = DIMENSIONS["status"]
    question = Question(
        (status,),
        (METRICS["deals"], METRICS["amount"]),
        period,
        AttributionModel(site.attribution),
        filters=(Filter(status, Operator.AMONG, tuple(sorted(keys))),),
        limit=NAMES_SHOWN,
    )
    report = ask(source, site, question, now)
    ((deals, amount),) = report.total.values.values()
    if not deals:
        return None
    names = ", ".join(str(row.keys[0]) for row in report.rows)
    more = report.rows_total - len(report.rows)
    return Problem(ProblemKind.STATUSES_UNCLASSIFIED, names, int(deals), amount, more=more)
