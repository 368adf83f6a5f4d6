"""Days, sums and numbers as files of costs write them."""

from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealtrace.errors import InvalidValue
from dealtrace.files.costs.cells import WRITTEN_MAX, CostPartCell, CountCell, CurrencyCell, DayCell, MoneyCell
from dealtrace.files.row import LostValue

DAY = date(2024, 3, 1)


@pytest.mark.parametrize(
    "cell",
    [
        "2024-03-01", "01.03.2024", "1.3.2024", "01/03/2024", "20240301", 20240301, 20240301.0, 45352, 45352.0, DAY,
        " 2024-03-01 ", datetime.fromisoformat("2024-03-01T13:05:00"), "2024-03-01 13:05:00", "01.03.2024 00:00",
    ],
)  # fmt: skip
def test_a_day_is_read_in_many_forms(cell: Any) -> None:
    assert DayCell().read(cell) == DAY


@pytest.mark.parametrize(
    "cell",
    [
        "31.02.2024", "03/26/2024", "yesterday", "01.03.2024 - 31.03.2024", "2024-03", "01.03.24", "20241301", 7.5e9,
        datetime(2024, 3, 1, tzinfo=UTC), "2024-03-01T00:00:00Z", "1889-01-01", LostValue("#N/A"), "2024W10", True,
    ],
)  # fmt: skip
def test_what_is_no_day_is_refused_with_an_example(cell: Any) -> None:
    with pytest.raises(InvalidValue, match=r"26\.03\.2018"):
        DayCell().read(cell)


@pytest.mark.parametrize(
    ("cell", "amount", "currency"),
    [
        ("1234,56", "1234.56", ""),
        ("1 234,56", "1234.56", ""),
        ("1\u00a0234\u202f567,8", "1234567.8", ""),
        ("1'234.56", "1234.56", ""),
        ("1,234.56", "1234.56", ""),
        ("1.234.567,89", "1234567.89", ""),
        ("1,234,567", "1234567", ""),
        ("0,001", "0.001", ""),
        (".5", "0.5", ""),
        ("5.", "5", ""),
        ("-", "0", ""),
        (" – ", "0", ""),
        ("--", "0", ""),
        ("—", "0", ""),
        (0, "0", ""),
        (12, "12", ""),
        (0.1, "0.1", ""),
        (1234567.005, "1234567.005", ""),
        (1e-7, "0.0000001", ""),
        ("1 234,56 ₽", "1234.56", "RUB"),
        ("1 234,56 руб.", "1234.56", "RUB"),
        ("12р", "12", "RUB"),
        ("RUB 12.30", "12.30", "RUB"),
        ("$12.30", "12.30", "USD"),
        ("12,30 €", "12.30", "EUR"),
        ("12.30 usd", "12.30", "USD"),
        ("12.30 XYZ", "12.30", "XYZ"),
        ("$12.30 USD", "12.30", "USD"),
        ("+7", "7", ""),
        ("='12,5'".strip("='"), "12.5", ""),
        ('="1234,50"', "1234.50", ""),
    ],
)
def test_a_sum_is_read_as_people_and_programs_write_it(cell: Any, amount: str, currency: str) -> None:
    money = MoneyCell().read(cell)
    assert (money.amount, money.currency) == (Decimal(amount), currency)


@pytest.mark.parametrize(
    "cell",
    [
        "-1", "−1", "- 5", "$-5", "many", "---", "1,23,456", "1.2.3", "1 234.56.7", "12 fathoms", "12 € $", "1e5", "",
        "NaN", "inf", float("nan"), float("inf"), "٣", "12%", "1" * 101, str(WRITTEN_MAX + 1), LostValue("#N/A"),
        "#ССЫЛКА!", "(12)", ",", ".", "12 34,5 678,9", True, "1\x002",
    ],
)  # fmt: skip
def test_what_is_no_cost_is_refused(cell: Any) -> None:
    with pytest.raises(InvalidValue):
        MoneyCell().read(cell)


@pytest.mark.parametrize(
    ("cell", "decimal_sign", "unclear_sign"),
    [
        ("1,5", ",", ""),
        ("1.50 ₽", ".", ""),
        ("1,234.56", ".", ""),
        ("1.234,56", ",", ""),
        ("1,234,567", ".", ""),
        ("1.234.567", ",", ""),
        ("0,123", ",", ""),
        ("1234,567", ",", ""),
        ("1 234.567", ".", ""),
        (",123", ",", ""),
        ("1,234", "", ","),
        ("123.456 ₽", "", "."),
        ("1234", "", ""),
        (1.234, "", ""),
        ("--", "", ""),
    ],
)
def test_a_sum_states_what_its_separator_means(cell: Any, decimal_sign: str, unclear_sign: str) -> None:
    written = MoneyCell().read(cell).written
    assert (written.decimal_sign, written.unclear_sign) == (decimal_sign, unclear_sign)


def test_a_sum_states_whether_it_is_whole() -> None:
    assert [MoneyCell().read(cell).written.is_whole for cell in ("120000", 7, "7,00", "7,01", 7.0)] == [
        True, True, True, False, True,
    ]  # fmt: skip


@given(st.text(max_size=30) | st.floats() | st.integers())
def test_a_cell_of_any_kind_is_a_sum_or_refused(cell: Any) -> None:
    for kind in (MoneyCell(), DayCell(), CountCell(), CurrencyCell(), CostPartCell(100)):
        with suppress(InvalidValue):
            kind.read(cell)


@given(st.decimals(0, 10**9, places=2), st.sampled_from([",", "."]), st.sampled_from(["", " ", "\u00a0", "'"]))
def test_a_sum_is_the_same_however_it_is_grouped(amount: Decimal, point: str, gap: str) -> None:
    written = f"{amount:,.2f}".replace(",", "_").replace(".", point).replace("_", gap)
    assert MoneyCell().read(written).amount == amount


@pytest.mark.parametrize(("cell", "count"), [("1 234", 1234), (5, 5), ("5", 5), (5.0, 5), ("-", None), ("--", None)])
def test_a_count_is_a_whole_number_or_no_data(cell: Any, count: int | None) -> None:
    assert CountCell().read(cell) == count


@pytest.mark.parametrize("cell", ["1,5", "-5", "many", 10**13])
def test_what_is_no_count_is_refused(cell: Any) -> None:
    with pytest.raises(InvalidValue):
        CountCell().read(cell)


@pytest.mark.parametrize(
    ("cell", "text"), [(12345678, "12345678"), ("--", ""), ("(not set)", ""), ("<не заполнено>", ""), (" a ", "a")]
)
def test_a_part_is_a_text_or_missing(cell: Any, text: str) -> None:
    assert CostPartCell(100).read(cell) == text


def test_an_id_that_a_spreadsheet_has_rounded_is_refused() -> None:
    with pytest.raises(InvalidValue, match="digits were lost"):
        CostPartCell(100).read("7,92E+10")


@pytest.mark.parametrize(("cell", "code"), [("RUB", "RUB"), ("₽", "RUB"), ("руб.", "RUB"), ("usd", "USD")])
def test_a_currency_is_read_by_code_or_sign(cell: str, code: str) -> None:
    assert CurrencyCell().read(cell) == code
