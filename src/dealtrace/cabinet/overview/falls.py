"""Texts about sharp falls of figures, each with its cure and a link to the report that shows what fell most."""

from collections.abc import Mapping, Sequence

from dealtrace.alerts.falls import FALLS_WATCHED, Fall
from dealtrace.cabinet.formats import day_span, metric_value
from dealtrace.cabinet.overview.problems import ProblemText
from dealtrace.cabinet.reports.report_url import ReportUrl
from dealtrace.cabinet.view import View
from dealtrace.record import record
from dealtrace.reports.periods import DAY, Comparison
from dealtrace.reports.question import CHANGE_PREFIX, DESCENDING


@record
class _Cure:
    """What to do about a fall, and the grouping, metrics and order of the report that shows it."""

    words: str
    by: str
    metrics: str
    sort: str


_BY_SOURCE = "source,medium"
_CURES: Mapping[str, _Cure] = {
    "match_rate": _Cure(
        "See why deals have no lead, and check the contacts that the CRM sends.",
        "match_reason",
        "deals,amount",
        f"{DESCENDING}{CHANGE_PREFIX}deals",
    ),
    "deals": _Cure(
        "See which sources lost most deals, and check that the CRM sends all of them.",
        _BY_SOURCE,
        "deals,leads,visits",
        f"{CHANGE_PREFIX}deals",
    ),
    "leads": _Cure(
        "See which sources lost most leads, and check the PBX and the forms of the site.",
        _BY_SOURCE,
        "leads,calls,requests,visits",
        f"{CHANGE_PREFIX}leads",
    ),
    "visits": _Cure(
        "See which sources lost most visits, and check the ads and the counter.",
        _BY_SOURCE,
        "visits,leads,cost",
        f"{CHANGE_PREFIX}visits",
    ),
}
assert set(_CURES) == {metric.name for metric in FALLS_WATCHED}


def fall_texts(falls: Sequence[Fall], reports: str, view: View) -> list[ProblemText]:
    """Return the texts about falls, in input order; `reports` is the path of the page of reports."""
    return [_text(fall, reports, view) for fall in falls]


def _text(fall: Fall, reports: str, view: View) -> ProblemText:
    language, cure, slot = view.language, _CURES[fall.metric.name], fall.slot
    first_on = slot.last_on - (slot.window.days - 1) * DAY
    words = view.translate("%(metric)s: a sharp fall. %(days)s: %(value)s, usually %(usual)s.") % {
        "metric": fall.metric.ru if language == "ru" else fall.metric.en,
        "days": day_span(language, first_on, slot.last_on),
        "value": metric_value(language, fall.metric, fall.value),
        "usual": metric_value(language, fall.metric, fall.usual),
    }
    url = ReportUrl(reports, (), ()).link(
        by=cure.by,
        metrics=cure.metrics,
        first=first_on.isoformat(),
        last=slot.last_on.isoformat(),
        compare=Comparison.WEEKDAYS.value,
        sort=cure.sort,
    )
    return ProblemText(words, view.translate(cure.words), url)
