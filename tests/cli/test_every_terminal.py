"""Every command that reads, at every kind of terminal: what is shown fits, obeys nothing and ends as it should."""

import json
import os
import pty
import re
import sys
import termios
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import product

import pytest
from allpairspy import AllPairs
from rich.cells import cell_len
from typer.core import TyperCommand, TyperGroup

from cast import Stage
from commands import ENDED_WITHIN_SECONDS, CommandLine, Finished, Terminal, read_to_the_end
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.cli.commands import COMMANDS, load_command
from dealtrace.leads.annotations import Annotations
from examples import drawn
from performer import run_to_the_end
from processes import CLOSED_PIPE, Order
from server import ServerProcess
from write_commands import by_contact, register

COLUMNS = 60
PHONE = "79205550055"
CANNOT_BE_WRITTEN = ("closed pipe", "full device")
BOXES = frozenset("│┃━─┏┓┗┛┡┩└┘├┤|+")
COLOUR = re.compile(r"\x1b\[(?:\d+;)*(?:[349]\d|10\d)(?:;\d+)*m")
MADE_BY_CONSOLES = re.compile(r"\x1b\[[\d;]*[mAK]|\x1b\[\?25[lh]|\r(?=[\n\x1b]|$)")
"""Styles, moves of the cursor to redraw a line of progress, and the line ends of terminals."""
OBEYED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
WORD = (
    "a\x1b[2J\x1b]0;title\x07\x9b31m\u202emoc\u2066\u200f\u200b\u2028\u2029\x85\r\nforged line\U000e0041\x7f"
    " \U0001f468\u200d\U0001f469\u200d\U0001f467 \U00020000 Z\u0335\u0321a\u0315l\u035fgo \u65e5\u672c"
    " [bold red]b[/] :warning: {0} %s"
)
"""ESC, an OSC, a BEL, C1, right-to-left marks, every line break, a tag, DEL, wide and combining signs, and markup."""
LONG = "w" * 120
FORMULA = "=cmd|' /C calc'!A0"

WRITES = "it changes what is stored"
LEFT_OUT = {
    ("serve",): "it serves",
    **dict.fromkeys(
        [
            ("site", "create"), ("site", "set"), ("token", "create"), ("token", "revoke"), ("user", "create"),
            ("user", "invite"), ("user", "password"), ("user", "delete"), ("user", "reset-code"), ("field", "add"),
            ("field", "remove"), ("status", "set"), ("rate", "set"), ("rate", "import"), ("rate", "remove"),
            ("column", "add"), ("column", "remove"), ("source", "host", "add"), ("source", "host", "remove"),
            ("deal", "restore"), ("deal", "pin"), ("deal", "unpin"), ("lead", "delete"), ("lead", "restore"),
            ("match",), ("import", "calls"), ("import", "requests"), ("import", "deals"), ("import", "visits"),
            ("import", "costs"), ("import", "undo"), ("segment", "add"), ("segment", "rename"), ("segment", "remove"),
            ("alert", "add"), ("alert", "remove"), ("demo",), ("webhook", "create"), ("webhook", "replay"),
            ("webhook", "pause"), ("webhook", "resume"), ("webhook", "delete"), ("person", "erase"),
            ("db", "upgrade"), ("db", "recount"),
            ("db", "renormalise"), ("db", "mirror"),
        ],
        WRITES,
    ),
    **dict.fromkeys([("export", "deals"), ("export", "calls"), ("export", "requests")], "it writes a file"),
    **dict.fromkeys([("backup",), ("restore",)], "it writes a file or a database"),
    ("webhook", "test"): "it sends",
}  # fmt: skip
"""The commands that are not asked here, with the reasons."""


@dataclass(frozen=True)
class Question:
    """A command that reads, with arguments that make it print rows.

    `holds` says whether its JSON has `WORD` as it is stored; `ends` are the statuses that it may end with.
    """

    line: str
    holds: bool = False
    has_json: bool = True
    ends: tuple[int, ...] = (0,)

    def arguments(self, places: Mapping[str, str]) -> tuple[str, ...]:
        """Return the arguments, with the ids and names of a site put in their places."""
        return tuple(part.format_map(places) for part in self.line.split())


