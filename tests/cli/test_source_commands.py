"""`dealtrace source`."""

import pytest

from cast import Player, Stage
from commands import Terminal
from dealtrace.attribution.traffic_source import TrafficSource
from server import ServerProcess
from waiting import wait_until_followed
from write_commands import NOON


def test_hosts_are_added_listed_and_removed(terminal: Terminal) -> None:
    terminal.done("site", "create", "Shop")
    assert terminal.json("source", "host", "list", "1") == []
    added = terminal.done("source", "host", "add", "1", "payment", "https://Pay.example/x").out
    assert "host pay.example classified as payment" in added
    assert "dealtrace source reclassify 1" in added
    terminal.done("source", "host", "add", "1", "search", "find.example", "--name", "find")
    assert terminal.json("source", "host", "list", "1") == [
        {"kind": "payment", "host": "pay.example", "name": ""},
        {"kind": "search", "host": "find.example", "name": "find"},
    ]
    assert "find.example" in terminal.done("source", "host", "list", "1").out
    terminal.done("source", "host", "remove", "1", "payment", "pay.example")
    assert [row["host"] for row in terminal.json("source", "host", "list", "1")] == ["find.example"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("host", "list", "7"), "Site 7 not found"),
        (("host", "add", "7", "own", "x.example"), "Site 7 not found"),
        (("host", "add", "1", "mine", "x.example"), "own, payment, signin, search, social"),
        (("host", "add", "1", "own", "x"), "pay.example.com"),
        (("host", "add", "1", "search", "x.example"), "--name"),
        (("host", "remove", "1", "own", "x.example"), "dealtrace source host list 1"),
        (("reclassify", "7"), "Site 7 not found"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_cure(terminal: Terminal, arguments: tuple[str, ...], words: str) -> None:
    terminal.done("site", "create", "Shop")
    assert words in terminal.refused("source", *arguments)


def test_a_running_server_follows_and_the_past_is_stated_before_it_moves(
    server: ServerProcess, served: Stage, beside: Terminal, stranger: Player
) -> None:
    site = str(stranger.site.id)
    served.visit(
        stranger, NOON, TrafficSource("pay.example", "referral"), landing_url="https://shop.ru/",
        referrer="https://pay.example/",
    )  # fmt: skip
    back = served.visit(
        stranger, NOON, TrafficSource("pay.example", "referral"), visitor="2", landing_url="https://shop.ru/",
        referrer="https://pay.example/",
    )  # fmt: skip
    served.call(stranger, NOON, visit_id=back.id)
    page = {"siteId": site, "visitorId": "777", "url": "https://shop.ru/"}
    first = server.http.post("/counter/visit", data=page).json()["sessionId"]
    sent_by_pay = {**page, "referrer": "https://pay.example/done"}
    other = server.http.post("/counter/visit", data=sent_by_pay).json()["sessionId"]
    assert first != other
    beside.done("source", "host", "add", site, "payment", "pay.example")
    wait_until_followed(server)
    assert server.http.post("/counter/visit", data=sent_by_pay).json()["sessionId"] == other

    dry = beside.json("source", "reclassify", site, "--dry-run")
    assert (dry["dryRun"], dry["visitsChanged"], dry["leadsMoved"]) == (True, 3, 1)
    assert beside.json("source", "reclassify", site, "--dry-run") == dry
    assert beside.json("source", "reclassify", site) == {**dry, "dryRun": False}
    assert beside.json("source", "reclassify", site)["leadsMoved"] == 0
    assert "0 leads got a different source" in beside.done("source", "reclassify", site).out


def test_sources_that_an_imported_file_states_stay(terminal: Terminal) -> None:
    terminal.done("site", "create", "Shop")
    headings = "sessionId,date,visitorId,url,ref,source,medium,utm_source"
    addresses = "https://shop.ru/?utm_source=mail,https://forum.ru/"
    rows = (
        f"1,2026-05-04 10:00,a,{addresses},x,y,",
        f"2,2026-05-04 10:00,b,{addresses},,,z",
        "3,2026-05-04 10:00,c,https://shop.ru/,https://forum.ru/,,,",
    )
    (terminal.folder / "visits.csv").write_text("\n".join((headings, *rows)) + "\n")
    assert terminal.json("import", "visits", "visits.csv", "--site", "1")["takenIn"] == 3
    terminal.done("source", "host", "add", "1", "payment", "forum.ru")
    dry = terminal.json("source", "reclassify", "1", "--dry-run")
    assert dry["visitsChanged"] == 1
    assert terminal.json("source", "reclassify", "1") == {**dry, "dryRun": False}
