"""`dealtrace report` and `dealtrace segment`: what advertising brought, on the command line."""

import csv
import re
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from python_calamine import CalamineWorkbook
from rich.cells import cell_len

from cast import Player, Stage, moscow
from commands import Terminal, run_on_screen
from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.cli.reports.table_lines import pivot_lines, report_lines
from dealtrace.deals.lead_clue import CallIdentity, LeadClue
from dealtrace.operations.deals.register import register_deals
from dealtrace.reports.answer import Report, ReportLine
from dealtrace.reports.pivot import pivoted
from dealtrace.reports.presets import REPORT_PRESETS
from dealtrace.reports.question import QuestionContext, RawQuestion
from dealtrace.reports.question_parser import parse_question
from dealtrace.storage.database.engine import open_database
from write_commands import registration

NOON = moscow("2024-11-10", "12:00:00")
DAYS = ("--from", "2024-11-01", "--to", "2024-11-30")
YANDEX, GOOGLE = TrafficSource("Yandex", "cpc", "brand"), TrafficSource("google\x1b[31m", "cpc")


@pytest.fixture
def shop(terminal: Terminal) -> Player:
    """Give a site in the terminal's database, with a deal of two sources and one without any."""
    database = open_database(terminal.url)
    stage = Stage(database)
    player = stage.open_site(fields=["city"])
    stage.visit(player, NOON - timedelta(days=3), YANDEX)
    own = stage.visit(player, NOON - timedelta(days=1), GOOGLE)
    call = stage.call(player, NOON - timedelta(hours=1), visit_id=own.id)
    stage.perform(
        register_deals, player,
        registration("a", amount_rub=Decimal("100.01"), happened_at=NOON, clue=LeadClue(CallIdentity(call.id, None))),
        registration("b", amount_rub=Decimal(5), happened_at=NOON, manager="=1+1", tags=("vip",)),
    )  # fmt: skip
    database.close()
    return player


def site(player: Player) -> tuple[str, str]:
    return "--site", str(player.site.id)


def test_a_table_has_the_rows_the_total_and_no_control_characters(terminal: Terminal, shop: Player) -> None:
    asked = ("report", *site(shop), *DAYS, "--by", "source", "--metrics", "deals,amount,match_rate", "--model", "4")
    lines = terminal.done(*asked).out.splitlines()
    assert lines == [
        "2024-11-01 – 2024-11-30, model linear",
        "",
        "source            deals  amount  match_rate",
        "----------------  -----  ------  ----------",
        "—                     1    5.00         0.0",
        "Yandex             0.50   50.00         1.0",
        "google\\u001b[31m   0.50   50.01         1.0",
        "----------------  -----  ------  ----------",
        "total                 2  105.01         0.5",
    ]
    assert "\x1b" not in "".join(lines)


@pytest.mark.parametrize("preset", REPORT_PRESETS)
def test_a_preset_needs_no_options(terminal: Terminal, shop: Player, preset: str) -> None:
    table = terminal.done("report", preset, *site(shop), *DAYS).out
    answer = terminal.json("report", preset, *site(shop), *DAYS, "--json")
    assert ",".join(answer["metrics"]) == REPORT_PRESETS[preset].metrics
    assert "total" in table
    assert terminal.json("report", preset, *site(shop), *DAYS, "--by", "manager", "--json")["by"] == ["manager"]
    single = terminal.json("report", preset, *site(shop), *DAYS, "--model", "0", "--json")
    assert single["model"] == 0


def test_what_the_table_leaves_out_is_said(terminal: Terminal, shop: Player) -> None:
    out = terminal.done("report", *site(shop), *DAYS, "--by", "source", "--metrics", "deals,romi", "--limit", "1").out
    assert "1 of 2 rows; more with --limit, all with --csv." in out
    assert "Unknown, since no status is marked as won:" in out
    unknown = terminal.done("report", *site(shop), *DAYS, "--by", "source", "--metrics", "romi").out
    assert "google" in unknown
    tags = terminal.done("report", *site(shop), *DAYS, "--by", "tag", "--metrics", "deals").out
    assert "Figures by tag do not add up to the total: a deal or lead counts in full for each of its tags" in tags
    pivot = ("report", *site(shop), *DAYS, "--by", "source", "--pivot", "tag", "--metrics", "deals")
    assert "Figures by tag do not add up to the total" in terminal.done(*pivot).out
    assert terminal.json(*pivot, "--json")["addsUp"] is False
    terminal.done(*pivot, "--csv", "tags.csv")
    assert "# adds up" in (terminal.folder / "tags.csv").read_text()
    undivided = (
        "Not broken down by “manager”: Cost. The rows lack these figures; the total includes them in full.".casefold()
    )
    for names in (("--by", "manager"), ("--by", "source", "--pivot", "manager")):
        lacking = ("report", *site(shop), *DAYS, *names, "--metrics", "cost")
        assert undivided in " ".join(terminal.done(*lacking).out.split()).casefold()
        terminal.done(*lacking, "--csv", "lacking.csv", "--force")
        assert "# not known in rows" in (terminal.folder / "lacking.csv").read_text()
    assert "do not add up" not in out
    compared = terminal.done("report", *site(shop), *DAYS, "--metrics", "deals", "--compare", "previous").out
    assert "compared with 2024-10-02 – 2024-10-31" in compared
    heading, total = (compared.splitlines()[place].split() for place in (3, -1))
    assert (heading, total) == (
        ["deals", "deals", "compared", "deals", "change", "deals", "change", "%"], ["total", "2", "0", "—", "—"],
    )  # fmt: skip