QUESTIONS = (
    Question("site list", holds=True),
    Question("site show {site}", holds=True),
    Question("token list {site}", holds=True),
    Question("user list"),
    Question("field list {site}", holds=True),
    Question("status list {site}", holds=True),
    Question("rate list {site}"),
    Question("import list --site {site}"),
    Question("column list {site}"),
    Question("source host list {site}"),
    Question("source reclassify {site} --dry-run"),
    Question("deal list --site {site}", holds=True),
    Question("deal show {deal}", holds=True),
    Question("deal history {deal}", holds=True),
    Question("lead show call {call}", holds=True),
    Question("lead show request {request}", holds=True),
    Question("explain {deal}", holds=True),
    Question("try {site} threshold=60 --from {since}", holds=True),
    Question("agree {file} --site {site}", ends=(2,)),
    Question("segment list {site}"),
    Question("report --site {site} --from {since} --by manager,tag,status --metrics deals,leads,amount", holds=True),
    Question("report --site {site} --from {since} --by status --pivot manager --metrics deals", holds=True),
    Question("report paths --site {site} --from {since}"),
    Question("alert list {site}"),
    Question("alert test {site} {alert}"),
    Question("webhook list"),
    Question("webhook show {webhook}"),
    Question("person export {phone}", holds=True, has_json=False),
    Question("requests tail --site {site}"),
    Question("doctor", ends=(0, 1)),
    Question("config"),
    Question("db check", has_json=False),
    Question("db distribute --dry-run", has_json=False),
)
COPIED = ("config", "db distribute", "field list", "segment list")
"""What begins the questions whose lines people copy, so that they are not wrapped."""
PRINTS_JSON_ONLY = "person export"


@dataclass(frozen=True)
class Surroundings:
    """Where a command prints, in which language, and whether with colours and as JSON."""

    stream: str
    language: str
    colours: str
    form: str


STREAMS = ("terminal", "pipe", "closed pipe", "full device")
LANGUAGES = ("LANG=en_US.UTF-8", "LANG=ru_RU.UTF-8", "LC_ALL=C")
FACTORS = (STREAMS, LANGUAGES, ("TERM=xterm-256color", "NO_COLOR=1"), ("text", "json"))
PAIRWISE = [
    (question, Surroundings(*values)) for question, *values in AllPairs([list(each) for each in (QUESTIONS, *FACTORS)])
]
"""Few runs in which every value of a factor meets every value of each other factor, and every question meets all."""
EVERY = [(question, Surroundings(*values)) for question, *values in product(QUESTIONS, *FACTORS)]
AS_A_PROGRAM = [
    (QUESTIONS[place], Surroundings(stream, language, "NO_COLOR=1", "text"))
    for place, stream, language in (
        (1, "terminal", "LC_ALL=C"),
        (11, "pipe", "LC_ALL=C"),
        (0, "terminal", LANGUAGES[1]),
    )
]
"""Runs of the program itself, which chooses the encoding of its streams when it starts."""


@dataclass(frozen=True)
class Scene:
    """A terminal beside the server of a site, and what stands in the places of questions about the site."""

    terminal: Terminal
    places: Mapping[str, str]


