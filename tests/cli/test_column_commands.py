"""`dealtrace column`."""

from contextlib import closing

import pytest

from commands import Terminal
from dealtrace.storage.database.engine import open_database
from dealtrace.storage.reports.mirror.mirror import is_built


@pytest.fixture
def site(terminal: Terminal) -> str:
    terminal.done("site", "create", "Shop")
    for status in ("new", "work", "a,b"):
        terminal.run("status", "set", "1", status, "open")
    return "1"


def test_it_adds_lists_and_removes(terminal: Terminal, site: str) -> None:
    assert terminal.json("column", "list", site) == []
    added = terminal.done("column", "add", site, " В работе ", "--statuses", "New, work,a\\,b", "--count")
    assert added.out == "Site 1: column В работе added.\nTotal for the last month: 0\n"
    terminal.done("column", "add", site, "money", "--statuses", "work", "--sum")
    terminal.done("column", "add", site, "share", "--formula", '("В работе" + column:money) / leads')
    assert terminal.json("column", "list", site) == [
        {"name": "В работе", "kind": "count", "statuses": ["New", "work", "a,b"], "formula": None},
        {"name": "money", "kind": "sum", "statuses": ["work"], "formula": None},
        {"name": "share", "kind": "formula", "statuses": [], "formula": '("В работе"+"money")/leads'},
    ]
    shown = terminal.done("column", "list", site).out
    assert [word in shown for word in ("В работе", "New, work, a,b", "money", "/leads")] == [True] * 4
    assert "is used in formulas of other columns: share" in terminal.refused("column", "remove", site, "money")
    terminal.done("column", "remove", site, "share")
    assert terminal.done("column", "remove", site, "money").out == "Site 1: column money removed.\n"
    assert [column["name"] for column in terminal.json("column", "list", site)] == ["В работе"]
    assert "column list 1" in terminal.refused("column", "remove", site, "money")


def test_it_tries_a_column_and_adds_nothing(terminal: Terminal, site: str) -> None:
    terminal.done("column", "add", site, "money", "--statuses", "new", "--sum")
    tried = terminal.run("column", "add", site, "share", "--formula", "column:money * 2 + 1", "--dry-run")
    assert (tried.status, tried.err) == (0, "")
    assert tried.out == "Site 1: column share would be added.\nTotal for the last month: 1.0\n"
    assert [column["name"] for column in terminal.json("column", "list", site)] == ["money"]
    unseen = terminal.run("column", "add", site, "x", "--statuses", "nwe", "--count", "--dry-run")
    assert unseen.err == "No deal of site 1 has had these statuses yet: nwe\n"
    added = terminal.done("column", "add", site, "share", "--formula", "column:money * 2 + 1")
    assert added.out == tried.out.replace("would be added", "added")
    assert "Already exists: share" in terminal.refused("column", "add", site, "share", "--formula", "1", "--dry-run")


def test_it_tries_a_column_by_the_mirror_as_pages_do(terminal: Terminal, site: str) -> None:
    with closing(open_database(terminal.url)) as database:
        assert not is_built(database)
        terminal.done("column", "add", site, "money", "--statuses", "new", "--sum")
        assert is_built(database)


def test_it_warns_of_statuses_that_were_never_seen(terminal: Terminal, site: str) -> None:
    finished = terminal.run("column", "add", site, "x", "--statuses", "New,nwe,wrok", "--count")
    assert finished.status == 0
    assert finished.err == "No deal of site 1 has had these statuses yet: nwe, wrok\n"


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["x"], "give --statuses with either --count or --sum, or give --formula alone"),
        (["x", "--statuses", "new"], "either --count or --sum"),
        (["x", "--statuses", "new", "--count", "--sum"], "either --count or --sum"),
        (["x", "--statuses", "new", "--count", "--formula", "won"], "--formula alone"),
        (["x", "--count", "--formula", "won"], "--formula alone"),
        (["a:b", "--formula", "won"], "NAME: a name without"),
        (["x", "--statuses", ", ", "--count"], "--statuses: 1 to 100 statuses"),
        (["x", "--formula", "won /"], "formula: character 6: expected a number"),
        (["x", "--formula", "wno"], "no metric or column wno. Did you mean won?"),
        (["x", "--formula", "column:x"], "no metric or column column:x"),
        (["MONEY", "--formula", "won"], "Already exists: MONEY"),
    ],
)
def test_it_refuses_what_does_not_fit_and_adds_nothing(
    terminal: Terminal, site: str, options: list[str], reason: str
) -> None:
    terminal.done("column", "add", site, "money", "--statuses", "new", "--sum")
    assert reason in terminal.refused("column", "add", site, *options)
    assert [column["name"] for column in terminal.json("column", "list", site)] == ["money"]


def test_it_needs_a_site(terminal: Terminal) -> None:
    assert "Site 7 not found" in terminal.refused("column", "add", "7", "x", "--formula", "won")
    assert "Site 7 not found" in terminal.refused("column", "list", "7")
    assert "Site 7 not found" in terminal.refused("column", "remove", "7", "x")