def test_files_hold_all_rows_the_total_and_the_question(terminal: Terminal, shop: Player) -> None:
    asked = ("report", *site(shop), *DAYS, "--by", "manager", "--metrics", "deals,amount")
    for name, option, *more in (("a.csv", "--csv"), ("b.csv", "--csv", "--excel"), ("c.xlsx", "--xlsx")):
        said = terminal.done(*asked, option, name, *more).out
        assert said == f"2 rows and the total written to {name}.\n"
        assert (terminal.folder / name).stat().st_mode & 0o777 == 0o600
    rows = list(csv.reader((terminal.folder / "a.csv").read_text().splitlines()))
    headings = rows.index(["manager", "deals", "amount"])
    assert rows[headings + 1 :] == [["=1+1", "1", "5.00"], ["", "1", "100.01"], ["# total", "2", "105.01"]]
    assert {"# from", "# metrics", "# model"} <= {row[0] for row in rows[:headings]}
    excel = (terminal.folder / "b.csv").read_text(encoding="utf-8-sig")
    assert "Менеджер;Сделки;Сумма сделок" in excel
    assert "'=1+1;1;5,00" in excel
    assert "Итого;2;105,01" in excel
    book = CalamineWorkbook.from_path(terminal.folder / "c.xlsx")
    sheet, question = (book.get_sheet_by_name(name).to_python() for name in book.sheet_names)
    assert sheet == [
        ["Менеджер", "Сделки", "Сумма сделок"], ["'=1+1", 1, 5], ["", 1, 100.01], ["Итого", 2, 105.01],
    ]  # fmt: skip
    assert question[2:4] == [["Группировки", "Менеджер"], ["Показатели", "Сделки, Сумма сделок"]]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--metrics", "dels"), ("--metrics", "dels", "deals")),
        ((), ("--metrics leads,deals,amount", "visits", "report sources --site")),
        (("profit",), ("profit", "sources", "models")),
        (("--metrics", "deals", "--by", "field:town"), ("town", "city")),
        (("--metrics", "deals", "--model", "8"), ("model", "position_based")),
        (("--metrics", "deals", "--period", "aeon"), ("aeon", "28d")),
        (("--metrics", "deals", "--filter", "source:has:a"), ("has", "contains")),
        (("--metrics", "deals", "--segment", "x"), ("segment", "x")),
        (("--metrics", "deals", "--json", "--csv", "a.csv"), ("--json", "--csv")),
        (("--metrics", "deals", "--csv", "a.txt"), (".csv",)),
        (("--metrics", "deals", "--xlsx", "a.csv"), (".xlsx",)),
        (("--metrics", "deals", "--xlsx", "a.xlsx", "--excel"), ("--excel",)),
        (("--metrics", "deals", "--csv", "no/such/a.csv"), ("no/such",)),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(
    terminal: Terminal, shop: Player, options: tuple[str, ...], said: tuple[str, ...]
) -> None:
    finished = terminal.run("report", *options, *site(shop))
    assert finished.status == 1
    assert finished.out == ""
    assert all(word in finished.err for word in said), finished.err
    assert "Traceback" not in finished.err


def test_a_file_is_overwritten_only_when_asked(terminal: Terminal, shop: Player) -> None:
    (terminal.folder / "a.csv").write_text("mine")
    asked = ("report", *site(shop), "--metrics", "deals", "--csv", "a.csv")
    assert "--force" in terminal.run(*asked).err
    assert (terminal.folder / "a.csv").read_text() == "mine"
    terminal.done(*asked, "--force")
    assert (terminal.folder / "a.csv").read_text() != "mine"


