"""`dealtrace alert`: rules on the command line."""

from pathlib import Path

import pytest

from commands import CommandLine, Terminal
from engines import CopySqlite


@pytest.fixture
def terminal(command_line: CommandLine, copy_sqlite: CopySqlite, tmp_path: Path) -> Terminal:
    """Give a terminal with a site on SQLite."""
    copy_sqlite(tmp_path / "dealtrace.db")
    opened = Terminal(command_line, f"sqlite:///{tmp_path / 'dealtrace.db'}", tmp_path)
    opened.done("site", "create", "Shop")
    return opened


def test_a_rule_is_added_listed_tried_and_removed(terminal: Terminal) -> None:
    added = terminal.done(
        "alert", "add", "1", "drop", "match_rate", "--window", "week", "--limit", "20%", "--filter", "service:is:1C",
        "--mail", "anna@example.org en", "--json",
    ).json  # fmt: skip
    alert_id = str(added["alertId"])
    (listed,) = terminal.done("alert", "list", "1", "--json").json
    assert listed == {
        "alertId": added["alertId"], "kind": "drop", "metric": "match_rate", "window": "week", "limit": "20",
        "filters": ["service:is:1C"], "recipients": ["anna@example.org"], "raisedAt": None, "value": None,
        "usual": None, "fault": None,
    }  # fmt: skip
    shown = terminal.done("alert", "list", "1").out
    assert "Share of deals with a lead or source: 20\u00a0% below usual within a week" in shown
    assert "mails to anna@example.org" in shown
    tried = terminal.done("alert", "test", "1", alert_id, "--json").json
    unseen = ["service:is:1C"]
    counted = {"windows": 30, "undecided": 30, "byChance": 0, "unseen": unseen, "incidents": []}
    assert tried == {"alertId": added["alertId"], **counted}
    assert (
        "0 alerts in 30 windows; windows with too little data to compare: 30."
        in terminal.done("alert", "test", "1", alert_id).out
    )
    spelt = "No visit, lead or deal of the last 30 days has this value; check its spelling: service:is:1C"
    assert spelt in terminal.done("alert", "test", "1", alert_id).out
    findings = terminal.run("doctor", "--json").json
    assert "mail_server" in {finding["kind"] for finding in findings}
    assert "removed" in terminal.done("alert", "remove", "1", alert_id).out
    assert terminal.done("alert", "list", "1", "--json").json == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("add", "1", "drop", "deal"), "did you mean deals"),
        (("add", "1", "often", "deals"), "often"),
        (("add", "1", "drop", "deals", "--window", "2h"), "window: unknown “2h”; available: 1h, 3h"),
        (("add", "1", "above", "deals"), "amount: must be a number"),
        (("add", "1", "drop", "cost", "--window", "3h"), "costs are known only by day"),
        (("add", "1", "drop", "deals", "--mail", "nobody"), "“nobody” is not an e-mail address"),
        (("add", "2", "drop", "deals"), "Site 2 not found"),
        (("remove", "1", "7"), "Alert 7 not found"),
        (("test", "1", "7"), "Alert 7 not found"),
        (("list", "2"), "Site 2 not found"),
    ],
)
def test_what_is_wrong_is_named_with_its_cure(terminal: Terminal, arguments: tuple[str, ...], words: str) -> None:
    refused = terminal.run("alert", *arguments)
    assert refused.status != 0
    assert words in " ".join(refused.err.split())
