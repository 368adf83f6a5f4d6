"""Ready questions: links to reports that marketers ask for most, by the names that they know them by."""

from dealtrace.cabinet.reports.address import Address
from dealtrace.errors import Language
from dealtrace.record import record


@record
class ReadyQuestion:
    """A question with its Russian and English words: a dimension, the metrics, and a period if the usual one is short.

    The first metric is what the words ask for; the others are what it is computed from.
    """

    ru: str
    en: str
    by: str
    metrics: str
    period: str = ""


READY_QUESTIONS = (
    ReadyQuestion("Цена лида по источникам", "Cost per lead by source", "source", "cpl,cost,leads"),
    ReadyQuestion("Цена сделки по кампаниям", "Cost per deal by campaign", "campaign", "cpo,cost,deals"),
    ReadyQuestion("ДРР по кампаниям", "Cost share of income by campaign", "campaign", "drr,cost,won_amount"),
    ReadyQuestion("ROI по источникам", "ROI by source", "source", "roi,cost,won_amount"),
    ReadyQuestion("CAC по месяцам", "CAC by month", "month", "cac,cost,won", "year"),
    ReadyQuestion("Конверсия лидов в сделки по источникам", "Leads to deals by source", "source", "lead_to_deal,leads"),
    ReadyQuestion("Средний чек по менеджерам", "Average amount by manager", "manager", "average,deals,amount"),
    ReadyQuestion("Пропущенные звонки по часам", "Missed calls by hour", "hour", "missed_calls,calls"),
)


@record
class ReadyLink:
    """A link to the report of a ready question: its text, its URL, and whether the page shows that report now."""

    words: str
    address: str
    is_here: bool


def ready_links(address: Address, language: Language) -> tuple[ReadyLink, ...]:
    """Return a link for each ready question; it keeps the period, filters, comparison and model of `address`.

    A question over months replaces a period, since the usual one has hardly one month.
    """
    return tuple(
        ReadyLink(
            each.ru if language == "ru" else each.en,
            _asked(address, each),
            (address.get("by"), address.get("metrics")) == (each.by, each.metrics),
        )
        for each in READY_QUESTIONS
    )


def _asked(address: Address, question: ReadyQuestion) -> str:
    days = {"period": question.period, "first": "", "last": ""} if question.period else {}
    reset = dict.fromkeys(("pivot", "models", "sort", "chart", "limit"), "")
    return address.link(by=question.by, metrics=question.metrics, **reset, **days)