def test_a_segment_is_saved_used_and_removed(terminal: Terminal, shop: Player) -> None:
    number = str(shop.site.id)
    said = terminal.done(
        "segment", "add", number, " Платный ", "--filter", "medium:is:cpc", "--filter", "tag:empty"
    ).out
    assert said == f"Segment Платный added to site {number}: medium:is:cpc tag:empty\n"
    assert terminal.json("segment", "list", number, "--json") == [
        {"name": "Платный", "filters": ["medium:is:cpc", "tag:empty"], "fault": None}
    ]
    answer = terminal.json("report", *site(shop), *DAYS, "--metrics", "deals", "--segment", "Платный", "--json")
    assert answer["total"]["values"] == {"deals": 1}
    assert "Already exists: Платный" in terminal.run("segment", "add", number, "Платный", "--filter", "tag:empty").err
    terminal.done("segment", "remove", number, "Платный")
    assert "segment list" in terminal.run("segment", "remove", number, "Платный").err
    assert terminal.done("segment", "list", number).out == ""


def test_a_segment_whose_field_is_removed_says_so(terminal: Terminal, shop: Player) -> None:
    number = str(shop.site.id)
    terminal.done("segment", "add", number, "Москва", "--filter", "field:city:is:Москва")
    terminal.done("field", "remove", number, "city")
    refused = terminal.run("report", *site(shop), "--metrics", "deals", "--segment", "Москва")
    assert refused.status == 1
    assert "segment “Москва” can no longer be used: unknown custom field “city”" in refused.err
    (listed,) = terminal.json("segment", "list", number, "--json")
    assert "unknown custom field “city”" in listed["fault"]
    assert "cannot be used: " in terminal.done("segment", "list", number).out


def test_a_segment_is_replaced_and_renamed(terminal: Terminal, shop: Player) -> None:
    number = str(shop.site.id)
    for name in ("[a]", "b"):
        terminal.done("segment", "add", number, name, "--filter", "medium:is:cpc")
    terminal.done("segment", "add", number, "[a]", "--replace", "--filter", "source:is:vk")
    assert "Already exists: b" in terminal.run("segment", "rename", number, "[a]", "b").err
    assert "1 to 100 printable characters" in terminal.run("segment", "rename", number, "[a]", "x" * 101).err
    assert "segment list" in terminal.run("segment", "rename", number, "c", "d").err
    renamed = terminal.done("segment", "rename", number, "[a]", " [c] ").out
    assert renamed == f"Segment [a] of site {number} is now named [c].\n"
    listed = terminal.json("segment", "list", number, "--json")
    assert {each["name"]: each["filters"] for each in listed} == {"[c]": ["source:is:vk"], "b": ["medium:is:cpc"]}


@pytest.mark.parametrize(
    ("name", "filters", "said"),
    [
        ("a", ["source:like:x"], "contains"),
        ("a", ["sorce:is:x"], "source"),
        ("a" * 101, ["source:is:x"], "100"),
        ("a\x1bb", ["source:is:x"], "printable"),
        ("a", ["source:is:x"] * 51, "50"),
    ],
)
def test_a_segment_that_cannot_be_is_refused(
    terminal: Terminal, shop: Player, name: str, filters: list[str], said: str
) -> None:
    options = [word for text in filters for word in ("--filter", text)]
    refused = terminal.run("segment", "add", str(shop.site.id), name, *options)
    assert refused.status == 1
    assert said in refused.err
    assert terminal.json("segment", "list", str(shop.site.id), "--json") == []


# The table by itself

KNOWN = QuestionContext(date(2026, 11, 26), AttributionModel.LAST_INTERACTION)


def report(keys: list[str | None], figures: list[Fraction | None], **words: str) -> Report:
    """Return a report of one row whose figures are those of every metric."""
    question = parse_question(RawQuestion(**words), KNOWN)
    model = question.model
    models = [model] if model is not None else list(AttributionModel)
    values = dict.fromkeys(models, tuple(figures))
    return Report(question, (ReportLine(tuple(keys), values, None),), 1, ReportLine((), values, None))


@pytest.mark.parametrize("width", [60, 80, 40, 30])
def test_a_table_fits_its_width_and_names_the_columns_that_do_not(width: int) -> None:
    keys: list[str | None] = ["очень длинное название источника" * 3, "канал 漢字漢字漢字漢字漢字"]
    names = ["visits", "leads", "deals", "won", "amount", "cost", "drr"]
    figures: list[Fraction | None] = [Fraction(1_234_567)] * 6 + [None]
    lines = list(report_lines(report(keys, figures, by="source,medium", metrics=",".join(names)), width))
    assert all(cell_len(line) <= max(width, 50) for line in lines)
    table = lines[2].split()
    left_out = [line.strip() for line in lines if line.startswith("  ")]
    assert table[2:] + left_out == names
    assert ("These columns do not fit (use --json or --csv):" in lines) is bool(left_out)
    assert any("…" in line for line in lines)


