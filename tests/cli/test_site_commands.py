"""`dealtrace site`."""

from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from cast import Player, Stage, moscow
from commands import CommandLine, Terminal
from dealtrace.accounts.counter_code import is_counter_code
from dealtrace.accounts.site_days import site_day
from dealtrace.quota.busiest_second import BusiestSecond
from dealtrace.storage.accounts.busiest_second import raise_busiest_second
from server import ServerProcess
from waiting import wait_for_a_day_that_lasts, wait_until_followed


def test_it_creates_a_site_and_shows_programs_exactly_two_things(terminal: Terminal) -> None:
    made = terminal.json("site", "create", "Shop")
    assert list(made) == ["siteId", "clientApiId"]
    assert made["siteId"] == 1
    assert len(made["clientApiId"]) == 44
    assert terminal.json("site", "create", "Second")["siteId"] == 2


def test_it_shows_people_the_token_once(terminal: Terminal) -> None:
    said = terminal.done("site", "create", "Магазин").out
    token = said.splitlines()[-1]
    assert "Site 1 (Магазин)" in said
    assert token not in terminal.done("site", "list").out + terminal.done("token", "list").out


def test_it_keeps_the_id_and_the_token_of_a_site_that_moves_over(terminal: Terminal) -> None:
    token = "ABC/abc+123=" * 3
    made = terminal.json("site", "create", "Shop", "--site-id", "4711", "--token", token)
    assert made == {"siteId": 4711, "clientApiId": token}
    assert terminal.json("site", "create", "Next")["siteId"] == 4712


def test_it_refuses_ids_and_tokens_that_are_taken_and_keeps_nothing(terminal: Terminal) -> None:
    token = terminal.json("site", "create", "Shop")["clientApiId"]
    assert "site 1" in terminal.refused("site", "create", "Twin", "--site-id", "1")
    assert "token" in terminal.refused("site", "create", "Thief", "--token", token)
    assert "16" in terminal.refused("site", "create", "Careless", "--token", "short")
    assert "time zone" in terminal.refused("site", "create", "Lost", "--timezone", "Mars/Base")
    assert "cannot be empty" in terminal.run("site", "create", " ").err
    assert [site["name"] for site in terminal.json("site", "list")] == ["Shop"]


@pytest.mark.parametrize(
    "refused", [("--token", "short"), ("--timezone", "Mars/Base"), ("--first-id", "5"), ("--site-id", "x")]
)
def test_refused_arguments_leave_no_new_database(
    command_line: CommandLine, tmp_path: Path, refused: tuple[str, ...]
) -> None:
    elsewhere = Terminal(command_line, f"sqlite:///{tmp_path / 'new.db'}", tmp_path)
    assert elsewhere.run("site", "create", "Shop", *refused).status != 0
    assert not list(tmp_path.glob("new.db*"))


def test_it_gives_a_new_site_the_points_of_the_settings(terminal: Terminal) -> None:
    terminal.json("site", "create", "Shop", points_per_day="500")
    assert terminal.json("site", "list")[0]["pointsPerDay"] == 500


def test_it_lists_what_a_site_is_set_to(terminal: Terminal) -> None:
    assert terminal.json("site", "list") == []
    terminal.done("site", "create", "Shop", "--timezone", "Asia/Vladivostok")
    terminal.done("field", "add", "1", "margin")
    (site,) = terminal.json("site", "list")
    assert is_counter_code(site.pop("counter"))
    assert [site] == [
        {
            "siteId": 1,
            "name": "Shop",
            "timezone": "Asia/Vladivostok",
            "contactMatching": False,
            "pointsPerDay": 0,
            "pointCosts": {},
            "pointsSpentToday": 0,
            "busiestSecondToday": None,
            "attribution": 1,
            "respectsDoNotTrack": True,
            "uniqueDepthDays": 0,
            "targetCallSeconds": 30,
            "corsOrigins": [],
            "customFields": ["margin"],
        }
    ]
    assert "Asia/Vladivostok" in terminal.done("site", "list").out


def test_it_states_the_busiest_second_of_today(server: ServerProcess, beside: Terminal, served: Stage) -> None:
    site = served.open_site().site
    wait_for_a_day_that_lasts(site.time_zone)
    at = datetime.now(UTC)
    with served.database.write() as connection:
        raise_busiest_second(connection, site.id, site_day(at, site.time_zone), BusiestSecond(4, 5, at))
    time = f"{at.astimezone(site.time_zone):%H:%M:%S}"
    line = f"busiest second today: 4 of 5 allowed requests from one IP address, at {time}"
    assert line in beside.done("site", "show", str(site.id)).out
    found = beside.json("site", "show", str(site.id))["busiestSecondToday"]
    assert (found["requests"], found["allowed"], datetime.fromisoformat(found["endedAt"])) == (4, 5, at)


