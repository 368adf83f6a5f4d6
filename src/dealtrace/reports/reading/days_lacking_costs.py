"""Say through which day the costs of a report are known, and how missing costs affect a comparison."""

from collections.abc import Callable, Mapping
from datetime import date

from dealtrace.errors import Language
from dealtrace.reports.answer import Report
from dealtrace.reports.facts import Fact
from dealtrace.reports.periods import DAY, Period, day_compared_with
from dealtrace.reports.question import Question


def asks_for_costs(question: Question) -> bool:
    """Return whether a report has costs among its metrics, or a figure that is computed from them, such as ROI."""
    return any(Fact.COSTS in metric.facts for metric in question.metrics)


def lacking_days(report: Report) -> tuple[Period | None, Period | None]:
    """Return the days at the end of a report's period and of its compared period whose costs are not all known yet.

    Each of the two results ends with the last day that the report counts, and is `None` if there are no such days.
    """
    known, question = report.known_costs, report.question
    if known is None or report.today is None:
        return None, None
    last_on = min(question.period.last_on, report.today)
    own = _after(known.until, Period(question.period.first_on, last_on))
    if own is None or report.compared_period is None or question.comparison is None:
        return own, None
    other_last_on = day_compared_with(question.period, question.comparison, last_on)
    return own, _after(known.until, Period(report.compared_period.first_on, other_last_on))


def known_costs_text(
    report: Report, language: Language, format_day: Callable[[date], str] = date.isoformat, accounts: str = ""
) -> str:
    """Return a note on how far costs are known and which days lack them; empty if all costs of the period are known.

    `accounts` names the accounts whose costs are late, if the reader may know them. If the report has a comparison, the
    note also says which days of the compared period lack costs, because a period with fewer days of costs looks
    cheaper.
    """
    known, (own, compared) = report.known_costs, lacking_days(report)
    if known is None or own is None:
        return ""
    named, whole, lacking, until = _SENTENCES[language]

    def days(period: Period) -> str:
        first, last = format_day(period.first_on), format_day(period.last_on)
        return first if first == last else f"{first} – {last}"

    held_up = f" ({named.format(accounts=accounts)})" if accounts else ""
    text = until.format(day=format_day(known.until), accounts=held_up, days=days(own))
    if report.compared_period is None:
        return text
    return f"{text} {lacking.format(days=days(compared)) if compared is not None else whole}"


def _after(until: date, period: Period) -> Period | None:
    """Return the days of a period after a day; `None` if there are none, as in a period that has not begun."""
    first_on = max(period.first_on, until + DAY)
    return Period(first_on, period.last_on) if first_on <= period.last_on else None


_SENTENCES: Mapping[Language, tuple[str, str, str, str]] = {
    "ru": (
        "отстают: {accounts}",
        "В периоде сравнения расходы учтены за все дни, поэтому показатели с расходами сейчас кажутся лучше.",
        "В периоде сравнения не хватает расходов за эти дни: {days}.",
        "Расходы известны по {day}{accounts}. Дни, за которые расходов ещё не хватает: {days}.",
    ),
    "en": (
        "behind: {accounts}",
        "The compared period counts costs of all its days, so figures with costs now look better than they are.",
        "The compared period lacks costs of these days: {days}.",
        "Costs are known through {day}{accounts}. Days whose costs are not all known yet: {days}.",
    ),
}