@pytest.mark.parametrize(("width", "shown"), [
    (None, ["", " compared", " change", " change %"]), (80, ["", " compared", " change", " change %"]),
    (50, ["", " compared"]), (20, [""]),
])  # fmt: skip
def test_changes_are_left_out_before_figures(width: int | None, shown: list[str]) -> None:
    lines = list(report_lines(compared_with_five(["yandex"], by="source"), width))
    assert re.split("  +", lines[2]) == ["source", *(f"deals{ending}" for ending in shown)]
    assert lines[4].split() == ["yandex", *("6", "5", "1", "20.0")[: len(shown)]]
    assert ("The changes do not fit (use --json or --csv)." in lines) is (len(shown) < 4)


def compared_with_five(keys: list[str | None], **words: str) -> Report:
    """Return a report of one row of six deals, where five were before."""
    alone = report(keys, [Fraction(6)], metrics="deals", compare="previous", **words)
    before = {model: (Fraction(5),) for model in alone.total.values}
    rows = [replace(row, compared=before) for row in alone.rows]
    return replace(alone, rows=rows, total=replace(alone.total, compared=before))


@pytest.mark.parametrize(("width", "figures"), [
    (None, "6 5 1 20.0 6 5 1 20.0"), (60, "6 5 6 5"), (35, "6 5 6"),
])  # fmt: skip
def test_changes_of_a_pivot_are_left_out_before_its_columns(width: int | None, figures: str) -> None:
    sides = (["yandex"], "source"), (["Коля"], "manager"), (["yandex", "Коля"], "source,manager")
    lines = list(pivot_lines(pivoted(*(compared_with_five([*keys], by=by) for keys, by in sides)), width))
    assert lines[5].split() == ["yandex", *figures.split()]
    assert ("The changes do not fit (use --json or --csv)." in lines) is (width is not None)


def test_a_table_without_a_width_is_whole() -> None:
    key = "x" * 500
    lines = list(report_lines(report([key], [Fraction(1)], by="source", metrics="deals", models="all"), None))
    assert any(key in line for line in lines)
    assert lines[2].split()[1:] == [f"deals:{model.name.lower()}" for model in AttributionModel]


def test_in_a_terminal_of_sixty_columns_no_line_is_longer(terminal: Terminal, shop: Player) -> None:
    printed = run_on_screen(terminal, "report", "sources", *site(shop), *DAYS, stream="out", COLUMNS="60")
    assert "total" in printed
    assert "These columns do not fit" in printed
    assert all(cell_len(line) <= 60 for line in printed.splitlines())
    assert "\x1b" not in printed


def test_a_terminal_shows_the_progress_of_a_mirror_that_is_built_for_a_report(terminal: Terminal, shop: Player) -> None:
    command = ("report", *site(shop), *DAYS, "--metrics", "deals")
    shown = ["Mirror" in run_on_screen(terminal, *command, stream="err") for _ in range(2)]
    assert shown == [terminal.url.startswith("sqlite"), False], "the second report finds the mirror built"


def test_a_pivot_is_a_table_json_and_a_file(terminal: Terminal, shop: Player) -> None:
    asked = ("report", *site(shop), *DAYS, "--by", "source", "--metrics", "deals", "--model", "1", "--pivot", "manager")
    assert terminal.done(*asked).out.splitlines() == [
        "2024-11-01 – 2024-11-30, model last_non_direct",
        "deals, columns by manager",
        "",
        "source            total  =1+1  —",
        "----------------  -----  ----  -",
        "google\\u001b[31m      1     0  1",
        "—                     1     1  0",
        "----------------  -----  ----  -",
        "total                 2     1  1",
    ]
    compared = terminal.done(*asked, "--compare", "year").out.splitlines()
    assert compared[4].split()[:3] == ["source", "total", "total"]
    assert compared[-1].split() == ["total", *"20——10——10——"]
    answer = terminal.json(*asked, "--json")
    assert answer["columns"] == ["=1+1", None]
    assert [row["cells"] for row in answer["rows"]] == [[0, 1], [1, 0]]
    assert terminal.done(*asked, "--csv", "p.csv").out == "2 rows and the total written to p.csv.\n"
    assert terminal.done(*asked, "--csv", "p.csv", "--force").out
    lines = (terminal.folder / "p.csv").read_text().splitlines()
    assert lines[-1] == "# total,1,1,2"