def test_it_changes_every_setting_at_once(terminal: Terminal) -> None:
    terminal.done("site", "create", "Shop")
    wanted = ("contact_matching=on", "timezone=Europe/Samara", "points_per_day=10", "attribution=0", "name=Лавка")
    terminal.done("site", "set", "1", *wanted, "points_cost.register=3")
    site = terminal.json("site", "list")[0]
    assert (site["contactMatching"], site["timezone"], site["pointsPerDay"]) == (True, "Europe/Samara", 10)
    assert (site["attribution"], site["name"], site["pointCosts"]) == (0, "Лавка", {"register": 3})
    terminal.done("site", "set", "1", "contact_matching=off")
    assert terminal.json("site", "list")[0]["contactMatching"] is False


BAD_SETTINGS = {
    "contact_matching": "key=value",
    "contact_matching=yes": "on or off",
    "timezone=Mars/Base": "Europe/Moscow",
    "timezone=": "Europe/Moscow",
    "timezone=../../etc/passwd": "Europe/Moscow",
    "points_per_day=-1": "whole number",
    "points_per_day=many": "whole number",
    "points_per_day=9007199254740993": "whole number",
    "points_cost.register=x": "whole number",
    "attribution=77": "code of a model",
    "name= ": "empty",
    "colour=red": "contact_matching",
}


def test_it_refuses_a_bad_setting_and_changes_nothing(terminal: Terminal) -> None:
    terminal.done("site", "create", "Shop")
    for setting, word in BAD_SETTINGS.items():
        assert word in terminal.refused("site", "set", "1", "unique_depth_days=7", setting)
    site = terminal.json("site", "list")[0]
    assert (site["name"], site["uniqueDepthDays"]) == ("Shop", 0)


def test_it_refuses_a_site_there_is_not(terminal: Terminal) -> None:
    assert "Site 5 not found" in terminal.refused("site", "set", "5", "name=x")
    assert terminal.run("site", "set", "9" * 30, "name=x").status == 2


def test_a_running_server_follows(server: ServerProcess, beside: Terminal, served: Stage, owner: Player) -> None:
    call = served.call(owner, moscow("2018-03-26", "09:00:00"), phone="79160000001")
    site_id = str(owner.site.id)

    def settle(*settings: str) -> None:
        beside.done("site", "set", site_id, *settings)
        wait_until_followed(server)

    def registered(number: str) -> httpx.Response:
        return server.register(owner.token, orderNumber=number, phoneNumber="79160000001")

    assert registered("one").json()["callId"] == call.id
    settle("contact_matching=off", "points_cost.register=7")
    assert registered("two").json()["callId"] is None
    settle("points_per_day=8")
    assert registered("three").status_code == 429
    settle("contact_matching=on", "points_per_day=0")
    assert registered("four").json()["callId"] == call.id
    spent = {site["siteId"]: site["pointsSpentToday"] for site in beside.json("site", "list")}
    assert spent[owner.site.id] == 1 + 7 + 7


def test_it_lets_ids_begin_higher_and_never_lower(terminal: Terminal) -> None:
    made = terminal.json("site", "create", "Shop", "--first-id", "2000000000")
    assert terminal.json("token", "list")[0]["tokenId"] == 2_000_000_000
    assert terminal.json("site", "create", "Again", "--first-id", "2000000000")["siteId"] == made["siteId"] + 1
    for lower in ("1", "1999999999", "2000000001"):
        refused = terminal.refused("site", "create", "Lower", "--first-id", lower)
        assert f"--first-id: {lower} is too low" in refused
        assert "2000002000" in refused
    assert [site["name"] for site in terminal.json("site", "list")] == ["Shop", "Again"]


def test_a_site_that_cannot_be_created_leaves_the_first_id(terminal: Terminal) -> None:
    terminal.done("site", "create", "Shop")
    for refused in (("--site-id", "1"), ("--timezone", "Nowhere")):
        terminal.refused("site", "create", "Other", "--first-id", "3000000000", *refused)
    terminal.done("site", "create", "Other", "--first-id", "2000000000")
    assert terminal.json("token", "list")[-1]["tokenId"] == 2_000_000_000


def test_a_setting_that_is_given_twice_is_refused(terminal: Terminal) -> None:
    terminal.done("site", "create", "Shop")
    assert "name is given twice" in terminal.refused("site", "set", "1", "name=A", "name=B")
    assert terminal.json("site", "show", "1")["name"] == "Shop"


def test_one_is_shown_with_all_it_is_set_to(terminal: Terminal) -> None:
    terminal.done("site", "create", "Shop")
    terminal.done("field", "add", "1", "margin")
    terminal.done("site", "set", "1", "points_cost.register=3", "contact_matching=on")
    assert terminal.json("site", "show", "1") == terminal.json("site", "list")[0]
    shown = terminal.done("site", "show", "1").out
    for line in (
        "contact_matching: on",
        "points_cost: register=3",
        "custom fields: margin",
        "attribution: 1 (",
        "no limit",
    ):
        assert line in shown
    assert "Site 5 not found" in terminal.refused("site", "show", "5")
