"""`dealtrace rate`, beside a running server: reports count other currencies by the rate of the deal's day."""

from pathlib import Path

import pytest

from cast import Player, Stage
from commands import Terminal
from guests import member_of, text_of
from server import ServerProcess

DAYS = {"metrics": "deals,amount,margin", "from": "2018-03-01", "to": "2018-03-31"}
DEALS = [("1", "rub", "24"), ("2", "usd", "24"), ("3", "USD", "25"), ("4", "usd", "26"), ("5", "eur", "25")]


@pytest.fixture(autouse=True)
def _deals(server: ServerProcess, owner: Player) -> None:
    """Store a deal of 10 units of each currency on each day."""
    orders = [
        {
            "orderNumber": number, "status": "new", "orderDate": f"{day}-03-2018 00:00:00", "currency": currency,
            "revenue": "10", "margin": "-1.005",
        }
        for number, currency, day in DEALS
    ]  # fmt: skip
    headers = {"Access-Token": owner.token}
    server.http.post("/lead-service/v1/api/client-order/create", headers=headers, json={"orders": orders})


def figures(server: ServerProcess, player: Player) -> tuple[int, str, str]:
    answer = server.http.get("/api/reports", params=DAYS, headers={"Access-Token": player.token})
    values = answer.json()["total"]["values"]
    return values["deals"], values["amount"], values["margin"]


def test_a_deal_counts_by_the_latest_rate_before_it_and_never_one_to_one(
    server: ServerProcess, beside: Terminal, owner: Player, tmp_path: Path
) -> None:
    site = str(owner.site.id)
    assert figures(server, owner) == (5, "10.00", "-1.01")
    beside.done("rate", "set", site, "USD", "100", "--from", "2018-03-25")
    assert figures(server, owner) == (5, "2010.00", "-203.01")
    file = tmp_path / "rates.csv"
    file.write_text("Валюта;Дата;Курс\nUSD;26.03.2018;57,5\nEUR;01.03.2018;70\n", encoding="utf-8")
    beside.done("rate", "import", site, str(file))
    assert figures(server, owner)[:2] == (5, "2285.00")
    listed = beside.run("rate", "list", site, "--json").json
    assert [(rate["currency"], rate["since"]) for rate in listed["rates"]] == [
        ("eur", "2018-03-01"),
        ("usd", "2018-03-26"),
        ("usd", "2018-03-25"),
    ]
    assert listed["dealsWithoutRate"] == {"usd": 1}
    findings = [each for each in beside.run("doctor", "--json").json if each["kind"] == "no_rate"]
    assert [(each["name"], each["seen"]) for each in findings if each["site_id"] == owner.site.id] == [("usd", 1)]
    assert "2 rates" in beside.done("rate", "remove", site, "usd").out
    assert figures(server, owner)[:2] == (5, "710.00")


def test_changed_rates_are_listed_among_the_changes_of_the_site(
    server: ServerProcess, beside: Terminal, owner: Player, served: Stage, tmp_path: Path
) -> None:
    site, boss = str(owner.site.id), member_of(server, served, owner.site.id)
    file = tmp_path / "rates.csv"
    file.write_text("currency,date,rate\nusd,2018-03-25,100.5\neur,2018-03-26,70\n", encoding="utf-8")
    for rate in ("100", "100.5", "100.50"):
        beside.done("rate", "set", site, "usd", rate, "--from", "2018-03-25")
    beside.done("rate", "import", site, str(file))
    beside.done("rate", "set", site, "usd", "90", "--from", "2018-03-26")
    beside.done("rate", "remove", site, "usd")
    words = text_of(boss.get("settings/changes").text).replace("\xa0", " ")
    listed = [line.split("by a command")[0].strip() for line in words.split("Rates of ")[1:]]
    assert [line[: line.index("2018") + 4] for line in listed] == [
        "usd: 2 for 25 Mar 2018", "usd: – → 90 ₽ from 26 Mar 2018", "eur: – → 70 ₽ from 26 Mar 2018",
        "usd: 100 ₽ from 25 Mar 2018", "usd: – → 100 ₽ from 25 Mar 2018",
    ]  # fmt: skip


def test_several_rates_that_are_corrected_on_the_same_days_are_a_change_as_well(
    server: ServerProcess, beside: Terminal, owner: Player, served: Stage, tmp_path: Path
) -> None:
    site, boss = str(owner.site.id), member_of(server, served, owner.site.id)
    for rates in ((100, 101), (110, 111)):
        file = tmp_path / f"{rates[0]}.csv"
        file.write_text("currency,date,rate\nusd,2018-03-25,{}\nusd,2018-03-26,{}\n".format(*rates), encoding="utf-8")
        beside.done("rate", "import", site, str(file))
    words = text_of(boss.get("settings/changes").text).replace("\xa0", " ")
    assert words.count("Rates of usd: – → 2 for 25 Mar 2018") == 2