@pytest.fixture(scope="module")
def scene(
    server: ServerProcess, served: Stage, command_line: CommandLine, tmp_path_factory: pytest.TempPathFactory
) -> Scene:
    """Fill a site with hostile words."""
    beside = Terminal(command_line, server.database_url, tmp_path_factory.mktemp("terminal"))
    owner = served.open_site(name=WORD, contact_matching=True, fields=[WORD, LONG[:100]])
    now = datetime.now(UTC)
    said = Annotations(manager=WORD, comment=WORD, tags=(WORD, LONG), custom_values={WORD: WORD})
    visit = served.visit(owner, now - timedelta(days=2), TrafficSource(*[WORD] * 5))
    heard = {"phone": PHONE, "reference": WORD, "annotations": said, "visit_id": visit.id, "client_name": WORD}
    call = served.call(owner, now - timedelta(days=2), **heard)
    wrote = {"phone": PHONE, "email": "a@b.ru", "annotations": said, "form_name": WORD, "visit_id": visit.id}
    asked = served.lead_request(owner, now - timedelta(days=3), **wrote)
    at = call.started_at + timedelta(minutes=30)
    made = {"happened_at": at, "status": WORD, "manager": WORD, "comment": WORD, "tags": (WORD, LONG)}
    deal, *_ = [
        register(served, owner, number, clue=by_contact(PHONE), amount_rub=Decimal(1500), **made)
        for number in (WORD, FORMULA, LONG)
    ]
    server.register(owner.token, orderNumber=WORD, orderStatus=WORD, phoneNumber=WORD, **{f"custom[{WORD}2]": WORD})
    server.update(owner.token, orderId=deal, status=LONG, comment=LONG, manager="")
    site = str(owner.site.id)
    file = beside.folder / "deals.csv"
    file.write_text(
        f'number,happened_at,amount,status\n"{FORMULA}",yesterday,1,"{LONG}"\n{LONG[:99]},26.03.2018 10:00:00,5,new\n'
    )
    ids = {"site": site, "deal": deal, "call": call.id, "request": asked.id, **_fill_settings(beside, site)}
    places = {**ids, "phone": PHONE, "file": file, "since": f"{now - timedelta(days=9):%Y-%m-%d}"}
    return Scene(beside, {name: str(place) for name, place in places.items()})


def _fill_settings(beside: Terminal, site: str) -> dict[str, int]:
    """Give a site settings with hostile names, and return the ids of its alert and webhook."""
    beside.done("token", "create", site, "--label", WORD)
    beside.done("user", "create", f"{LONG[:60]}@example.com", new_password="correct horse battery")
    beside.done("status", "set", site, WORD, "won")
    beside.done("rate", "set", site, "usd", "90")
    beside.done("column", "add", site, "ratio", "--formula", "amount / deals")
    beside.done("source", "host", "add", site, "own", f"{'w' * 60}.example")
    beside.done("segment", "add", site, LONG[:100], "--filter", f"manager:is:{WORD}")
    rule = ("above", "deals", "--limit", "1", "--filter", f"manager:is:{WORD}")
    alert = beside.json("alert", "add", site, *rule)
    url = f"https://192.0.2.1/{LONG}"
    webhook = beside.json("webhook", "create", site, url, webhook_private_targets="192.0.2.1")
    return {"alert": alert["alertId"], "webhook": webhook["webhookId"]}


def leaves() -> Iterator[tuple[str, ...]]:
    """Yield the path of every command in the tree of commands."""

    def below(path: tuple[str, ...], command: object) -> Iterator[tuple[str, ...]]:
        if isinstance(command, TyperGroup):
            for name, part in command.commands.items():
                yield from below((*path, name), part)
        else:
            assert isinstance(command, TyperCommand)
            yield path

    for name in COMMANDS:
        yield from below((name,), load_command(name))


def run(scene: Scene, question: Question, where: Surroundings, how: str) -> Finished:
    """Run a command in surroundings; all that a terminal shows counts as its output."""
    arguments = (
        *question.arguments(scene.places),
        *(("--json",) if where.form == "json" and question.has_json else ()),
    )
    if how == "program":
        arguments = (sys.executable, "-m", "dealtrace", *arguments)
    folder = scene.terminal.folder
    environment = {"PATH": os.environ["PATH"], "TERM": "xterm", "DEALTRACE_DATABASE_URL": scene.terminal.url}
    environment |= dict([where.language.split("="), where.colours.split("=")])
    start = partial(Order, arguments, environment, str(folder), how)
    if where.stream == "terminal":
        return _run_in_terminal(start)
    out, err = folder / "out", folder / "err"
    for stream in (out, err):
        stream.write_bytes(b"")
    name = {"pipe": str(out), "closed pipe": CLOSED_PIPE, "full device": "/dev/full"}[where.stream]
    status = run_to_the_end(start(out=name, err=str(err)), ENDED_WITHIN_SECONDS)
    return Finished(status, out.read_bytes().decode(), err.read_bytes().decode())


