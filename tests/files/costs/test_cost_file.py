"""Files of costs: headings are found, titles and totals passed over, rows added up, faults named."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cost_samples import DIRECT_API, DIRECT_CABINET, METRIKA, OWN, VK, VK_API
from dealtrace.attribution.campaign import Campaign
from dealtrace.attribution.cost import SYSTEM_SOURCES
from dealtrace.attribution.stated_costs import StatedCost
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.cli.file_cures import message_with_cure
from dealtrace.errors import FileUnreadable
from dealtrace.files.costs import cost_file
from dealtrace.files.costs.cost_columns import split_units
from dealtrace.files.costs.cost_file import CostFile, CostReading, read_cost_file
from dealtrace.files.costs.cost_unit import CostUnit
from dealtrace.files.import_columns import normalize_heading
from spreadsheet import write_xlsx

FIRST, SECOND = date(2024, 3, 1), date(2024, 3, 2)
YANDEX, VK_ADS = SYSTEM_SOURCES["yandex"], SYSTEM_SOURCES["vk"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def read(
    folder: Path, text: str, encoding: str = "utf-8", system: TrafficSource | None = YANDEX, **options: Any
) -> CostFile:
    path = folder / "costs.csv"
    path.write_bytes(text.encode(encoding))
    options["columns"] = {normalize_heading(heading): name for heading, name in options.get("columns", {}).items()}
    return read_cost_file(path, None, CostReading(traffic_source=system, **options))


def refused(folder: Path, text: str, **options: Any) -> str:
    with pytest.raises(FileUnreadable) as caught:
        read(folder, text, **options)
    assert caught.value.text("ru") != caught.value.text("en")
    assert "--" not in caught.value.text("ru") + caught.value.text("en")
    return message_with_cure(caught.value)


def amounts(file: CostFile) -> list[Decimal]:
    return [cost.amount_rub for cost in file.costs]


def test_metrica_names_all_five_parts_and_equal_keys_are_summed(folder: Path) -> None:
    file = read(folder, METRIKA, system=None)
    assert list(file.costs) == [
        StatedCost(FIRST, TrafficSource("vk", "cpc", "spring", "banner1"), Campaign(), Decimal("130.00"), 11),
        StatedCost(SECOND, TrafficSource("vk", "cpc", "spring", "banner2"), Campaign(), Decimal(80)),
    ]
    assert (file.rows, file.totals, file.days, file.unit) == (3, 0, {FIRST, SECOND}, CostUnit.MONEY)


def test_a_report_of_directs_api_has_a_title_a_total_and_micros(folder: Path) -> None:
    file = read(folder, DIRECT_API)
    spring, summer = Campaign("701", "Весна"), Campaign("702", "Лето")
    assert list(file.costs) == [
        StatedCost(FIRST, YANDEX, spring, Decimal("123.45"), 10, 1000),
        StatedCost(FIRST, YANDEX, summer, Decimal(0), 0, 500),
        StatedCost(SECOND, YANDEX, spring, Decimal("99.99"), 7, 800),
    ]
    assert (file.totals, file.unit) == (1, CostUnit.MICROS)


def test_the_same_report_in_money_is_read_as_money(folder: Path) -> None:
    text = DIRECT_API.replace("123450000", "123.45").replace("99990000", "100.00")
    file = read(folder, text)
    assert (amounts(file), file.unit) == ([Decimal("123.45"), 0, 100], CostUnit.MONEY)


def test_what_may_be_either_is_refused_until_the_unit_is_named(folder: Path) -> None:
    text = DIRECT_API.replace("99990000", "99990001")
    assert "--cost-unit money or --cost-unit micros" in refused(folder, text)
    assert amounts(read(folder, text, unit=CostUnit.MICROS))[2] == Decimal("99.990001")
    assert amounts(read(folder, text, unit=CostUnit.MONEY))[2] == 99990001


def test_an_export_of_directs_cabinet_is_understood(folder: Path) -> None:
    file = read(folder, DIRECT_CABINET, "cp1251")
    assert amounts(file) == [Decimal(1200), Decimal("140.64")]
    assert [cost.campaign for cost in file.costs] == [Campaign("701", "Весна")] * 2
    assert (file.encoding, file.totals, file.layout.ignored_headings) == ("cp1251", 1, ())


def test_exports_of_vk_are_understood(folder: Path) -> None:
    assert amounts(read(folder, VK, system=VK_ADS)) == [Decimal("1000.50"), Decimal("999.50")]
    (cost,) = read(folder, VK_API, system=VK_ADS).costs
    assert cost == StatedCost(FIRST, VK_ADS, Campaign("55", "Ретаргет"), Decimal("1000.5"), 40, 4000)


def test_headings_of_ones_own_are_mapped(folder: Path) -> None:
    file = read(folder, OWN, system=None, columns={"Когда": "date", "площадка ": "source", "Сколько": "cost"})
    assert [(cost.day_on, cost.traffic_source.source, cost.amount_rub) for cost in file.costs] == [
        (FIRST, "avito", 1500),
        (SECOND, "avito", Decimal("1500.50")),
    ]


def test_a_mapped_heading_counts_before_one_that_is_known(folder: Path) -> None:
    text = "Дата,Расход,Cost,Затраты\n01.03.2024,1,2,3\n"
    assert amounts(read(folder, text)) == [2]
    file = read(folder, text, columns={"Затраты": "cost"})
    assert (amounts(file), file.layout.ignored_headings) == ([3], ("Расход", "Cost"))


def test_a_mapped_heading_that_is_missing_is_named_with_those_there_are(folder: Path) -> None:
    said = refused(folder, VK, columns={"Сколько": "cost"})
    assert "the heading “сколько” for cost is not in the file" in said
    assert "correct --map HEADING=cost" in said
    assert "row 1 has: Дата, ID кампании" in said


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1251"])
def test_every_encoding_of_other_imports_is_read(folder: Path, encoding: str) -> None:
    assert amounts(read(folder, VK.replace("\u00a0", " ").replace(" ₽", "").replace(", ₽", ""), encoding)) == [
        Decimal("1000.50"), Decimal("999.50"),
    ]  # fmt: skip


def test_a_spreadsheet_is_read_with_its_title_and_numbers(folder: Path) -> None:
    path = write_xlsx(
        folder / "costs.xlsx",
        ["Отчёт"],
        [],
        ["День", "№ кампании", "Расход (руб., с НДС)", "Клики"],
        [FIRST, 701, 1200.5, 3],
        [SECOND, "702", "1 000,25", ""],
        ["Итого", "", 2200.75, 3],
    )
    file = read_cost_file(path, None, CostReading(traffic_source=YANDEX))
    assert [(cost.day_on, cost.campaign.id, cost.amount_rub, cost.clicks) for cost in file.costs] == [
        (FIRST, "701", Decimal("1200.5"), 3),
        (SECOND, "702", Decimal("1000.25"), None),
    ]
    assert (file.encoding, file.totals) == (None, 1)


@pytest.mark.parametrize("lines", [0, 9])
def test_the_headings_are_among_the_first_ten_lines(folder: Path, lines: int) -> None:
    title = "".join(f"Строка {number}: расход, клики\n" for number in range(lines))
    assert amounts(read(folder, f"{title}Дата;Расход\n01.03.2024;1\n")) == [1]


def test_headings_further_below_are_not_looked_for(folder: Path) -> None:
    said = refused(folder, "title\n" * 10 + "Дата;Расход\n01.03.2024;1\n")
    assert "the first 10 lines lack a column: the day" in said
    assert "--map HEADING=date" in said


@pytest.mark.parametrize(
    "total",
    [
        "Итого;;5", "Всего: 3 строки;;5", "ИТОГО за период 01.03.2024 - 02.03.2024;;5", "Total rows: 5", "Total;;5",
        "Grand total;;5", "Общий итог;;5", "-;Итого;5", ";Итого и средние;5", "Totals: 5;;",
        "Всего с 20.11.2026 по 21.11.2026;;5", "Итого с 20.11.2026;;5", "Total from 2026-11-20 to 2026-11-21;;5",
        "Итог;;5", "ИТОГ: ;;5", "Сумма;;5", "Сумма по кампаниям;;5", "Общая сумма;;5", "Итоговая сумма:;;5", ";сумма;5",
        "Summary;;5", "Summary for 2026-11-20;;5", "Sum;;5",
    ],
)  # fmt: skip
def test_a_line_of_totals_is_passed_over_wherever_it_is(folder: Path, total: str) -> None:
    for text in (f"{total}\n01.03.2024;a;1", f"01.03.2024;a;1\n{total}"):
        file = read(folder, f"Дата;Кампания;Расход\n{text}\n")
        assert (amounts(file), file.totals) == ([1], 1)


@pytest.mark.parametrize("campaign", ["Итого", "Total", "Всего хорошего", "Сумма", "Сумма с НДС", "Итог", "Summary"])
def test_a_campaign_that_is_called_like_a_total_is_a_campaign(folder: Path, campaign: str) -> None:
    for text in (
        f"Дата;Кампания;Расход\n01.03.2024;{campaign};1\n",
        f"Кампания;Дата;Расход\n{campaign};01.03.2024;1\n",
    ):
        (cost,) = read(folder, text).costs
        assert cost.campaign.name == campaign


@pytest.mark.parametrize(
    "row",
    [
        "Всего хорошего;;5", "Всего свежего;;5", "Итоги;;5", "Summit;;5", "Totality;;5", "Тotal;;5",
        "31.02.2024;Итого;5", ";a;5",
    ],
)  # fmt: skip
def test_a_row_without_a_day_that_is_no_total_is_a_fault(folder: Path, row: str) -> None:
    assert "row 2: column “Дата”: " in refused(folder, f"Дата;Кампания;Расход\n{row}\n")


def test_broken_rows_are_named_with_column_and_cure(folder: Path) -> None:
    said = refused(folder, "Дата;Кампания;Расход, ₽;Клики\n01.03.2024;a;много;1\n32.03.2024;a;1;-1\n01.03.2024;a;;\n")
    assert "row 2: column “Расход, ₽”: expected an amount of 0 or more" in said
    assert "row 3: column “Дата”: expected a day" in said
    assert "column “Клики”: expected an integer" in said
    assert "row 4: column “Расход, ₽”: the cell is empty" in said


def test_a_dash_is_no_cost_and_an_empty_cell_a_fault(folder: Path) -> None:
    text = "Дата;Кампания;Расход\n01.03.2024;a;--\n02.03.2024;a;–\n03.03.2024;a;7\n"
    assert amounts(read(folder, text)) == [0, 0, 7]
    assert "row 5: column “Расход”: the cell is empty" in refused(folder, f"{text}04.03.2024;a;\n")


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        (("1,234", "1,5"), ["1.234", "1.5"]),
        (("1,234", "1.5"), ["1234", "1.5"]),
        (("1.234", "1.5"), ["1.234", "1.5"]),
        (("1.234", "1.234.567"), ["1234", "1234567"]),
        (("1,234", "12,345", "1,234,567"), ["1234", "12345", "1234567"]),
        (("1,234", "1,234.56"), ["1234", "1234.56"]),
        (("1.234 ₽", "1.234,56 ₽"), ["1234", "1234.56"]),
        (("1,234", "1.234", "0.5"), ["1234", "1.234", "0.5"]),
    ],
)
def test_what_may_be_a_thousand_or_one_is_decided_by_the_other_costs(
    folder: Path, cells: Sequence[str], found: Sequence[str]
) -> None:
    rows = "".join(f"0{day}.03.2024;a;{cell}\n" for day, cell in enumerate(cells, 1))
    assert amounts(read(folder, f"Дата;Кампания;Расход\n{rows}")) == [Decimal(text) for text in found]


@pytest.mark.parametrize("others", [(), ("1200", "5,678"), ("1,5", "1.5"), ("7.890",)])
def test_what_stays_undecided_is_refused_with_the_cure(folder: Path, others: Sequence[str]) -> None:
    rows = "".join(f"0{day}.03.2024;a;{cell}\n" for day, cell in enumerate(("1,234", *others), 1))
    assert "column “Расход”: does 1,234 mean 1234 or a fraction? " in refused(folder, f"Дата;Кампания;Расход\n{rows}")


def test_a_number_of_a_spreadsheet_is_what_it_is(folder: Path) -> None:
    path = write_xlsx(folder / "costs.xlsx", ["День", "Кампания", "Расход"], [FIRST, "a", 1.234])
    assert amounts(read_cost_file(path, None, CostReading(traffic_source=YANDEX))) == [Decimal("1.234")]


def test_no_more_than_five_broken_rows_are_named(folder: Path) -> None:
    said = refused(folder, "Дата;Расход\n" + "01.03.2024;x\n" * 9)
    assert said.count("row ") == 5


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("\n \n", "empty"),
        ("Дата;Расход\n", "no rows"),
        ("Дата;Клики\n01.03.2024;1\n", "lack a column: the cost (cost)"),
        ("Расход;Клики\n1;1\n", "lack a column: the day"),
        ("nothing at all", "lack a column: the day"),
        ('Дата;"Рас"ход;Расход;Клики\n01.03.2024;1;1;1\n', "misplaced quotes"),
        ('Дата;Кампания;Расход\n01.03.2024;"a"b;1\n', "row 2: misplaced quotes"),
        ("Дата;Расход\n01.03.2024;1;2\n", "more cells than the 2 headings"),
        ("Дата;Источник;Расход\n01.03.2024;;2\n", "neither a source nor a campaign"),
        ("Дата;Кампания;Расход\n01.03.2024;7,92E+10;2\n", "digits were lost"),
        ("Дата;Расход\n01.03.2024;20000000000\n", "exceeds 10000000000 rubles"),
        ("\x00\x01\x02", ""),
    ],
)
def test_what_is_no_table_of_costs_is_refused(folder: Path, text: str, reason: str) -> None:
    assert reason in refused(folder, text)


def test_an_unknown_system_needs_a_source(folder: Path) -> None:
    text = "Дата;Расход\n01.03.2024;1\n"
    assert "set --source and --medium" in refused(folder, text, system=None)
    (cost,) = read(folder, text, system=None, source="avito", medium="cpm").costs
    assert cost.traffic_source == TrafficSource("avito", "cpm")


def test_options_count_before_the_file_and_the_file_before_the_system(folder: Path) -> None:
    text = "Дата;Источник;Расход\n01.03.2024;vk;1\n"
    assert read(folder, text).costs[0].traffic_source == TrafficSource("vk")
    assert read(folder, text, medium="cpm").costs[0].traffic_source == TrafficSource("vk", "cpm")
    assert read(folder, text, source="x").costs[0].traffic_source == TrafficSource("x")


def test_another_currency_needs_a_rate(folder: Path) -> None:
    for text in (
        "Date,Cost,Currency\n2024-03-01,2,USD\n",
        "Date,Cost\n2024-03-01,$2\n",
        'Date,"Cost, USD"\n2024-03-01,2\n',
    ):
        assert "the currency is USD: set the price" in refused(folder, text)
        assert amounts(read(folder, text, rate=Decimal("92.5"))) == [185]


@pytest.mark.parametrize(
    "text",
    [
        "Date,Cost,Currency\n2024-03-01,$2,EUR\n",
        "Date,Cost (RUB)\n2024-03-01,$2\n",
        "Date,Cost,Currency\n2024-03-01,2,EUR\n2024-03-01,2,USD\n",
    ],
)
def test_two_foreign_currencies_or_a_contradiction_are_refused(folder: Path, text: str) -> None:
    assert "two currencies" in refused(folder, text, rate=Decimal(90))


def test_a_rate_is_for_rows_that_name_no_currency_too(folder: Path) -> None:
    assert amounts(read(folder, "Date,Cost\n2024-03-01,2\n2024-03-02,$2\n", rate=Decimal(90))) == [180, 180]


def test_a_rate_for_rubles_is_refused(folder: Path) -> None:
    text = 'Date,"Cost, RUB"\n2024-03-01,2\n'
    assert "remove --rate" in refused(folder, text, rate=Decimal(90))


def test_rubles_beside_another_currency_stay_rubles(folder: Path) -> None:
    text = "Date,Cost,Currency\n2024-03-01,2,USD\n2024-03-02,2,RUB\n"
    assert amounts(read(folder, text, rate=Decimal(90))) == [180, 2]


def test_the_tax_is_removed_or_added(folder: Path) -> None:
    text = "Дата;Расход\n01.03.2024;120\n"
    assert amounts(read(folder, text, vat_removed=Decimal(20))) == [100]
    assert amounts(read(folder, text, vat_added=Decimal(20))) == [144]


@pytest.mark.parametrize(
    ("heading", "option"), [("Расход без НДС, руб.", "vat_removed"), ("Расход (руб., с НДС)", "vat_added")]
)
def test_a_heading_that_contradicts_the_tax_is_refused(folder: Path, heading: str, option: str) -> None:
    text = f"Дата;{heading}\n01.03.2024;120\n"
    assert "a different VAT from the chosen one" in refused(folder, text, **{option: Decimal(20)})
    assert amounts(read(folder, text)) == [120]


@pytest.mark.parametrize(
    ("heading", "plain", "currency", "has_vat"),
    [
        ("Расход", "Расход", None, None),
        ("Расход (руб., с НДС)", "Расход", "RUB", True),
        ("Расход с учётом НДС, ₽", "Расход", "RUB", True),
        ("Потрачено всего, ₽", "Потрачено всего", "RUB", None),
        ("Расход (без НДС)", "Расход", None, False),
        ("Cost (USD) excl. VAT", "Cost", "USD", False),
        ("Спрос в регионе", "Спрос в регионе", None, None),
        ("₽", "₽", None, None),
        ("", "", None, None),
    ],
)
def test_a_heading_is_parted_from_its_units(
    heading: str,
    plain: str,
    currency: str | None,
    has_vat: bool | None,
) -> None:
    units = split_units(heading)
    assert (units.plain, units.currency, units.has_vat) == (plain, currency, has_vat)


def test_too_many_different_costs_are_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost_file, "COSTS_MAX", 2)
    text = "Дата;Кампания;Расход\n" + "".join(f"01.03.2024;c{number};1\n" for number in range(3))
    assert "split the file by month" in refused(folder, text)
    assert len(read(folder, text.replace("c2", "c1")).costs) == 2


def test_files_that_are_missing_or_damaged_are_refused(folder: Path) -> None:
    with pytest.raises(FileUnreadable, match="not found"):
        read_cost_file(folder / "absent.csv", None, CostReading())
    damaged = folder / "damaged.xlsx"
    damaged.write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(FileUnreadable, match="damaged"):
        read_cost_file(damaged, None, CostReading())


def test_json_lines_are_read_as_by_other_imports(folder: Path) -> None:
    text = '{"date":"2024-03-01","utm_source":"vk","cost":12.5}\n{"date":"2024-03-02","utm_source":"vk","cost":"7"}\n'
    assert amounts(read(folder, text, system=None)) == [Decimal("12.5"), 7]
