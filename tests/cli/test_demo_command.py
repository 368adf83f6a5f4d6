"""`dealtrace demo`: a newcomer's first look, made and removed by one command."""

from cast import Stage
from commands import Terminal
from dealtrace.storage.reports.statuses import list_statuses
from server import ServerProcess
from waiting import wait_until_followed

SMALL = ("--part", "0.015")


def test_it_makes_a_site_and_its_database_and_says_what_to_look_at(terminal: Terminal) -> None:
    said = terminal.done("demo", *SMALL).out
    (site,) = terminal.json("site", "list")
    number = site["siteId"]
    assert site["name"] == "Demo"
    assert f"Site {number} now has a year of data that ends today" in said
    assert "The token of the site, shown only once:" in said
    for line in [line.strip() for line in said.splitlines() if line.startswith("  dealtrace ")]:
        command = line.removeprefix("dealtrace ").partition("  #")[0].split()
        if command != ["serve"]:
            assert terminal.done(*command).out
    assert f"dealtrace demo --remove --site {number}" in said


def test_what_it_stored_is_sound(terminal: Terminal) -> None:
    made = terminal.json("demo", *SMALL)
    assert 700 < made["visits"] <= 750
    assert 80 < made["leads"] <= 90
    assert 40 < made["deals"] <= 45
    assert made["clientApiId"]
    terminal.done("db", "check")
    terminal.done("user", "create", "anna", new_password="correct horse battery")
    silent = {"silent_service", "silent_counter"}  # so small a demo has days without visits and deals
    assert [item for item in terminal.run("doctor", "--json").json if item["kind"] not in silent] == []


def test_a_second_one_is_refused_with_the_cure_and_the_cure_works(terminal: Terminal) -> None:
    number = terminal.json("demo", *SMALL)["siteId"]
    cure = f"dealtrace demo --remove --site {number}"
    assert cure in terminal.refused("demo", *SMALL)
    assert cure in terminal.refused("demo", "--site", str(number), *SMALL)
    said = terminal.done(*cure.split()[1:]).out
    assert f"Site {number} (Demo) and all its data removed." in said
    assert terminal.json("site", "list") == []
    assert "dealtrace demo" in terminal.refused("demo", "--remove")


def test_it_fills_a_given_site_and_empties_it_again(terminal: Terminal) -> None:
    number = str(terminal.json("site", "create", "Shop")["siteId"])
    assert f"dealtrace site set {number} contact_matching=on" in terminal.refused("demo", "--site", number)
    terminal.done("site", "set", number, "contact_matching=on")
    assert terminal.json("demo", "--site", number, *SMALL)["clientApiId"] is None
    assert "is empty again" in terminal.done("demo", "--remove").out
    assert [site["name"] for site in terminal.json("site", "list")] == ["Shop"]


def test_a_server_stores_statuses_again_that_a_removed_demo_took_along(
    server: ServerProcess, served: Stage, beside: Terminal
) -> None:
    owner = served.open_site(contact_matching=True)
    site = str(owner.site.id)
    beside.done("demo", "--site", site, *SMALL)
    for number in range(3):  # the second finds the status stored, the third need not look for it
        assert server.register(owner.token, orderNumber=str(number), orderStatus="own").status_code == 200
    beside.done("demo", "--remove", "--site", site, "--all")
    wait_until_followed(server)
    assert server.register(owner.token, orderNumber="after", orderStatus="own").status_code == 200
    with served.database.read() as connection:
        assert "own" in {status.spelling for status in list_statuses(connection, owner.site.id)}


def test_it_names_a_site_that_does_not_exist_and_an_option_out_of_place(terminal: Terminal) -> None:
    assert "Site 7 not found" in terminal.refused("demo", "--site", "7")
    assert "--remove" in terminal.refused("demo", "--all")
