"""Whatever strangers sent, no command hands a terminal anything that it would obey."""

import os
import sys
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.core import TyperGroup

from cast import Player, Stage, moscow
from commands import CommandLine, Terminal
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.cli.commands import COMMANDS, load_command
from dealtrace.cli.output import CleanConsole, cleaned, counted
from dealtrace.leads.annotations import Annotations
from dealtrace.plain_text import stripped
from server import ServerProcess

FORGED = "forged line"
HOSTILE = f"a\x1b[2J\x1b]0;title\x07\x9b31m\u202emoc\u2066\u200f\u2028\u2029\x85\r\n{FORGED}\U000e0041\x7f"
"""ESC, an OSC, a BEL, C1, right-to-left marks, every kind of line break, a tag character, DEL."""
PHONE = "79205550055"
OBEYED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def check_harmless(printed: str) -> None:
    """See that a terminal would only show what was printed."""
    bad = {sign for sign in printed if unicodedata.category(sign) in OBEYED} - {"\n"}
    assert not bad, f"{bad!r} in {printed!r}"
    assert not [line for line in printed.splitlines() if line.startswith(FORGED)], printed


@given(st.text())
def test_a_cleaned_text_is_one_line_that_only_shows(text: str) -> None:
    check_harmless(cleaned(text))
    assert cleaned(cleaned(text)) == cleaned(text)


@given(st.text(st.characters(exclude_categories=OBEYED)))
def test_what_is_harmless_stays_as_it_is(text: str) -> None:
    assert cleaned(text) == text


@dataclass(frozen=True)
class Scene:
    """A site where every text that a stranger chooses is hostile."""

    owner: Player
    deal_id: int
    call_id: int
    request_id: int
    webhook_id: int
    folder: Path


@pytest.fixture
def hostile(server: ServerProcess, served: Stage, beside: Terminal, tmp_path: Path) -> Scene:
    owner = served.open_site(name=HOSTILE, contact_matching=True, fields=[HOSTILE])
    source = TrafficSource(*[HOSTILE] * 5)
    visit = served.visit(owner, moscow("2018-03-26", "09:00:00"), source)
    said = Annotations(manager=HOSTILE, comment=HOSTILE, tags=(HOSTILE,), custom_values={HOSTILE: HOSTILE})
    at = moscow("2018-03-26", "09:59:00")
    call = served.call(owner, at, phone=PHONE, reference=HOSTILE, annotations=said, visit_id=visit.id)
    lead_request = served.lead_request(owner, at, phone=PHONE, email="a@b.ru", annotations=said, visit_id=visit.id)
    form = {"fio": HOSTILE, "phoneNumber": PHONE, "subject": HOSTILE, "comment": HOSTILE}
    server.http.post(f"/calls-service/RestAPI/requests/{owner.site.id}/register/", data=form)
    sent = {
        "orderNumber": HOSTILE, "orderStatus": HOSTILE, "manager": HOSTILE, "comment": HOSTILE, "service": HOSTILE,
        "tags": HOSTILE, "phoneNumber": HOSTILE, "callReferenceId": HOSTILE, "source": HOSTILE,
        f"custom[{HOSTILE}]": HOSTILE, f"custom[{HOSTILE}2]": HOSTILE,
    }  # fmt: skip
    deal_id = server.register(owner.token, **sent).json()["orderId"]
    server.update(owner.token, orderId=deal_id, status=HOSTILE + "2", comment=HOSTILE + "2", manager="")
    beside.done("token", "create", str(owner.site.id), "--label", HOSTILE)
    url = "https://192.0.2.1/hook"
    webhook_id = beside.json("webhook", "create", str(owner.site.id), url, webhook_private_targets="192.0.2.1")
    return Scene(owner, deal_id, call.id, lead_request.id, webhook_id["webhookId"], tmp_path)


