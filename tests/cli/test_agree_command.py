"""`dealtrace agree`: a CRM's list of deals and ours."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cast import Player, Stage, moscow
from commands import Finished, Terminal
from dealtrace.deals.matchers import WITHOUT_SOURCE
from dealtrace.operations.deals.register import register_deals
from server import ServerProcess
from spreadsheet import write_xlsx
from stored import rows_of
from write_commands import registration

HEADINGS = "Номер сделки;Дата;Статус;Сумма"


def register(server: ServerProcess, player: Player, *numbers: str, **sent: Any) -> list[int]:
    return [
        server.register(player.token, orderNumber=number, orderSum="1000.50", **sent).json()["orderId"]
        for number in numbers
    ]


def write(folder: Path, *rows: str, name: str = "deals.csv") -> str:
    (folder / name).write_text("\n".join((HEADINGS, *rows)) + "\n")
    return name


def agreed(beside: Terminal, player: Player, file: str, status: int, *more: str) -> Finished:
    finished = beside.run("agree", file, "--site", str(player.site.id), *more)
    assert finished.status == status, finished
    return finished


def row(number: str, *, at: str = "26.03.2018 10:00", status: str = "NEW", amount: str = "1000,50") -> str:
    return f"{number};{at};{status};{amount}"


def counted(deals: int, rubles: str, without_rate: int = 0) -> dict[str, Any]:
    return {"deals": deals, "rubles": rubles, "withoutRate": without_rate}


def test_a_list_that_agrees_ends_with_status_0(server: ServerProcess, served: Stage, beside: Terminal) -> None:
    player = served.open_site()
    register(server, player, "n1", "n2", orderStatus="new")
    stored = rows_of(served.database, player)
    file = write(beside.folder, row("n1"), row("n2"))
    said = agreed(beside, player, file, 0).out
    assert "In the file: 2 deals, 2001.00 rubles" in said
    assert "Difference: 0 deals, 0.00 rubles" in said
    assert "The lists agree." in said
    answer = agreed(beside, player, file, 0, "--json").json
    assert answer["agrees"] is True
    assert answer["differences"] == []
    for rows, difference in ((["n1"], "-1 deal, -1000.50"), (["n1", "n2", "n3"], "+1 deal, 1000.50")):
        other = write(beside.folder, *map(row, rows))
        assert f"Difference: {difference}" in agreed(beside, player, other, 1).out.replace("+1000", "1000")
    assert answer["inFile"] == answer["here"] == counted(2, "2001.00")
    assert rows_of(served.database, player) == stored


def test_sums_with_separated_thousands_agree(server: ServerProcess, served: Stage, beside: Terminal) -> None:
    player = served.open_site()
    server.register(player.token, orderNumber="n1", orderSum="1234", orderDate="26.03.2018 10:00:00", orderStatus="NEW")
    register(server, player, "n2", orderStatus="NEW")
    agreed(beside, player, write(beside.folder, row("n1", amount="1,234"), row("n2", amount="1,000.50")), 0)
    said = agreed(beside, player, write(beside.folder, row("n1", amount="1,234"), name="short.csv"), 2).out
    assert "1,234: is it 1234 or 1.234?" in " ".join(said.split())


def test_what_differs_is_listed_and_counted_and_ends_with_status_1(
    server: ServerProcess, served: Stage, beside: Terminal
) -> None:
    player = served.open_site()
    same, other, lacking = register(server, player, "n1", "n2", "n3", orderStatus="new")
    file = write(
        beside.folder,
        row("n1"),
        row("n2", at="26.03.2018 11:00", status="paid", amount="900"),
        row("n9", amount="5"),
        row("n1"),
    )
    answer = agreed(beside, player, file, 1, "--json").json
    assert [(each["kind"], each["row"], each["orderId"], each["orderNumber"]) for each in answer["differences"]] == [
        ("other values", 3, other, "n2"),
        ("missing here", 4, None, "n9"),
        ("repeated in the file", 5, same, "n1"),
        ("missing in the file", None, lacking, "n3"),
    ]
    assert answer["differences"][0]["fields"] == ["sum", "status", "date"]
    assert answer["differences"][0]["file"] == {
        "sum": "900.00",
        "currency": None,
        "status": "paid",
        "happenedAt": "2018-03-26T08:00:00Z",
    }
    assert answer["differences"][0]["here"]["sum"] == "1000.50"
    assert (answer["inFile"], answer["here"]) == (
        counted(4, "2906.00"),
        counted(3, "3001.50"),
    )
    assert answer["difference"] == counted(1, "-95.50")
    assert answer["otherSum"] == counted(1, "-100.50")
    assert (answer["otherStatus"], answer["otherDate"], answer["unreadable"], answer["agrees"]) == (1, 1, 0, False)
    said = agreed(beside, player, file, 1).out
    assert "Missing here: 1 deal, 5.00 rubles" in said
    assert f"  row 3, deal {other} (n2): other values\n    sum: 900.00 in the file, 1000.50 here\n" in said
    assert f"  deal {lacking} (n3): missing in the file\n    2018-03-26 10:00, new, 1000.50\n" in said
    assert "Differences (1 of 4, more with --limit):" in agreed(beside, player, file, 1, "--limit", "1").out


def test_totals_are_in_rubles_by_the_rates_of_the_site(served: Stage, beside: Terminal) -> None:
    player = served.open_site()
    at = moscow("2018-03-26", "10:00:00")
    for number, currency in (("n1", "usd"), ("n2", "eur"), ("n3", "usd"), ("n4", None)):
        kept = {"amount_rub": Decimal(10), "currency": currency, "matchers": (WITHOUT_SOURCE,), "happened_at": at}
        served.perform(register_deals, player, registration(number, status="new", **kept))
    beside.done("rate", "set", str(player.site.id), "usd", "60.5", "--from", "2018-03-26")
    file = write(beside.folder, *(row(number, amount="10") for number in ("n1", "n2", "n4")))
    answer = agreed(beside, player, file, 1, "--json").json
    assert answer["inFile"] == counted(3, "615.00", 1)
    assert answer["here"] == counted(4, "1220.00", 1)
    assert answer["difference"] == counted(-1, "-605.00")
    assert answer["missingInFile"] == counted(1, "605.00")
    assert [(each["here"]["sum"], each["here"]["currency"]) for each in answer["differences"]] == [("10.00", "usd")]
    said = agreed(beside, player, file, 1).out
    assert "In the file: 3 deals, 615.00 rubles, 1 without a rate\n" in said
    assert "2018-03-26 10:00, new, 10.00 USD\n" in said
    stated = [
        f"{row(number, amount='10')};{currency}" for number, currency in (("n1", "EUR"), ("n2", "EUR"), ("n3", ""))
    ]
    (beside.folder / "stated.csv").write_text(
        "\n".join((f"{HEADINGS};Валюта", *stated, f"{row('n4', amount='10')};руб."))
    )
    answer = agreed(beside, player, "stated.csv", 1, "--json").json
    assert answer["inFile"] == counted(4, "20.00", 2)
    assert answer["otherSum"] == counted(2, "-595.00", 1), "what the deal in euros is worth is not known"
    assert "    sum: 10.00 EUR in the file, 10.00 USD here\n" in agreed(beside, player, "stated.csv", 1).out


def test_a_difference_from_an_unknown_worth_is_unknown(served: Stage, beside: Terminal) -> None:
    player = served.open_site()
    at = moscow("2018-03-26", "10:00:00")
    kept = {"amount_rub": Decimal(10), "currency": "eur", "matchers": (WITHOUT_SOURCE,), "happened_at": at}
    served.perform(register_deals, player, registration("n1", status="new", **kept))
    stated = f"{row('n1', amount='10')};руб.\n"
    (beside.folder / "stated.csv").write_text(f"{HEADINGS};Валюта\n{stated}")
    answer = agreed(beside, player, "stated.csv", 1, "--json").json
    assert (answer["inFile"], answer["here"]) == (counted(1, "10.00"), {**counted(1, "", 1), "rubles": None})
    assert answer["difference"] == {**counted(0, "", -1), "rubles": None}
    assert answer["otherSum"] == {**counted(1, "", 1), "rubles": None}
    said = agreed(beside, player, "stated.csv", 1).out
    assert "Difference: 0 deals, amount unknown\n" in said
    assert "Different amount: 1 deal, difference unknown, 1 without a rate\n" in said


@pytest.mark.parametrize("name", ["deals.csv", "deals.xlsx", "deals.jsonl"])
def test_what_was_exported_agrees_in_every_format(
    server: ServerProcess, served: Stage, beside: Terminal, name: str
) -> None:
    player = served.open_site()
    register(server, player, "n1", "n2", "00017")
    beside.done("export", "deals", name, "--site", str(player.site.id))
    assert "The lists agree." in agreed(beside, player, name, 0).out


def test_other_readers_serve_it_too(server: ServerProcess, served: Stage, beside: Terminal) -> None:
    player = served.open_site()
    (deal_id,) = register(server, player, "n1", orderStatus="new")
    lines = [{"orderId": deal_id, "date": "2018-03-26T07:00:00Z", "orderStatus": "new", "sum": 1000.5}]
    (beside.folder / "list.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    agreed(beside, player, "list.jsonl", 0)
    write_xlsx(beside.folder / "list.xlsx", ["Номер сделки", "Дата", "Статус"], ["n1", "26.03.2018 10:00", "new"])
    assert agreed(beside, player, "list.xlsx", 0, "--json").json["inFile"] == counted(1, "1000.50")


def test_a_row_that_cannot_be_read_ends_with_status_2(server: ServerProcess, served: Stage, beside: Terminal) -> None:
    player = served.open_site()
    register(server, player, "n1", orderStatus="new")
    file = write(beside.folder, row("n1"), row("n2", amount="many"))
    said = agreed(beside, player, file, 2).out
    assert "Not compared: 1 row that cannot be read" in said
    assert "Сумма" in said
    answer = agreed(beside, player, file, 2, "--json").json
    assert answer["differences"][0]["kind"] == "unreadable"
    assert answer["differences"][0]["row"] == 3


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "the file was not found"),
        ("", "the file is empty"),
        ("Имя\nИван\n", "a column is missing: when the deal was made"),
        (f"{HEADINGS}\n", "no deals"),
    ],
)
def test_a_file_that_is_no_list_of_deals_ends_with_status_2(
    beside: Terminal, owner: Player, content: str | None, words: str
) -> None:
    if content is not None:
        (beside.folder / "bad.csv").write_text(content)
    finished = agreed(beside, owner, "bad.csv" if content is not None else "nowhere.csv", 2)
    assert words in finished.err
    assert not finished.out


def test_a_site_there_is_not_ends_with_status_2(beside: Terminal) -> None:
    file = write(beside.folder, row("n1"))
    finished = beside.run("agree", file, "--site", "999999")
    assert finished.status == 2
    assert "Site 999999 not found" in finished.err
