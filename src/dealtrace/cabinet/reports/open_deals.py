"""The note below figures of income: the number of deals of the period that are still open, with a link to them."""

from dealtrace.cabinet.formats import metric_value
from dealtrace.cabinet.reports.report_url import ReportUrl
from dealtrace.cabinet.reports.table import rows_url
from dealtrace.cabinet.reports.without_contacts import rows_page_for
from dealtrace.cabinet.view import View
from dealtrace.errors import text_in
from dealtrace.operations.overview.find_open_deals import OpenDeals
from dealtrace.record import record
from dealtrace.reports.filters import WRITTEN_OUT_MAX
from dealtrace.reports.reading.open_deals import OPEN_METRICS, FallenIncome


@record
class OpenDealsNote:
    """Sentences about the fall of income and about open deals, and the URL of these deals; each is empty if unused."""

    fallen: str
    still_open: str
    url: str


def open_deals_note(found: OpenDeals | None, view: View, url: ReportUrl) -> OpenDealsNote | None:
    """Return the note about open deals, or `None` if there are none; `url` is the URL of the page with the note."""
    if found is None:
        return None
    question = found.question
    still_open = view.translate("Deals of the period that are still open: %(deals)s, %(amount)s")
    page = rows_page_for(view, question, url) if len(question.filters) <= WRITTEN_OUT_MAX else ""
    assert question.model is not None
    return OpenDealsNote(
        fallen_sentence(found.income, view) if found.income is not None else "",
        still_open % open_figures(found, view),
        rows_url(page, question, OPEN_METRICS[0], question.model, ()),
    )


def fallen_sentence(income: FallenIncome, view: View) -> str:
    """Return a sentence that says by how much the income fell."""
    language = view.language
    return view.translate("%(metric)s fell to %(value)s (was %(before)s).") % {
        "metric": text_in(language, income.metric),
        "value": metric_value(language, income.metric, income.value),
        "before": metric_value(language, income.metric, income.before),
    }


def open_figures(found: OpenDeals, view: View) -> dict[str, str]:
    """Return the number (`deals`) and the amount of the deals that are still open, as strings."""
    figures = zip(OPEN_METRICS, (found.deals, found.amount), strict=True)
    return {metric.name: metric_value(view.language, metric, value) for metric, value in figures}