def invocations(scene: Scene) -> Iterator[tuple[str, ...]]:
    """Yield invocations of every command that prints something a stranger chose, and of those that print none."""
    site, deal = str(scene.owner.site.id), str(scene.deal_id)
    call, request, webhook = str(scene.call_id), str(scene.request_id), str(scene.webhook_id)
    only, table = ("--site", site), str(scene.folder / f"{HOSTILE.replace('/', '')}.csv")
    for json in ((), ("--json",)):
        yield from (
            ("site", "list", *json), ("site", "show", site, *json), ("token", "list", *json), ("user", "list", *json),
            ("field", "list", site, *json), ("deal", "list", *only, *json), ("deal", "show", deal, *json),
            ("deal", "history", deal, *json), ("explain", deal, *json), ("lead", "show", "call", call, *json),
            ("lead", "show", "request", request, *json), ("webhook", "list", *json), ("doctor", *json),
            ("webhook", "show", webhook, *json), ("match", site, *json),
            ("try", site, "model=4", "contact_matching=on", "--from", "2000-01-01", *json), ("config", *json),
            ("site", "create", HOSTILE, *json), ("token", "create", site, "--label", HOSTILE, *json),
            ("webhook", "create", site, HOSTILE, *json),
            ("export", "deals", table, *only, "--force", *json), ("export", "calls", table, *only, "--force", *json),
            ("export", "requests", table, *only, "--force", *json),
            ("import", "calls", table, *only, *json), ("import", "requests", table, *only, *json),
            ("import", "deals", table, *only, *json), ("import", "visits", table, *only, *json),
            ("import", "list", *only, *json), ("import", "undo", "1", *only, "--dry-run", *json),
            ("source", "reclassify", site, *json), ("db", "renormalise"), ("status", "list", site, *json),
            ("column", "list", site, *json), ("agree", table, *only, *json), ("report", "sources", *only, *json),
            ("report", *only, "--by", "manager,tag,status", "--metrics", "deals", "--from", "2018-01-01", *json),
            ("segment", "list", site, *json), ("requests", "tail", *only, *json),
            ("import", "costs", table, *only, "--system", "yandex", "--account", HOSTILE, *json),
            ("alert", "add", site, "above", "deals", "--limit", "1", "--filter", f"manager:is:{HOSTILE}", *json),
            ("alert", "list", site, *json), ("alert", "test", site, "1", *json), ("rate", "list", site, *json),
        )  # fmt: skip
    yield from (
        ("deal", "history", HOSTILE), ("deal", "restore", deal), ("deal", "pin", deal, "--call", call),
        ("deal", "unpin", deal), ("lead", "delete", "call", call), ("lead", "restore", "call", call),
        ("person", "export", PHONE), ("person", "erase", HOSTILE, "--yes"), ("field", "add", site, HOSTILE + "3"),
        ("field", "add", site, HOSTILE), ("field", "remove", site, HOSTILE), ("field", "remove", site, HOSTILE),
        ("site", "set", site, f"name={HOSTILE}"), ("site", "set", site, f"timezone={HOSTILE}"),
        ("site", "set", site, f"{HOSTILE}=1"), ("token", "revoke", "1"), ("user", "create", HOSTILE),
        ("user", "password", HOSTILE), ("user", "delete", HOSTILE), ("webhook", "test", webhook, "--wait", "1"),
        ("webhook", "replay", webhook, "--message", HOSTILE), ("webhook", "pause", webhook),
        ("webhook", "resume", webhook), ("webhook", "delete", webhook), ("backup", table), ("restore", table),
        ("status", "set", site, HOSTILE, "won"), ("status", "set", site, HOSTILE + "3", HOSTILE),
        ("status", "set", site, HOSTILE + "4", "won"), ("column", "add", site, HOSTILE, "--formula", HOSTILE),
        ("column", "add", site, "x", "--formula", HOSTILE), ("column", "remove", site, HOSTILE),
        ("column", "add", site, "x", "--count", "--statuses", HOSTILE + "5"), ("column", "list", site),
        ("user", "invite", "--site", site, "--role", "reader"), ("user", "reset-code", HOSTILE), ("db", "mirror"),
        ("demo", "--site", site), ("db", "upgrade"), ("db", "check"), ("db", "recount"),
        ("db", "distribute", "--dry-run"),
        ("source", "host", "add", site, "own", HOSTILE), ("source", "host", "list", site),
        ("segment", "add", site, "plain", "--filter", f"manager:is:{HOSTILE}"), ("segment", "list", site),
        ("segment", "add", site, HOSTILE, "--filter", "manager:filled"), ("segment", "remove", site, HOSTILE),
        ("segment", "rename", site, "plain", HOSTILE), ("segment", "rename", site, HOSTILE, "plain"),
        ("report", *only, "--metrics", HOSTILE, "--by", HOSTILE, "--filter", HOSTILE, "--segment", HOSTILE),
        ("report", HOSTILE, *only), ("report", "sources", *only, "--segment", "plain", "--csv", table, "--force"),
        ("alert", "add", site, "above", HOSTILE, "--mail", HOSTILE), ("alert", "remove", site, "1"),
        ("rate", "set", site, HOSTILE, HOSTILE), ("rate", "set", site, "usd", "90"), ("rate", "import", site, table),
        ("rate", "remove", site, HOSTILE), ("source", "host", "remove", site, "own", HOSTILE),
        ("serve", "--host", "host.invalid"),
    )  # fmt: skip


