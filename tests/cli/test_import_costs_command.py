"""`dealtrace import costs`: files come in whole or not at all, and what meets no visit is shown."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cast import Player, Stage
from commands import Terminal
from cost_samples import DIRECT_API, DIRECT_CABINET, METRIKA, OWN, VK
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.storage.database.engine import Database, open_database
from examples import examples
from spreadsheet import write_xlsx
from stored import rows_of
from write_commands import NOON


@pytest.fixture
def opened(terminal: Terminal) -> Iterator[Database]:
    terminal.json("site", "create", "First")
    database = open_database(terminal.url)
    yield database
    database.close()


@pytest.fixture
def shop(opened: Database) -> Player:
    return Stage(opened).open_site()


@pytest.fixture
def run(terminal: Terminal, shop: Player) -> Any:
    def import_costs(text: str | None, *options: str, encoding: str = "utf-8", **named: str) -> tuple[str, ...]:
        if text is not None:
            (terminal.folder / "costs.csv").write_bytes(text.encode(encoding))
        options = ("--system", named.get("system", "yandex"), "--account", named.get("account", "main"), *options)
        return ("import", "costs", named.get("file", "costs.csv"), "--site", str(shop.site.id), *options)

    return import_costs


def stored(opened: Database, shop: Player) -> list[tuple[Any, ...]]:
    """List what is stored: day, campaign, system, account, kopecks, clicks."""
    rows = rows_of(opened, shop)
    sources = {row[1]: row[5] for row in rows.get("traffic_source", [])}
    return sorted((f"{row[1]}", sources[row[2]], *row[3:5], *row[6:8]) for row in rows.get("cost", []))


def test_it_imports_what_metrica_takes(terminal: Terminal, run: Any, opened: Database, shop: Player) -> None:
    assert terminal.json(*run(METRIKA, system="VK ")) == {
        "siteId": shop.site.id,
        "system": "vk",
        "account": "main",
        "rows": 3,
        "days": 2,
        "costs": 2,
        "replaced": 0,
        "cost": "210.00",
        "unit": "money",
        "encoding": "utf-8",
        "columnsPassedOver": [],
        "unmetCost": "210.00",
        "unmetSources": [
            {"source": "vk", "medium": "cpc", "campaign": "spring", "content": banner, "term": "", "cost": cost}
            for banner, cost in (("banner1", "130.00"), ("banner2", "80.00"))
        ],
        "unmetCampaigns": [
            {"source": "vk", "medium": "cpc", "campaign": "spring", "content": "", "term": "", "cost": "210.00"}
        ],
    }
    assert stored(opened, shop) == [
        ("2024-03-01", "spring", "vk", "main", 130_00, 11),
        ("2024-03-02", "spring", "vk", "main", 80_00, None),
    ]


def test_importing_again_changes_nothing(terminal: Terminal, run: Any, opened: Database, shop: Player) -> None:
    terminal.done(*run(DIRECT_API))
    before = rows_of(opened, shop)
    assert "3 replaced" in terminal.done(*run(DIRECT_API)).out
    assert rows_of(opened, shop) == before


def test_a_report_of_directs_api_is_read_as_micros_and_says_so(
    terminal: Terminal, run: Any, opened: Database, shop: Player
) -> None:
    said = terminal.done(*run(DIRECT_API)).out
    assert "3 rows of 2 days: 3 costs stored, 223.44 RUB; 0 replaced." in said
    assert "millionths of a ruble" in said
    assert stored(opened, shop)[0] == ("2024-03-01", "Весна", "yandex", "main", 123_45, 10)


def test_an_export_of_directs_cabinet_loses_its_tax(
    terminal: Terminal, run: Any, opened: Database, shop: Player
) -> None:
    said = terminal.done(*run(DIRECT_CABINET, "--vat", "20", encoding="cp1251")).out
    assert "1117.20 RUB" in said
    assert "The file was read as cp1251." in said
    assert [row[4] for row in stored(opened, shop)] == [1000_00, 117_20]


def test_an_export_of_vk_and_a_spreadsheet_come_in(
    terminal: Terminal, run: Any, opened: Database, shop: Player
) -> None:
    terminal.done(*run(VK, system="vk"))
    write_xlsx(terminal.folder / "direct.xlsx", ["Отчёт"], ["День", "Кампания", "Расход"], ["01.03.2024", "Весна", 7.5])
    terminal.done(*run(None, file="direct.xlsx"))
    assert [(row[1], row[2], row[4]) for row in stored(opened, shop)] == [
        ("Весна", "yandex", 7_50),
        ("Ретаргет", "vk", 1000_50),
        ("Ретаргет", "vk", 999_50),
    ]


def test_a_table_of_ones_own_is_mapped(terminal: Terminal, run: Any, opened: Database, shop: Player) -> None:
    options = ("--map", "Когда=date", "--map", "Сколько=cost", "--map", "Площадка=source", "--medium", "cpm")
    terminal.done(*run(OWN, *options, system="avito"))
    assert [row[4] for row in stored(opened, shop)] == [1500_00, 1500_50]
    ((*_, source, medium, _, _, _),) = rows_of(opened, shop)["traffic_source"]
    assert (source, medium) == ("avito", "cpm")


def test_campaigns_are_called_as_visits_call_them(terminal: Terminal, run: Any, opened: Database, shop: Player) -> None:
    Stage(opened).visit(shop, NOON, TrafficSource("yandex", "cpc", "701", "ad"))
    answer = terminal.json(*run(DIRECT_API))
    assert [row[1] for row in stored(opened, shop)] == ["701", "702", "701"]
    assert (answer["unmetCost"], answer["unmetCampaigns"]) == ("223.44", [])
    said = terminal.done(*run(DIRECT_API.replace("702\tЛето", "701\tЛето"))).out
    assert (
        "Costs of 223.44 RUB match no visit by source, medium, campaign, ad and keyword, "
        "but all match a visit by source, medium and campaign:" in said
    )


@pytest.mark.parametrize(
    ("options", "campaigns"),
    [
        (("--campaign", "id"), ["701", "701", "702"]),
        (("--campaign", "name"), ["Весна", "Весна", "Лето"]),
        (("--campaign", "yd_{id}"), ["yd_701", "yd_701", "yd_702"]),
        (("--rename", "Лето=summer", "--rename", "701=spring"), ["spring", "spring", "summer"]),
    ],
)
def test_campaigns_are_named_as_the_command_says(
    terminal: Terminal, run: Any, opened: Database, shop: Player, options: tuple[str, ...], campaigns: list[str]
) -> None:
    terminal.done(*run(DIRECT_API, *options))
    assert sorted(row[1] for row in stored(opened, shop)) == campaigns


def test_a_cost_that_meets_visits_is_not_shown(terminal: Terminal, run: Any, opened: Database, shop: Player) -> None:
    stage = Stage(opened)
    for campaign in ("весна", "лето"):
        stage.visit(shop, NOON, TrafficSource("Yandex", "cpc", campaign), visitor=campaign)
    assert "Every cost matches a visit." in terminal.done(*run(DIRECT_API)).out


def test_only_the_largest_costs_without_visits_are_shown(terminal: Terminal, run: Any) -> None:
    text = "Дата;Кампания;Расход\n" + "".join(f"01.03.2024;c{number:02};{number + 1}\n" for number in range(25))
    said = terminal.done(*run(text)).out
    assert "And 5 more. Use --json to list all." in said
    assert "c24" in said
    assert "c04" not in said


BROKEN = "Дата;Кампания;Расход\n01.03.2024;Весна;1\n02.03.2024;Весна;дорого\n"


def test_a_broken_row_leaves_everything_as_it_was(terminal: Terminal, run: Any, opened: Database, shop: Player) -> None:
    terminal.done(*run(DIRECT_API))
    before = rows_of(opened, shop)
    said = terminal.refused(*run(BROKEN))
    assert "row 3: column “Расход”: expected an amount of 0 or more, such as 1 234.56" in said
    assert rows_of(opened, shop) == before


@pytest.mark.parametrize(
    ("text", "options", "reason"),
    [
        (BROKEN, ("--vat", "0"), "--vat: a number above 0 and up to 100 is expected"),
        (BROKEN, ("--vat", "many"), "--vat: a number above 0"),
        (BROKEN, ("--add-vat", "101"), "--add-vat: a number above 0"),
        (BROKEN, ("--vat", "20", "--add-vat", "20"), "Set only one of them"),
        (BROKEN, ("--rate", "-3"), "--rate: a number above 0 is expected"),
        (BROKEN, ("--rate", "1,234"), "--rate: 1,234: is it 1234 or 1.234? Write one of the two"),
        (BROKEN, ("--rate", "$3"), "--rate: a number above 0"),
        (BROKEN, ("--campaign", "both"), "--campaign must be auto, id, name"),
        (BROKEN, ("--map", "Расход"), "write it as HEADING=COLUMN"),
        (BROKEN, ("--map", "Расход=money"), "there is no column money. Available: date, cost"),
        (BROKEN, ("--map", "Расход=cost", "--map", "Дата=cost"), "cost is given twice"),
        (BROKEN, ("--map", "Расход=cost", "--map", " расход=date"), "the heading расход is given twice"),
        (BROKEN, ("--rename", "Лето=a", "--rename", "лето =b"), "the campaign лето is given twice"),
        (BROKEN, ("--rename", "=x"), "write it as CAMPAIGN=NAME"),
        (BROKEN, ("--source", "x" * 1025), "--source must have at most 1024 characters"),
        (BROKEN.replace("дорого", "5"), ("--campaign", "id"), "needs the column campaign_id"),
        (BROKEN.replace("дорого", "5"), ("--campaign", "{name}" * 300), "a name would have 1500 characters"),
        (BROKEN.replace("дорого", "5 $"), (), "set the price of 1 USD in rubles with --rate"),
        (BROKEN.replace("Расход", "Деньги"), (), "lack a column: the cost (cost)"),
        (BROKEN, ("--encoding", "utf-16"), "costs.csv"),
        ("", (), "the file is empty"),
        ("\x00\x00", (), "Cannot read"),
        (None, (), "the file was not found"),
    ],
)
def test_what_makes_no_sense_is_refused_and_stores_nothing(
    terminal: Terminal,
    run: Any,
    opened: Database,
    shop: Player,
    text: str | None,
    options: tuple[str, ...],
    reason: str,
) -> None:
    before = rows_of(opened, shop)
    assert reason in " ".join(terminal.refused(*run(text, *options)).split())
    assert rows_of(opened, shop) == before


@pytest.mark.parametrize(
    ("named", "reason"),
    [
        ({"system": " "}, "--system must have 1 to 100 characters"),
        ({"account": "x" * 101}, "--account must have 1 to 100 characters"),
        ({"system": "avito"}, "set --source and --medium, or another --system"),
    ],
)
def test_system_and_account_are_checked(terminal: Terminal, run: Any, named: dict[str, str], reason: str) -> None:
    assert reason in terminal.refused(*run(BROKEN.replace("дорого", "5"), **named))


def test_an_unknown_site_is_refused(terminal: Terminal, run: Any) -> None:
    arguments = [*run(METRIKA)]
    arguments[arguments.index("--site") + 1] = "999"
    assert "Site 999 not found" in terminal.refused(*arguments)


@settings(max_examples=examples(25), suppress_health_check=list(HealthCheck), database=None, deadline=None)
@given(content=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: f"Дата;Расход\n{text}".encode()))
def test_a_file_of_any_content_is_read_or_refused(
    terminal: Terminal, run: Any, opened: Database, shop: Player, content: bytes
) -> None:
    Path(terminal.folder / "costs.csv").write_bytes(content)
    before = rows_of(opened, shop)
    finished = terminal.run(*run(None))
    assert "Traceback" not in finished.err
    assert finished.status in (0, 1)
    if finished.status:
        assert finished.err.startswith("Cannot read costs.csv")
        assert rows_of(opened, shop) == before
