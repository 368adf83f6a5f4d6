"""Texts about the current problems of a site, each with its cure."""

from collections.abc import Callable, Mapping, Sequence

from dealtrace.cabinet.formats import clock_time
from dealtrace.cabinet.view import View
from dealtrace.operations.overview.problems import Problem, ProblemKind
from dealtrace.record import record


@record
class ProblemText:
    """The texts of a problem and its cure, and the address of the page on which to solve it."""

    words: str
    cure: str
    address: str


_WORDS: Mapping[ProblemKind, tuple[str, str, str]] = {
    ProblemKind.SERVICE_SILENT: (
        "%(what)s has not sent any deals since %(since)s.",
        "Check the CRM’s connection and the journal of requests.",
        "requests",
    ),
    ProblemKind.COUNTER_SILENT: (
        "No visits have been counted since %(since)s.",
        "Check that the counter is installed on every page.",
        "settings/counter",
    ),
    ProblemKind.POINTS_SPENT: (
        "All %(count)s points for today have been spent, so requests are refused.",
        "Increase the daily limit of points.",
        "settings",
    ),
    ProblemKind.WEBHOOK_FAILED: (
        "The webhook %(what)s is failing.",
        "Check its log and resend the messages.",
        "settings/webhooks",
    ),
    ProblemKind.NO_WON_STATUS: (
        "No status is marked as won, so reports show no income.",
        "Choose the statuses of won deals.",
        "settings/statuses",
    ),
    ProblemKind.FIELDS_UNKNOWN: (
        "Callers send custom fields that the site does not store: %(what)s.",
        "Add the fields that you need.",
        "settings/fields",
    ),
    ProblemKind.NO_RATE: (
        "Sums omit deals in currencies without a rate: %(count)s in the period, %(what)s in total.",
        "Set the rates of these currencies.",
        "settings/rates",
    ),
}
assert set(_WORDS) == set(ProblemKind)


def problem_texts(problems: Sequence[Problem], view: View) -> list[ProblemText]:
    """Return the texts of problems, in input order."""
    return [_problem_text(problem, view, view.translate) for problem in problems]


def _problem_text(problem: Problem, view: View, translate: Callable[[str], str]) -> ProblemText:
    words, cure, place = _WORDS[problem.kind]
    since = clock_time(view.language, problem.since, view.current_site.time_zone) if problem.since is not None else ""
    facts = {"what": problem.what, "count": problem.count, "since": since}
    return ProblemText(translate(words) % facts, translate(cure) % facts, f"/cabinet/{view.current_site.id}/{place}")
