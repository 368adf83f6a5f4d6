"""What is wrong now, in words, each with its cure."""

from collections.abc import Callable, Mapping, Sequence

from dealtrace.cabinet.formats import clock_time
from dealtrace.cabinet.view import View
from dealtrace.operations.overview.problems import Problem, ProblemKind
from dealtrace.record import record


@record
class Trouble:
    """A problem in words, its cure, and the page on which it is mended; empty if that is not on a page."""

    words: str
    cure: str
    address: str


_WORDS: Mapping[ProblemKind, tuple[str, str, str]] = {
    ProblemKind.SERVICE_SILENT: (
        "%(what)s sends no deals since %(since)s.",
        "Check the connection of the CRM and the journal of requests.",
        "requests",
    ),
    ProblemKind.COUNTER_SILENT: (
        "No visit was counted since %(since)s.",
        "Check that the counter stands on every page.",
        "settings/counter",
    ),
    ProblemKind.POINTS_SPENT: (
        "All %(count)s points of today are spent: requests are refused.",
        "Raise the daily points.",
        "settings",
    ),
    ProblemKind.WEBHOOK_FAILED: ("The webhook %(what)s fails.", "Look at its log and send again.", "settings/webhooks"),
    ProblemKind.NO_WON_STATUS: (
        "No status is named won, so there is no income.",
        "Name the statuses of won deals.",
        "settings/statuses",
    ),
    ProblemKind.FIELDS_UNKNOWN: (
        "Fields are sent that the site does not keep: %(what)s.",
        "Add those that you need.",
        "settings/fields",
    ),
}
assert set(_WORDS) == set(ProblemKind)


def troubles_of(problems: Sequence[Problem], view: View) -> list[Trouble]:
    """Return problems in words."""
    return [_trouble(problem, view, view.word) for problem in problems]


def _trouble(problem: Problem, view: View, translate: Callable[[str], str]) -> Trouble:
    words, cure, place = _WORDS[problem.kind]
    since = clock_time(view.language, problem.since, view.here.time_zone) if problem.since is not None else ""
    facts = {"what": problem.what, "count": problem.count, "since": since}
    return Trouble(translate(words) % facts, translate(cure), f"/cabinet/{view.here.id}/{place}")
