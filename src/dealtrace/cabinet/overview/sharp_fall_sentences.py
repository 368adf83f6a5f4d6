"""Texts about sharp falls of figures, each with what to do and a link to the report that shows what fell most."""

from collections.abc import Mapping, Sequence

from dealtrace.alerts.overview_falls import FALLS_WATCHED, Fall
from dealtrace.cabinet.formats import day_span, metric_value
from dealtrace.cabinet.notes.gap_sentences import gap_sentence
from dealtrace.cabinet.overview.problems import ProblemText
from dealtrace.cabinet.reports.open_deals import fallen_sentence, open_figures
from dealtrace.cabinet.reports.report_url import ReportUrl
from dealtrace.cabinet.view import View
from dealtrace.errors import text_in
from dealtrace.operations.overview.find_sharp_falls import FallsOfDays
from dealtrace.record import record
from dealtrace.reports.metrics import METRICS
from dealtrace.reports.periods import Comparison, Period
from dealtrace.reports.question import CHANGE_PREFIX, DESCENDING
from dealtrace.reports.reading.explained_falls import MetricGap, explaining


@record
class _Cure:
    """What to do about a fall, and the grouping, metrics and order of the report that shows it."""

    text: str
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
        "See which sources lost the most deals, and check that the CRM sends all of them.",
        _BY_SOURCE,
        "deals,leads,visits",
        f"{CHANGE_PREFIX}deals",
    ),
    "leads": _Cure(
        "See which sources lost the most leads, and check the PBX and the forms of the site.",
        _BY_SOURCE,
        "leads,calls,requests,visits",
        f"{CHANGE_PREFIX}leads",
    ),
    "visits": _Cure(
        "See which sources lost the most visits, and check the ads and the counter.",
        _BY_SOURCE,
        "visits,leads,cost",
        f"{CHANGE_PREFIX}visits",
    ),
}
assert set(_CURES) == {metric.name for metric in FALLS_WATCHED}


def fall_texts(listed: Sequence[FallsOfDays], gaps: Sequence[MetricGap], reports: str, view: View) -> list[ProblemText]:
    """Return a text for each group of falls over the same days; `reports` is the path of the page of reports.

    The text names the `gaps` on these days that explain the falls.
    """
    return [_text(each, gaps, reports, view) for each in listed]


def _text(found: FallsOfDays, gaps: Sequence[MetricGap], reports: str, view: View) -> ProblemText:
    """Return the text of falls over the same days.

    Ours: several falls get a single piece of advice, that for the last fall. The falls are in the order of
    `FALLS_WATCHED`, where later metrics explain earlier ones: fewer visits bring fewer leads, and fewer leads bring
    fewer deals.
    """
    cure = _CURES[found.falls[-1].metric.name]
    text = _sentence(found.falls[0], found.period, view) if len(found.falls) == 1 else _sentences(found, view)
    missing = explaining([fall.metric for fall in found.falls], found.period, gaps)
    text = " ".join([text, *(gap_sentence(metric, gap, view.language, view.translate) for metric, gap in missing)])
    fallen = found.still_open.income if found.still_open is not None else None
    income = [fallen.metric.name] if fallen is not None else []
    metrics = dict.fromkeys([*cure.metrics.split(","), *(fall.metric.name for fall in found.falls), *income])
    url = ReportUrl(reports, (), ()).link(
        by=cure.by,
        metrics=",".join(metrics) if len(found.falls) > 1 else cure.metrics,
        first=found.period.first_on.isoformat(),
        last=found.period.last_on.isoformat(),
        compare=Comparison.WEEKDAYS.value,
        sort=cure.sort,
    )
    days = day_span(view.language, found.period.first_on, found.period.last_on)
    return ProblemText(text, view.translate(cure.text), url, days=days)


def _sentence(fall: Fall, period: Period, view: View) -> str:
    return view.translate("%(metric)s: a sharp fall. %(days)s: %(value)s, usually %(usual)s.") % {
        "days": day_span(view.language, period.first_on, period.last_on),
        **_figures(fall, view),
    }


def _sentences(found: FallsOfDays, view: View) -> str:
    """Return sentences that say what fell, and by how much.

    If income fell as well, they also say how many deals of these days are still open.
    """
    language, translate = view.language, view.translate
    figures = [translate("%(metric)s %(value)s, usually %(usual)s") % _figures(fall, view) for fall in found.falls]
    days = day_span(language, found.period.first_on, found.period.last_on)
    said = [
        translate("Sharp falls on the same days, %(days)s: %(figures)s.")
        % {"days": days, "figures": "; ".join(figures)}
    ]
    if found.deals_lost is not None:
        lost = metric_value(language, METRICS["deals"], found.deals_lost)
        said.append(translate("Deals missing compared with the usual number: %(count)s.") % {"count": lost})
    if found.still_open is not None and found.still_open.income is not None:
        said.append(fallen_sentence(found.still_open.income, view))
        said.append(
            translate("Deals of these days that are still open: %(deals)s, %(amount)s.")
            % open_figures(found.still_open, view)
        )
    return " ".join(said)


def _figures(fall: Fall, view: View) -> dict[str, str]:
    language = view.language
    return {
        "metric": text_in(language, fall.metric),
        "value": metric_value(language, fall.metric, fall.value),
        "usual": metric_value(language, fall.metric, fall.usual),
    }
