"""A workbook of figures: named sheets, numbers that read as on pages, and no text that a spreadsheet would run."""

import re
import zipfile
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from python_calamine import load_workbook

from cast import Player, Stage
from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.files import row_writers
from dealtrace.files.reports.answer_file import write_answer
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.reports.ask import stored_facts
from dealtrace.operations.reports.ask_pivot import ask_report_or_pivot
from dealtrace.reports.question import QuestionContext, RawQuestion
from dealtrace.reports.question_parser import parse_question
from write_commands import NOON, registration

NOW = NOON + timedelta(hours=1)
KNOWN = QuestionContext(NOON.date(), AttributionModel.LAST_NON_DIRECT, ())


@pytest.fixture
def shop(shared_stage: Stage) -> Player:
    """Give a site with a deal whose source looks like a formula."""
    player = shared_stage.open_site()
    made = registration("1", happened_at=NOON, amount_rub=Decimal("1234.5"), stated_source=TrafficSource("=1+1"))
    shared_stage.perform(register_deals, player, made)
    return player


def written(stage: Stage, player: Player, path: Path, **words: str) -> Path:
    """Write the answer to a question of the day into a workbook."""
    question = parse_question(RawQuestion(**{"by": "day,source", "period": "today", **words}), KNOWN)
    with stage.database.read() as connection:
        answer = ask_report_or_pivot(stored_facts(connection, player.site), player.site, question, NOW)
    write_answer(path, answer, language="en" if path.stem == "en" else "ru")
    return path


def formats(path: Path) -> dict[str, str]:
    """Return the number formats of the cells of the second row of a workbook's first sheet that have one."""
    with zipfile.ZipFile(path) as book:
        styles, sheet = (book.read(f"xl/{name}.xml").decode() for name in ("styles", "worksheets/sheet1"))
    codes = dict(re.findall(r'<numFmt numFmtId="(\d+)" formatCode="([^"]+)"', styles)) | {"0": "", "4": "#,##0.00"}
    ids = re.findall(r'<xf numFmtId="(\d+)"', styles.partition("<cellXfs")[2])
    cells: list[Any] = re.findall(r'<c r="([A-Z]+)2"(?: s="(\d+)")?', sheet)
    return {column: codes[ids[int(style)]] for column, style in cells if style and codes[ids[int(style)]]}


def test_ratios_are_per_cent_and_money_has_kopecks(shared_stage: Stage, shop: Player, tmp_path: Path) -> None:
    metrics = "deals,amount,average,match_rate,days_to_deal"
    book = written(shared_stage, shop, tmp_path / "en.xlsx", metrics=metrics)
    assert formats(book) == {"D": "#,##0.00", "E": "#,##0.00", "F": "0.0%"}
    _, row, total = load_workbook(str(book)).get_sheet_by_name("Data").to_python()
    assert row == [NOON.date().isoformat(), "'=1+1", 1, 1234.5, 1234.5, 1, ""]
    assert total[2:] == [1, 1234.5, 1234.5, 1, ""]
    compared = written(shared_stage, shop, tmp_path / "ru.xlsx", metrics="amount", compare="previous")
    assert formats(compared) == {"C": "#,##0.00", "D": "#,##0.00"}, "there is nothing to compare with"


def test_sheets_have_names_in_the_language_of_the_reader(
    shared_stage: Stage, shop: Player, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(row_writers, "SHEET_ROWS_MAX", 2)
    for stem, names in (("en", ["Data", "Data 2", "Question"]), ("ru", ["Данные", "Данные 2", "Вопрос"])):
        book = written(shared_stage, shop, tmp_path / f"{stem}.xlsx", metrics="deals")
        assert load_workbook(str(book)).sheet_names == names


def test_the_cells_of_a_pivot_have_the_format_of_its_metric(shared_stage: Stage, shop: Player, tmp_path: Path) -> None:
    book = written(shared_stage, shop, tmp_path / "ru.xlsx", metrics="match_rate", by="source", pivot="service")
    assert formats(book) == {"B": "0.0%", "C": "0.0%"}
