"""The first lines of a report's file say what was asked in the words of the page, and no codes."""

import csv
import html
import io
import re

import pytest
from python_calamine import CalamineWorkbook

from cast import Player, Stage
from dealtrace.accounts.rights import Role
from engines import on_one_engine
from guests import Guest, member_of
from server import ServerProcess

pytestmark = on_one_engine
ASKED = {
    "by": "lead_kind,month",
    "metrics": "deals,roi",
    "from": "2018-03-01",
    "to": "2018-03-31",
    "compare": "months",
    "date": "lead",
    "model": "4",
    "sort": "-change:deals",
    "filter": ["month:is:2018-03", "match_reason:among:phone|no_lead_near", "manager:filled", r"source:contains:a\,b"],
}
IN_WORDS = {
    "ru": [
        ("С", "1 мар 2018"),
        ("По", "31 мар 2018"),
        ("Сравнение", "С прошлым месяцем"),
        ("Сравнение с", "1 фев 2018"),
        ("Сравнение по", "28 фев 2018"),
        ("Данные для сравнения", "за тот период данных нет"),
        ("Группировки", "Вид лида, Месяц"),
        ("Показатели", "Сделки, ROI"),
        ("Модель атрибуции", "Линейная"),
        ("Сделки по", "Дата лида"),
        ("Условие", "Месяц = Март 2018"),
        ("Условие", "Как найден лид среди: по телефону, нет лида за допустимое время"),
        ("Условие", "Менеджер со значением"),
        ("Условие", "Источник содержит a,b"),
        ("Порядок", "Сделки (изменение), по убыванию"),
        ("Строк", "0 / 0"),
        ("Неизвестно в строках", "С фильтром «Как найден лид» неизвестны: ROI."),
        ("Неизвестны, пока не отмечены статусы выигранных сделок", "ROI"),
    ],
    "en": [
        ("From", "1 Mar 2018"),
        ("To", "31 Mar 2018"),
        ("Comparison", "A month earlier"),
        ("Compared from", "1 Feb 2018"),
        ("Compared to", "28 Feb 2018"),
        ("Compared data", "no data in that period"),
        ("Grouped by", "Kind of lead, Month"),
        ("Metrics", "Deals, ROI"),
        ("Model", "Linear"),
        ("Deals by", "Date of the lead"),
        ("Filter", "Month is Mar 2018"),
        ("Filter", "Match reason one of: by phone, no lead within the allowed time"),
        ("Filter", "Manager is filled"),
        ("Filter", "Source contains a,b"),
        ("Sort", "Deals (change), descending"),
        ("Rows", "0 / 0"),
        ("Not known in rows", "Not known when filtered by “Match reason”: ROI."),
        ("Unknown without won statuses", "ROI"),
    ],
}


@pytest.fixture(scope="module")
def site(served: Stage) -> Player:
    return served.open_site()


def lines_of_csv(guest: Guest, language: str, **asked: object) -> list[tuple[str, str]]:
    """Return the first two cells of each line of the report as CSV, without the guard of texts that look like dates."""
    content = guest.get("reports.csv", **asked).content.decode("utf-8-sig")
    rows = csv.reader(io.StringIO(content), delimiter=";" if language == "ru" else ",")
    return [(row[0], row[1].removeprefix('="').removesuffix('"').replace("\u00a0", " ")) for row in rows]


@pytest.mark.parametrize("language", ["ru", "en"])
def test_files_say_what_was_asked_in_the_words_of_the_page(
    server: ServerProcess, served: Stage, site: Player, language: str
) -> None:
    guest = member_of(server, served, site.site.id, Role.ANALYST, language=language)
    expected = IN_WORDS[language]
    assert lines_of_csv(guest, language, **ASKED)[: len(expected)] == expected
    book = CalamineWorkbook.from_filelike(io.BytesIO(guest.get("reports.xlsx", **ASKED).content))
    _, question = (book.get_sheet_by_name(name).to_python() for name in book.sheet_names)
    assert [(str(name), str(text).replace("\u00a0", " ")) for name, text in question[: len(expected)]] == expected
    page = html.unescape(re.sub(r"<[^>]+>", "", guest.get("reports", **ASKED).text)).replace("\u00a0", " ")
    for text in [text for name, text in expected if name in ("Условие", "Filter", "Сделки по", "Deals by")]:
        assert text in page


def test_all_models_and_the_order_by_a_dimension_are_in_words_too(
    server: ServerProcess, served: Stage, site: Player
) -> None:
    guest = member_of(server, served, site.site.id, Role.ANALYST, language="ru")
    lines = lines_of_csv(guest, "ru", by="source", metrics="deals", models="all", sort="source")
    assert {("Модель атрибуции", "Все модели рядом"), ("Порядок", "Источник, по возрастанию")} <= set(lines)