def _run_in_terminal(start: Callable[..., Order]) -> Finished:
    outer, inner = pty.openpty()
    termios.tcsetwinsize(inner, (24, COLUMNS))
    name = os.ttyname(inner)
    with ThreadPoolExecutor(1) as pool:
        shown = pool.submit(read_to_the_end, outer)
        try:
            status = run_to_the_end(start(given=name, out=name, err=name), ENDED_WITHIN_SECONDS)
        finally:
            os.close(inner)
        return Finished(status, shown.result(), "")


def faults_of(question: Question, where: Surroundings, finished: Finished) -> Iterator[str]:
    """Yield what is wrong with what a command printed and how it ended."""
    shown = finished.out + finished.err
    is_json = (where.form == "json" and question.has_json) or question.line.startswith(PRINTS_JSON_ONLY)
    if "Traceback" in shown:
        yield "it shows a traceback"
    if where.stream in CANNOT_BE_WRITTEN:
        yield from _faults_of_failure(finished)
        return
    if finished.status not in question.ends:
        yield f"it ends with {finished.status}"
    if where.stream == "terminal":
        if where.colours.startswith("NO_COLOR") and COLOUR.search(shown):
            yield "it shows colours"
        shown = MADE_BY_CONSOLES.sub("", shown)
    obeyed = {sign for sign in shown if unicodedata.category(sign) in OBEYED} - {"\n"}
    if obeyed:
        yield f"a terminal obeys {obeyed}"
    if any(line.startswith("forged line") for line in shown.splitlines()):
        yield "a line is forged"
    if is_json:
        yield from _faults_of_json(question, shown)
    elif where.stream == "terminal":
        too_wide = (line for line in shown.splitlines() if cell_len(line.rstrip()) > COLUMNS)
        yield from (f"too wide: {line}" for line in too_wide if not _is_copied(question, line))


def _is_copied(question: Question, line: str) -> bool:
    """Return whether a line is whole although it is too wide: a single word, a command, or what people type again."""
    is_laid_out = line[:1] in BOXES or question.line.startswith("report")
    is_whole = " " not in line.strip() or line.strip().startswith("dealtrace ") or question.line.startswith(COPIED)
    return is_whole and not is_laid_out


def _faults_of_failure(finished: Finished) -> Iterator[str]:
    if finished.status != 1:
        yield f"it ends with {finished.status}"
    if finished.err.count("\n") != 1 or not finished.err.startswith("The output could not be written: "):
        yield f"it says {finished.err!r}"


def _faults_of_json(question: Question, shown: str) -> Iterator[str]:
    try:
        answer = json.loads(shown.splitlines()[-1])  # a bar of progress may have been shown and erased before it
    except (ValueError, IndexError) as error:
        yield f"it is no JSON: {error}: {shown!r}"
    else:
        if question.holds and not any(WORD in word for word in _strings_of(answer)):
            yield f"the stored word is not in {shown}"


def _strings_of(answer: object) -> Iterator[str]:
    """Yield the strings of a value of JSON, keys among them."""
    if isinstance(answer, str):
        yield answer
    elif isinstance(answer, dict):
        for key, value in answer.items():
            yield key
            yield from _strings_of(value)
    elif isinstance(answer, list):
        for value in answer:
            yield from _strings_of(value)


def check(scene: Scene, runs: Iterable[tuple[Question, Surroundings]], how: str) -> None:
    """Run questions in surroundings, and see that nothing is wrong with any."""
    faults = [
        (question.line, where, fault)
        for question, where in runs
        for fault in faults_of(question, where, run(scene, question, where, how))
    ]
    assert not faults, "\n".join(map(str, faults))


def test_every_command_is_asked_or_left_out_for_a_reason() -> None:
    every = set(leaves())
    asked = {path for path in every if any(question.line.split()[: len(path)] == list(path) for question in QUESTIONS)}
    assert asked | set(LEFT_OUT) == every
    assert not asked & set(LEFT_OUT)


def test_what_reads_behaves_at_every_kind_of_terminal(scene: Scene) -> None:
    check(scene, drawn(PAIRWISE), "command")
    check(scene, AS_A_PROGRAM, "program")


@pytest.mark.torture
def test_the_program_itself_behaves_at_every_terminal(scene: Scene) -> None:
    check(scene, EVERY, "program")
