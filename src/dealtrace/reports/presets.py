"""Named reports with predefined dimensions and metrics: presets of the command line, and questions for people."""

from collections.abc import Mapping

from dealtrace.record import record
from dealtrace.reports.question import ALL_MODELS


@record
class Preset:
    """The dimensions and metrics of a named report; `models` is `all` if the report compares all attribution models."""

    by: str
    metrics: str
    models: str = ""


REPORT_PRESETS: Mapping[str, Preset] = {
    "sources": Preset("source,medium", "visits,leads,deals,won,amount,cost,drr"),
    "paths": Preset("path", "leads,deals,won,amount,days_to_deal"),
    "models": Preset("source", "deals", ALL_MODELS),
}
"""The presets by name."""


@record
class ReadyQuestion:
    """A question to choose from, in Russian and English: dimensions, metrics, and a period if the default is too short.

    The first metric answers the question; the other metrics help to understand the answer.
    """

    ru: str
    en: str
    by: str
    metrics: str
    period: str = ""


READY_QUESTIONS = (
    ReadyQuestion(
        "Цена лида по источникам и каналам", "Cost per lead by source and medium", "source,medium", "cpl,cost,leads"
    ),
    ReadyQuestion("Цена сделки по кампаниям", "Cost per deal by campaign", "campaign", "cpo,cost,deals"),
    ReadyQuestion("ДРР по кампаниям", "Cost share of income by campaign", "campaign", "drr,cost,won_amount"),
    ReadyQuestion("ROI по источникам и каналам", "ROI by source and medium", "source,medium", "roi,cost,won_amount"),
    ReadyQuestion("CAC по месяцам", "CAC by month", "month", "cac,cost", "year"),
    ReadyQuestion(
        "Доля сделок с лидом или источником по месяцам",
        "Share of deals with a lead or source by month",
        "month",
        "match_rate,deals",
        "year",
    ),
    ReadyQuestion(
        "Конверсия лидов в сделки по источникам", "Lead-to-deal conversion by source", "source", "lead_to_deal,leads"
    ),
    ReadyQuestion(
        "Дней от лида и первого визита до сделки по источникам",
        "Days from the lead and first visit to the deal by source",
        "source",
        "days_from_lead,days_from_first_visit,deals",
    ),
    ReadyQuestion("Выручка по менеджерам", "Won amount by manager", "manager", "won_amount,won,amount"),
    ReadyQuestion("Средний чек по менеджерам", "Average amount by manager", "manager", "average,deals,amount"),
    ReadyQuestion("Пропущенные звонки по часам", "Missed calls by hour", "own_hour", "missed_calls,calls"),
)
"""The questions that marketers ask most, in the words that they use; pages of reports link to them."""
