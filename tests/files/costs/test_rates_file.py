"""Files of currency rates: the column decides whether `1,234` is a thousand; what stays open is refused."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest

from dealtrace.deals.currency import read_foreign
from dealtrace.errors import FileUnreadable, InvalidValue
from dealtrace.files.costs.currency_rates import read_rates
from spreadsheet import write_xlsx


def written(folder: Path, rates: Sequence[str]) -> Path:
    path = folder / "rates.csv"
    rows = "".join(f"USD;0{day}.03.2024;{rate}\n" for day, rate in enumerate(rates, 1))
    path.write_text(f"Валюта;Дата;Курс\n{rows}", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("rates", "found"),
    [
        (("92,345", "92,5"), ["92.345", "92.5"]),
        (("92.345", "92.5"), ["92.345", "92.5"]),
        (("1,234", "1,234.50"), ["1234", "1234.5"]),
        (("92,3456", "1 234,5"), ["92.3456", "1234.5"]),
    ],
)
def test_the_other_rates_decide(tmp_path: Path, rates: Sequence[str], found: Sequence[str]) -> None:
    assert [rate.rubles for rate in read_rates(written(tmp_path, rates), None)] == [Decimal(text) for text in found]


@pytest.mark.parametrize("rates", [("92,345",), ("92,345", "92.5", "93,5"), ("92.345", "92")])
def test_what_stays_open_is_refused_with_its_row(tmp_path: Path, rates: Sequence[str]) -> None:
    with pytest.raises(FileUnreadable) as refused:
        read_rates(written(tmp_path, rates), None)
    assert f"row 2: column “Курс”: {rates[0]}: is it 92345 or 92.345? " in refused.value.facts["en"]


def test_a_number_of_a_spreadsheet_is_what_it_is(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "rates.xlsx", ["Валюта", "Дата", "Курс"], ["USD", "01.03.2024", 92.345])
    assert [rate.rubles for rate in read_rates(path, None)] == [Decimal("92.345")]


def test_a_spelling_of_the_ruble_that_was_stored_as_a_foreign_currency_may_have_a_rate() -> None:
    assert [read_foreign(text) for text in ("643", "Рубли", "\u200eUSD")] == ["643", "рубли", "usd"]
    for text in ("RUB", "руб.", " "):
        with pytest.raises(InvalidValue):
            read_foreign(text)


def test_a_file_may_have_rates_of_such_spellings(tmp_path: Path) -> None:
    path = tmp_path / "rates.csv"
    path.write_text("Валюта;Дата;Курс\n643;01.03.2024;1\nр.;01.03.2024;1\n", encoding="utf-8")
    assert [rate.currency for rate in read_rates(path, None)] == ["643", "р."]