def paths() -> Iterator[tuple[str, ...]]:
    for name in COMMANDS:
        loaded = load_command(name)
        yield from ((name, sub) for sub in loaded.commands) if isinstance(loaded, TyperGroup) else ((name,),)


def test_no_command_hands_on_what_a_terminal_obeys(beside: Terminal, hostile: Scene) -> None:
    ran = list(invocations(hostile))
    assert {path for path in paths() if not any(item[: len(path)] == path for item in ran)} == set()
    for arguments in ran:
        finished = beside.run(*arguments, new_password="correct horse battery")
        assert finished.status in (0, 1) or arguments[0] == "agree", (arguments, finished)
        assert "Traceback" not in finished.err, (arguments, finished)
        check_harmless(finished.out)
        check_harmless(finished.err)


def test_the_words_themselves_stay_readable(beside: Terminal, hostile: Scene) -> None:
    shown = beside.done("deal", "show", str(hostile.deal_id)).out
    assert "a\\u001b[2J" in shown
    assert beside.json("deal", "show", str(hostile.deal_id))["orderNumber"] == stripped(HOSTILE)


def test_colons_and_brackets_of_strangers_are_not_markup(terminal: Terminal) -> None:
    terminal.done("site", "create", "[red]:warning:[/red]")
    for command in (("site", "list"), ("site", "show", "1")):
        assert "[red]:warning:[/red]" in terminal.done(*command).out


@pytest.mark.parametrize(("count", "said"), [(0, "0 deals"), (1, "1 deal"), (2, "2 deals"), (21, "21 deals")])
def test_a_noun_has_its_plural(count: int, said: str) -> None:
    assert counted(count, "deal") == said


@pytest.mark.parametrize(
    "arguments",
    [
        (f"--no{HOSTILE}",),
        (f"no{HOSTILE}",),
        ("site", f"no{HOSTILE}"),
        ("site", "list", f"--no{HOSTILE}"),
        ("site", "list", HOSTILE),
        ("site", "show", HOSTILE),
        ("serve", "--port", HOSTILE),
        ("serve", f"--port={HOSTILE}"),
    ],
)
def test_what_is_wrong_with_arguments_is_said_harmlessly(terminal: Terminal, arguments: tuple[str, ...]) -> None:
    finished = terminal.run(*arguments)
    assert finished.status == 2, finished
    assert "Usage: " in finished.err
    check_harmless(finished.out + finished.err)


@pytest.mark.parametrize("size", ["0", "-5", "", "wide", "²", "9" * 5000, "1000000000", "80.5"])
def test_a_size_that_no_terminal_has_counts_as_unset(
    terminal: Terminal, command_line: CommandLine, tmp_path: Path, size: str
) -> None:
    for arguments in (("site", "list"), ("site", "--help"), ("no",)):
        shown = [
            command_line.run(arguments, {"DEALTRACE_DATABASE_URL": terminal.url, **sizes}, tmp_path, "")
            for sizes in ({"COLUMNS": size, "LINES": size}, {"COLUMNS": "80", "LINES": "25"})
        ]
        assert shown[0] == shown[1]
        assert (shown[0].out + shown[0].err).strip()


@pytest.mark.parametrize(
    ("line", "lines"),
    [
        ("Site 7 updated.", ["Site 7 updated."]),
        ("Nothing was stored for any site yet.", ["Nothing was stored", "for any site yet."]),
        ("    cure: call the person back today", ["    cure: call the", "    person back", "    today"]),
        ("Its token: " + "x" * 40, ["Its token:", "x" * 40]),
        ("To go on: dealtrace match 1 --after 25", ["To go on:", "dealtrace match 1 --after 25"]),
        ("日本語 日本語 日本語 日本語", ["日本語 日本語 日本語", "日本語"]),
        ("a  b", ["a  b"]),
    ],
)
def test_a_line_is_wrapped_between_words_on_a_terminal_alone(
    monkeypatch: pytest.MonkeyPatch, line: str, lines: list[str]
) -> None:
    def shown(*, is_terminal: bool, **options: bool) -> list[str]:
        outer, inner = os.openpty() if is_terminal else os.pipe()
        with os.fdopen(outer, "rb") as reading, os.fdopen(inner, "w", encoding="utf-8") as out:
            with monkeypatch.context() as patched:
                patched.setattr(sys, "stdout", out)
                patched.setenv("COLUMNS", "20")
                CleanConsole().print(line, **options)
                out.flush()
            return os.read(reading.fileno(), 4096).decode().splitlines()

    assert shown(is_terminal=True) == lines
    assert shown(is_terminal=True, soft_wrap=True) == [line]
    assert shown(is_terminal=False) == [line]
