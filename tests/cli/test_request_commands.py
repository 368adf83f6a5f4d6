"""`dealtrace requests tail`: the latest requests, and new ones as they come."""

import json
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cast import Player, Stage
from commands import Terminal, start
from dealtrace.accounts.api_request import ApiRequest
from dealtrace.accounts.token import Token
from dealtrace.cli.requests import SHOWN_MAX
from dealtrace.storage.accounts.tokens import list_tokens
from guests import logged_in, member_of, text_of
from server import ServerProcess
from stored import journal
from waiting import wait_until

AT = datetime.now(UTC)
MANY = 2_500


def journalled(stage: Stage, player: Player, first: int, count: int, *, path: str = "/x") -> list[str]:
    """Journal requests of a site that all came within a second; return their ids."""
    requests = [
        ApiRequest(
            player.site.id, AT + timedelta(microseconds=number), f"r{player.site.id}-{number:05}", player.token_id,
            "GET", path, {}, 200, None, None, None, timedelta(),
        )
        for number in range(first, first + count)
    ]  # fmt: skip
    journal(stage.database, requests)
    return [request.request_id for request in requests]


@contextmanager
def following(beside: Terminal, player: Player, *options: str) -> Iterator[Path]:
    """Run `requests tail --follow --json` for a site; yield the file that it prints to."""
    printed = beside.folder / "printed"
    printed.write_text("")
    command = ("requests", "tail", "-f", "--site", str(player.site.id), "--json", *options)
    process = start(beside, *command, out=str(printed))
    try:
        yield printed
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()


def lines(printed: Path) -> Sequence[str]:
    return printed.read_text().splitlines()


def test_following_prints_every_request_of_a_burst_once_as_an_object_a_line(beside: Terminal, served: Stage) -> None:
    player = served.open_site()
    expected = journalled(served, player, 0, 1)
    with following(beside, player) as printed:
        wait_until(lambda: lines(printed))
        expected += journalled(served, player, 1, MANY)
        wait_until(lambda: len(lines(printed)) > MANY)
    requests: list[dict[str, Any]] = [json.loads(line) for line in lines(printed)]
    assert [request["requestId"] for request in requests] == expected


def test_following_prints_no_requests_that_the_limit_left_out(beside: Terminal, served: Stage) -> None:
    player = served.open_site()
    expected = journalled(served, player, 0, 30)[-5:]
    with following(beside, player, "--limit", "5") as printed:
        wait_until(lambda: len(lines(printed)) >= 5)
        expected += journalled(served, player, 30, 1)
        wait_until(lambda: len(lines(printed)) > 5)
    assert [json.loads(line)["requestId"] for line in lines(printed)] == expected


def test_a_request_is_shown_with_the_name_of_its_token_and_how_long_it_took(beside: Terminal, served: Stage) -> None:
    player = served.open_site()
    (token,) = list_tokens_of(served, player)
    took = timedelta(microseconds=12_345)
    first = ApiRequest(player.site.id, AT, "r1", player.token_id, "GET", "/x", {}, 200, None, None, None, took)
    journal(served.database, [first, replace(first, request_id="r2", token_id=None)])
    options = ("requests", "tail", "--site", str(player.site.id))
    shown = beside.done(*options).out.splitlines()
    assert shown[0].endswith(f"  200  12 ms  site {player.site.id}, token {token.label}  GET /x")
    assert shown[1].endswith(f"  200  12 ms  site {player.site.id}  GET /x")
    answers = json.loads(beside.done(*options, "--json").out)
    assert [(answer["tokenId"], answer["tokenLabel"], answer["ms"]) for answer in answers] == [
        (token.id, token.label, 12.35), (None, None, 12.35),
    ]  # fmt: skip


def list_tokens_of(stage: Stage, player: Player) -> list[Token]:
    with stage.database.read() as connection:
        return list_tokens(connection, player.site.id)


def test_a_list_that_ends_at_the_limit_says_so(beside: Terminal, served: Stage) -> None:
    player = served.open_site()
    journalled(served, player, 0, SHOWN_MAX + 1)
    options = ("requests", "tail", "--site", str(player.site.id), "--json", "--limit")
    cut = beside.run(*options, str(SHOWN_MAX))
    assert "Only the latest 1,000 requests are shown" in cut.err
    assert f"{AT + timedelta(microseconds=1):%Y-%m-%d %H:%M:%S}" in cut.err
    assert len(json.loads(cut.out)) == SHOWN_MAX
    beside.done(*options, str(SHOWN_MAX - 1))  # says nothing


def test_a_path_cannot_change_what_is_on_the_screen(beside: Terminal, served: Stage) -> None:
    player = served.open_site()
    journalled(served, player, 0, 1, path="/\x1b[2J\n")
    (line,) = beside.done("requests", "tail", "--site", str(player.site.id)).out.splitlines()
    assert line.endswith("GET /\\u001b[2J\\u000a")


def test_a_request_without_a_site_says_from_which_network_it_came(
    beside: Terminal, server: ServerProcess, served: Stage
) -> None:
    player = served.open_site()
    path = f"/no-{player.site.id}"
    assert server.register("wrong" * 9, orderNumber=path).status_code == 403
    server.register(player.token, orderNumber=path)

    def networks() -> dict[int | None, str | None]:
        shown = beside.json("requests", "tail")
        return {each["siteId"]: each["network"] for each in shown if path in each["parameters"].values()}

    wait_until(lambda: len(networks()) == 2)
    assert networks() == {None: "127.0.0.0/24", player.site.id: None}
    assert "no site, from 127.0.0.0/24" in beside.done("requests", "tail").out
    chief = logged_in(server, served.database)
    page = text_of(chief.get("/requests", text=path).text)
    assert "Когда (UTC) Сеть Запрос" in page
    assert "127.0.0.0/24" in page
    assert "127.0.0.1" not in page
    own = text_of(member_of(server, served, player.site.id).get("requests", text=path).text)
    assert "When Token Request" in own
    assert "127.0.0" not in own