def without_rate(server: ServerProcess, player: Player) -> tuple[list[tuple[str, int]], int]:
    """Return the deals that lack a rate by day, and their number."""
    asked = {"by": "day", "metrics": "no_rate", "from": "2018-03-01", "to": "2018-03-31", "sort": "day"}
    answer = server.http.get("/api/reports", params=asked, headers={"Access-Token": player.token}).json()
    rows = [(row["keys"][0], row["values"]["no_rate"]) for row in answer["rows"]]
    return [row for row in rows if row[1]], answer["total"]["values"]["no_rate"]


def test_deals_that_sums_lack_are_counted_until_they_have_a_rate(
    server: ServerProcess, beside: Terminal, owner: Player, served: Stage
) -> None:
    site = str(owner.site.id)
    boss = member_of(server, served, owner.site.id)
    days = {"from": "2018-03-01", "to": "2018-03-31"}
    assert without_rate(server, owner) == ([("2018-03-24", 1), ("2018-03-25", 2), ("2018-03-26", 1)], 4)
    page = text_of(boss.get("", **days).text)
    assert "Amounts exclude deals in currencies without an exchange rate: 4." in page
    beside.done("rate", "set", site, "USD", "100", "--from", "2018-03-25")
    assert without_rate(server, owner) == ([("2018-03-24", 1), ("2018-03-25", 1)], 2)
    beside.done("rate", "set", site, "USD", "100", "--from", "2018-03-01")
    beside.done("rate", "set", site, "EUR", "100", "--from", "2018-03-01")
    assert without_rate(server, owner) == ([], 0)
    assert "currencies without a rate" not in boss.get("", **days).text


def test_rates_that_an_earlier_release_left_in_another_zone_are_named_until_they_are_set_again(
    beside: Terminal, served: Stage, owner: Player
) -> None:
    site_id = str(owner.site.id)
    for currency in ("usd", "eur"):
        beside.done("rate", "set", site_id, currency, "90", "--from", "2018-03-26")

    def misdated() -> list[tuple[str, int, str]]:
        listed = beside.run("doctor", "--json").json
        return [
            (each["name"], each["seen"], each["cure"])
            for each in listed
            if each["kind"] == "misdated_rates" and each["site_id"] == owner.site.id
        ]

    assert misdated() == []
    with served.database.write() as connection:  # as the earlier release did: the rates keep their instants
        connection.exec_driver_sql(f"UPDATE site SET time_zone = 'Asia/Vladivostok' WHERE id = {site_id}")
    cure = f"dealtrace rate remove {site_id} '{{}}', then set or import its rates again"
    assert misdated() == [("eur", 1, cure.format("eur")), ("usd", 1, cure.format("usd"))]
    beside.done("rate", "remove", site_id, "eur")
    beside.done("rate", "set", site_id, "eur", "90", "--from", "2018-03-26")
    assert misdated() == [("usd", 1, cure.format("usd"))]
    beside.done("site", "set", site_id, "timezone=Asia/Yakutsk")
    assert misdated() == [], "they have the days at which they began in the zone before"


def test_what_is_no_rate_is_refused_and_named(beside: Terminal, owner: Player, tmp_path: Path) -> None:
    file = tmp_path / "rates.csv"
    file.write_text("currency,date,rate\nusd,2018-03-25,much\n", encoding="utf-8")
    tiny = tmp_path / "tiny.csv"
    tiny.write_text("currency,date,rate\nusd,2018-03-25,0.0000001\n", encoding="utf-8")
    site = str(owner.site.id)
    for words, named in (
        (("import", site, str(file)), "row 2: column “rate”:"),
        (("set", site, "rub", "1"), "other than the ruble"),
        (("set", site, "usd", "0"), "above 0"),
        (("set", site, "usd", "92,345"), "RUBLES: 92,345: is it 92345 or 92.345? Write one of the two"),
        (("set", site, "usd", "0.0000001"), "RUBLES: a number from 0.000001 to 1000000"),
        (("import", site, str(tiny)), "row 2: column “rate”: a number from 0.000001 to 1000000"),
    ):
        assert named in beside.refused("rate", *words), words


def test_a_rate_is_stored_rounded_half_up_and_printed_as_stored(beside: Terminal, owner: Player) -> None:
    site = str(owner.site.id)
    assert (
        "1 usd is 0.000002 rubles" in beside.done("rate", "set", site, "usd", "0.0000015", "--from", "2018-03-25").out
    )
    (rate,) = beside.run("rate", "list", site, "--json").json["rates"]
    assert rate["rubles"] == "0.000002"
