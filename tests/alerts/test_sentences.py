"""What alerts say to people."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from cast import MOSCOW, moscow
from dealtrace.accounts.site import Site, SiteId
from dealtrace.alerts.incident import Incident, IncidentId
from dealtrace.alerts.rule import AlertKind, Rule
from dealtrace.alerts.sentences import (
    AlertSite,
    letter_of_ended,
    letter_of_raised,
    letter_of_test,
    metric_title,
    rule_sentence,
)
from dealtrace.alerts.windows import WINDOWS
from dealtrace.mails.figure_format import format_figure, format_usual
from dealtrace.reports.column_definitions import ColumnKind, ReportColumn
from dealtrace.reports.column_metrics import metrics_of_columns
from dealtrace.reports.metrics import Unit

SITE = Site(SiteId(1), "Shop", MOSCOW)
COLUMNS = metrics_of_columns([ReportColumn("Income", ColumnKind.SUM, ("won",))])
RULE = Rule(AlertKind.DROP, "match_rate", WINDOWS["week"], Decimal(30), ("service:is:AmoCRM",))
INCIDENT = Incident(
    IncidentId(1),
    alert_id=1,
    since=moscow("2026-11-03"),
    until=moscow("2026-11-10"),
    unit=Unit.RATIO,
    value="0.412",
    usual="0.8",
    raised_at=moscow("2026-11-10", "00:10:00"),
    ended_at=moscow("2026-11-12", "00:10:00"),
    ended_value="0.79",
)


def rule(kind: str, metric: str, window: str, amount: Any = None) -> Rule:
    return Rule(AlertKind(kind), metric, WINDOWS[window], None if amount is None else Decimal(amount))


@pytest.mark.parametrize(
    ("watched", "ru", "en"),
    [
        (rule("silence", "calls", "3h"), "Звонки: тишина за 3 часа", "Calls: silence within 3 hours"),
        (RULE, "Доля сделок с лидом или источником: за неделю на 30\u00a0% ниже обычного",
         "Share of deals with a lead or source: 30\u00a0% below usual within a week"),
        (rule("spike", "cost", "day", 50), "Расходы: за день на 50\u00a0% выше обычного",
         "Cost: 50\u00a0% above usual within a day"),
        (rule("above", "drr", "day", "0.25"), "ДРР: за день больше 25\u00a0%",
         "Cost share of income: more than 25\u00a0% within a day"),
        (rule("below", "amount", "1h", "1000.50"), "Сумма сделок: за час меньше 1000,5\u00a0₽",
         "Amount: less than 1000.5\u00a0₽ within an hour"),
        (rule("above", "column:Paid", "day", "10"), "Paid: за день больше 10", "Paid: more than 10 within a day"),
        (rule("above", "column:Income", "day", "10.5"), "Income: за день больше 10,5\u00a0₽",
         "Income: more than 10.5\u00a0₽ within a day"),
        (rule("below", "match_rate", "day", "0.0112345"),
         "Доля сделок с лидом или источником: за день меньше 1,12345\u00a0%",
         "Share of deals with a lead or source: less than 1.12345\u00a0% within a day"),
    ],
)  # fmt: skip
def test_a_rule_is_a_sentence(watched: Rule, ru: str, en: str) -> None:
    assert (rule_sentence(watched, "ru", COLUMNS), rule_sentence(watched, "en", COLUMNS)) == (ru, en)


@pytest.mark.parametrize(
    ("text", "unit", "ru"),
    [
        (None, Unit.COUNT, "–"),
        ("100", Unit.COUNT, "100"),
        ("0.333333", Unit.RATIO, "33,3\u00a0%"),
        ("1", Unit.RATIO, "100\u00a0%"),
        ("1200.00", Unit.MONEY, "1200\u00a0₽"),
        ("33.333333", Unit.PRICE, "33,33\u00a0₽"),
        ("2.500000", Unit.DAYS, "2,5"),
    ],
)
def test_a_figure_is_shown_in_its_unit(text: str | None, unit: Unit, ru: str) -> None:
    assert format_figure(text, unit, "ru") == ru


@pytest.mark.parametrize(
    ("text", "unit", "ru"),
    [
        (None, Unit.COUNT, "–"),
        ("100", Unit.COUNT, "100"),
        ("15.875000", Unit.COUNT, "15,9"),
        ("15.960000", Unit.COUNT, "16"),
        ("0.812345", Unit.RATIO, "81,2\u00a0%"),
    ],
)
def test_a_usual_count_has_one_decimal_at_most(text: str | None, unit: Unit, ru: str) -> None:
    assert format_usual(text, unit, "ru") == ru


def test_a_letter_rounds_the_usual_count() -> None:
    incident = replace(INCIDENT, unit=Unit.COUNT, value="0", usual="15.875000")
    letter = letter_of_raised(replace(RULE, metric="leads"), incident, AlertSite(SITE, {}), "ru", "https://x.example/1")
    assert letter.paragraphs[1].endswith(": 0. Обычно 15,9.")


def test_a_letter_says_what_happened_when_and_what_is_usual() -> None:
    about = AlertSite(SITE, {}, ["Service is AmoCRM", "Source one of: yandex, vk"])
    letter = letter_of_raised(RULE, INCIDENT, about, "en", "https://x.example/1")
    assert letter.subject == "Raised: Share of deals with a lead or source: 30\u00a0% below usual within a week – Shop"
    assert letter.paragraphs == (
        "Shop. Share of deals with a lead or source: 30\u00a0% below usual within a week.",
        (
            "Share of deals with a lead or source from 03.11.2026 00:00 "
            "to 10.11.2026 00:00: 41.2\u00a0%. Usually 80\u00a0%."
        ),
        "Filters: Service is AmoCRM; Source one of: yandex, vk",
    )


def test_a_letter_about_the_end_says_how_it_ended() -> None:
    letter = letter_of_ended(RULE, INCIDENT, AlertSite(SITE, {}), "ru", "https://x.example/1")
    assert letter.subject.startswith("Закончилось: ")
    assert (
        letter.paragraphs[1]
        == "Отклонение замечено 10.11.2026 00:10, закончилось 12.11.2026 00:10. Последнее значение: 79\u00a0%."
    )


def test_a_test_letter_asks_for_nothing() -> None:
    letter = letter_of_test(RULE, AlertSite(replace(SITE, name="Магазин"), {}), "ru", "")
    assert letter.subject.startswith("Проверка: ")
    assert "Делать ничего не нужно" in letter.paragraphs[1]


def test_a_column_has_its_own_name_in_both_languages() -> None:
    assert metric_title("column:Paid", "ru", {}) == metric_title("column:Paid", "en", {}) == "Paid"
