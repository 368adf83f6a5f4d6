"""The documents match the code: undocumented additions and outdated descriptions fail here."""

import ast
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from pydantic_core import to_jsonable_python
from starlette.responses import Response
from starlette.routing import Mount, Route, Router
from typer.core import TyperCommand, TyperGroup, TyperOption

import dealtrace
from absent import leave_out
from dealtrace.accounts.assigned_ids import FIRST_ID_DEFAULT
from dealtrace.accounts.rights import Role
from dealtrace.app import ENDPOINTS, describe, page_router
from dealtrace.cabinet.docs.catalogue import CAUSES
from dealtrace.cabinet.docs.pages import docs_pages
from dealtrace.cabinet.gate import Page
from dealtrace.cabinet.routes import PAGES
from dealtrace.calltouch import examples
from dealtrace.cli.commands import COMMANDS, load_command
from dealtrace.errors import Refusal
from dealtrace.files.costs.cost_columns import COST_COLUMNS
from dealtrace.files.import_file import FORMATS
from dealtrace.files.import_formats import ImportNoun
from dealtrace.files.reports.code_labels import CODE_LABELS
from dealtrace.http.endpoint import Endpoint
from dealtrace.http.openapi.description import error_catalogue
from dealtrace.http.parameter_table import Parameter, ParameterFamily
from dealtrace.http.parameter_types import Text
from dealtrace.http.service_routes import service_routes
from dealtrace.leads.lead import KIND_NAMES
from dealtrace.matching.match_reason import MatchReason
from dealtrace.operations.accounts import change_site_settings
from dealtrace.reports.dimensions import DIMENSIONS
from dealtrace.reports.facts import Fact
from dealtrace.reports.filters import Operator
from dealtrace.reports.metrics import METRICS
from dealtrace.reports.time_keys import TIME_KEYS, number_of_key
from dealtrace.runtime.database_watch import DatabaseWatch
from dealtrace.settings import ENVIRONMENT_PREFIX, Settings
from dealtrace.storage.database.engine import open_database
from server import ServerProcess
from test_house import DOMAIN, MAY_IMPORT

SOURCE = Path(dealtrace.__file__).parent
ROOT = SOURCE.parent.parent
DOCS = ROOT / "docs"
DECISIONS = DOCS / "decisions"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
GUIDES = sorted(SOURCE.rglob("*.md"))
"""The guides at `/docs`; their links are those of pages, see `test_docs_page.py`."""
NOT_SETTINGS = {"DEALTRACE_NEW_PASSWORD"}
"""Variables that only one command reads."""
CODE = ("src", "tests", "client", "benchmarks")
PARTS_OF_A_DECISION = ("Context", "Decision", "Cost", "Alternatives")

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
QUOTED = re.compile(r"«([^»]*)»")
VENDOR = re.compile(r"Vendor: «([^»]*)»")
VENDOR_MARK, OURS = re.compile("Vendor:"), re.compile(r"\b[Oo]urs:\s")
ELSEWHERE = re.compile(r"(?<![\w.:/])/(?:home|root|work|tmp|mnt|Users)\b|\.\./shared|\b[A-Z]:\\|~/")
QUESTION_NUMBER = re.compile(r"(?<!-)\bQ[0-9]{1,2}\b")
"""But for quarters: `2026-Q4`."""
COMMAND = re.compile(r"(?<![\w./=-])(?<!sudo -u )dealtrace ([a-z]+)(?: ([a-z]+(?:-[a-z]+)*))?")


@cache
def read(path: Path) -> str:
    return path.read_text()


def section(document: Path, heading: str) -> str:
    """Return the text below a heading, up to the next heading of its level or above."""
    opening = re.search(rf"^(#+) {re.escape(heading)}$", read(document), re.MULTILINE)
    assert opening is not None, f"{document.relative_to(ROOT)} has no heading {heading!r}"
    below = read(document)[opening.end() :]
    closing = re.search(rf"^#{{1,{len(opening[1])}}} ", below, re.MULTILINE)
    return below[: closing.start()] if closing is not None else below


def table_rows(text: str) -> Iterator[list[str]]:
    """Yield the cells of every table row, without headings and rulers."""
    lines = text.splitlines()
    for number, line in enumerate(lines):
        is_heading = number + 1 < len(lines) and lines[number + 1].startswith("|-")
        if line.startswith("|") and not line.startswith("|-") and not is_heading:
            yield [cell.strip() for cell in line.strip("|").split("|")]


def in_code(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def each(documents: Iterable[Path]) -> Any:
    return pytest.mark.parametrize("document", documents, ids=lambda path: str(path.relative_to(ROOT)))


def resolve(dotted: str) -> Any:
    """Find one of our modules, or a name in it, by its dotted name."""
    names = dotted.split(".")
    for length in range(len(names), 0, -1):
        if SOURCE.joinpath(*names[:length]).with_suffix(".py").is_file():
            found: Any = import_module(".".join(["dealtrace", *names[:length]]))
            for name in names[length:]:
                found = getattr(found, name)
            return found
    raise AttributeError(dotted)


def docstrings(mark: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    """Yield every docstring of the files that have a mark, with the dotted name of what it describes.

    Constants have docstrings too. Tests are named by quotations: each worker would parse all files, for a second.
    """
    for path in sorted(SOURCE.rglob("*.py")):
        if mark.search(read(path)) is None:
            continue
        module = ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")
        yield from _docstrings(ast.parse(read(path)), module)


def _docstrings(node: ast.AST, name: str) -> Iterator[tuple[str, str]]:
    named = name
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant) and isinstance(child.value.value, str):
            yield named, one_line(child.value.value)
        named = name
        if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _docstrings(child, f"{name}.{child.name}")
        elif isinstance(child, ast.Assign) and isinstance(child.targets[0], ast.Name):
            named = f"{name}.{child.targets[0].id}"


# Settings


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_documented_with_its_default(name: str) -> None:
    rows = {row[0]: row for row in table_rows(read(DOCS / "settings.md"))}
    row = rows.get(f"`{ENVIRONMENT_PREFIX}{name.upper()}`")
    assert row is not None, f"docs/settings.md has no row for {name}"
    default = to_jsonable_python(Settings.model_fields[name].default)
    shown = json.dumps(default) if isinstance(default, bool | int) else f"{default}"
    assert row[1] == (f"`{shown}`" if default not in ("", []) else "empty")
    _, _, unit, meaning = row
    assert unit
    assert meaning.endswith(".")


@each([*DOCUMENTS, *GUIDES])
def test_it_names_only_known_settings(document: Path) -> None:
    known = {f"{ENVIRONMENT_PREFIX}{name.upper()}" for name in Settings.model_fields} | NOT_SETTINGS
    assert set(re.findall(rf"\b{ENVIRONMENT_PREFIX}[A-Z_]+\b", read(document))) <= known


def test_every_setting_of_a_site_is_documented() -> None:
    rows = table_rows(section(DOCS / "settings.md", "Settings of a site"))
    documented = {key for row in rows for key in in_code(row[0])}
    assert documented == {*change_site_settings._SETTINGS, *change_site_settings._COST_SETTINGS}


# Commands


def commands(group: TyperGroup, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], TyperCommand]]:
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from commands(command, (*path, name))
        else:
            assert isinstance(command, TyperCommand)
            yield (*path, name), command


@cache
def all_commands() -> dict[tuple[str, ...], TyperCommand]:
    found: dict[tuple[str, ...], TyperCommand] = {}
    for name in COMMANDS:
        loaded = load_command(name)
        found |= commands(loaded, (name,)) if isinstance(loaded, TyperGroup) else {(name,): loaded}
    return found


@pytest.mark.parametrize("path", all_commands(), ids=" ".join)
def test_every_command_is_documented_with_its_options(path: tuple[str, ...]) -> None:
    text = section(DOCS / "commands.md", f"dealtrace {' '.join(path)}")
    for parameter in all_commands()[path].params:
        if isinstance(parameter, TyperOption) and not parameter.hidden:
            missing = [name for name in parameter.opts if not re.search(rf"`{re.escape(name)}\b", text)]
            assert not missing, f"`dealtrace {' '.join(path)}` has undocumented options: {missing}"


def test_it_documents_only_known_commands_and_options() -> None:
    headings = [
        tuple(heading.split()[1:]) for heading in HEADING.findall(read(DOCS / "commands.md")) if "dealtrace " in heading
    ]
    assert sorted(headings) == sorted(all_commands())
    for path in headings:
        text = section(DOCS / "commands.md", f"dealtrace {' '.join(path)}")
        known = {name for parameter in all_commands()[path].params for name in parameter.opts}
        assert set(re.findall(r"`(--[a-z-]+)", text)) <= known


@each([*DOCUMENTS, *GUIDES])
def test_it_names_only_known_commands(document: Path) -> None:
    groups = {path[0] for path in all_commands() if len(path) > 1}
    for first, second in COMMAND.findall(
        "\n".join(in_code(read(document)) + [body for _, body in FENCE.findall(read(document))])
    ):
        path = (first, second) if first in groups else (first,)
        assert path in {known[:2] for known in all_commands()}, f"there is no command `dealtrace {first} {second}`"


# The API


def parameter_rows(endpoint: Endpoint) -> dict[str, list[str]]:
    text = section(DOCS / "api.md", heading_of(endpoint))
    tables = [row for row in table_rows(text) if len(row) == len(("parameter", "required", "type", "meaning"))]
    return {name: row for row in tables for name in in_code(row[0])}


def heading_of(endpoint: Endpoint) -> str:
    if endpoint.name:
        return endpoint.name.capitalize()
    words = endpoint.path.split("/")
    return (words[-2] if words[-1] == "orders" else words[-1]).capitalize()


def parameters_of(endpoint: Endpoint) -> Iterator[tuple[str, Parameter]]:
    for parameter in endpoint.described():
        yield (f"{parameter.name}[name]" if isinstance(parameter, ParameterFamily) else parameter.name), parameter


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=heading_of)
def test_every_wire_parameter_is_documented_with_its_limit(endpoint: Endpoint) -> None:
    rows = parameter_rows(endpoint)
    assert set(rows) == {name for name, _ in parameters_of(endpoint)}
    for name, parameter in parameters_of(endpoint):
        _, required, kind, meaning = rows[name]
        assert (required == "yes") is parameter.required, name
        assert meaning, name
        if isinstance(parameter.type, Text) and kind != "as above":
            assert kind.replace(",", " ").split()[:2] == ["text", str(parameter.type.length_max)] or kind == (
                f"text {parameter.type.length_max:,}"
            ), name


def refusals(root: type[Refusal] = Refusal) -> Iterator[type[Refusal]]:
    for refusal in root.__subclasses__():
        yield refusal
        yield from refusals(refusal)


def test_every_error_is_documented_with_its_code_and_status() -> None:
    documented = {tuple(row[:3]) for row in table_rows(section(DOCS / "api.md", "Errors"))}
    assert documented == {
        (str(status), str(refusal.code), f"`{refusal.__name__}`") for status, refusal in error_catalogue()
    }
    assert {refusal for _, refusal in error_catalogue()} >= {
        refusal
        for refusal in refusals()
        if refusal.__module__.startswith("dealtrace") and not refusal.__module__.startswith("dealtrace.demo")
    }
    assert all(all(row) for row in table_rows(section(DOCS / "api.md", "Errors")))


def test_the_catalogue_of_errors_at_docs_says_the_same() -> None:
    documented = {row[2].strip("`"): tuple(row[3:]) for row in table_rows(section(DOCS / "api.md", "Errors"))}
    assert documented == {refusal.__name__: (cause.when, cause.cure) for refusal, cause in CAUSES.items()}


def served_routes() -> Iterator[tuple[str, frozenset[str]]]:
    """Yield every route of the application with its methods, without the HEAD that every GET implies."""
    yield from ((endpoint.path, frozenset(endpoint.methods)) for endpoint in ENDPOINTS)
    database = open_database(Settings().database_url)
    services = service_routes(describe, DatabaseWatch(database), lambda: True)
    yield from _pages(page_router(services, lambda _unknown: Router([Route("/", lambda _request: Response())])).routes)
    yield from ((page.path, frozenset({page.method})) for page in docs_pages(ENDPOINTS))
    database.close()


def _pages(routes: Iterable[Any], prefix: str = "") -> Iterator[tuple[str, frozenset[str]]]:
    for route in routes:
        if isinstance(route, Mount):
            assert isinstance(route.app, Router)
            yield from _pages(route.app.routes, prefix + route.path)
        else:
            assert isinstance(route, Route)
            yield prefix + route.path, frozenset(route.methods or {"GET"}) - {"HEAD"}


def test_every_route_is_documented_with_its_methods() -> None:
    served: dict[str, set[str]] = {}
    for path, methods in served_routes():
        served.setdefault(path, set()).update(methods)
    rows = list(table_rows(section(DOCS / "api.md", "Routes")))
    assert {row[0].strip("`"): set(row[1].split(", ")) for row in rows} == served


def opened_by(page: Page) -> str:
    """Return who may open a page, as the table of pages says it."""
    if page.is_open:
        return "everybody"
    if page.is_of_installation:
        return "owner of the installation"
    return Role(page.role).value if page.role is not None else "everybody who is logged in"


def test_the_documentation_is_open_to_everybody() -> None:
    pages = docs_pages(ENDPOINTS)
    assert {opened_by(page) for page in pages} == {"everybody"}
    assert all(page.carries_site for page in pages)


def test_every_page_of_the_cabinet_is_documented_with_who_may_open_it() -> None:
    rows = {row[0].strip("`"): row[1] for row in table_rows(section(DOCS / "cabinet.md", "Pages"))}
    shown = [page for page in PAGES if page.method == "GET"]
    assert rows == {re.sub(r":\w+\}", "}", f"/cabinet{page.path}"): opened_by(page) for page in shown}


@pytest.mark.parametrize(
    ("noun", "heading"),
    [
        (ImportNoun.CALL, "Columns of calls"),
        (ImportNoun.LEAD_REQUEST, "Columns of lead requests"),
        (ImportNoun.DEAL, "Columns of deals"),
        (ImportNoun.VISIT, "Columns of visits"),
    ],
)
def test_every_column_of_a_file_is_documented(noun: ImportNoun, heading: str) -> None:
    rows = [
        (in_code(name), in_code(others), holds, needed, meaning)
        for name, others, holds, needed, meaning in table_rows(section(DOCS / "import.md", heading))
    ]
    assert rows == [
        ([column.name], list(column.headings), column.type.form, column.need, column.meaning)
        for column in FORMATS[noun].columns
    ]


def test_every_column_of_costs_is_documented() -> None:
    rows = [
        (in_code(name), in_code(others), holds, needed, meaning)
        for name, others, holds, needed, meaning in table_rows(section(DOCS / "import.md", "Columns of costs"))
    ]
    assert rows == [
        ([column.name], list(column.headings), column.type.form, column.need, column.meaning) for column in COST_COLUMNS
    ]


# Figures


def test_every_metric_is_documented_with_its_unit_and_formula() -> None:
    rows = [
        (in_code(name), ru, en, unit, formula, adds_up)
        for name, ru, en, unit, formula, adds_up in table_rows(section(DOCS / "figures.md", "Metrics"))
    ]
    assert rows == [
        ([each.name], each.ru, each.en, each.unit.value, each.formula_text, "yes" if each.adds_up else "")
        for each in METRICS.values()
    ]


def test_every_dimension_is_documented_with_its_keys_and_facts() -> None:
    tables = table_rows(section(DOCS / "figures.md", "Dimensions").partition("### ")[0])
    rows = {tuple(in_code(name)): (ru, en, keys, facts) for name, ru, en, keys, facts in tables}
    assert list(rows) == [(name,) for name in DIMENSIONS]
    for (name,), (ru, en, keys, facts) in rows.items():
        dimension = DIMENSIONS[name]
        assert (ru, en) == (dimension.ru, dimension.en)
        assert set(facts.split(", ")) == {fact.value for fact in dimension.facts - {Fact.ASSISTS}}
        assert keys
        if name in TIME_KEYS:
            assert all(number_of_key(name, key) is not None for key in in_code(keys))
    assert in_code(rows[("lead_kind",)][2]) == list(KIND_NAMES.values())


def test_every_reason_of_a_match_is_documented() -> None:
    rows = list(table_rows(section(DOCS / "figures.md", "Reasons of a match")))
    assert [in_code(code) for code, *_ in rows] == [[reason.value] for reason in MatchReason]
    assert [(ru, en) for _, ru, en, _ in rows] == [CODE_LABELS["match_reason"][reason] for reason in MatchReason]
    assert all(meaning for *_, meaning in rows)


def test_every_operator_of_filters_is_documented() -> None:
    rows = table_rows(section(DOCS / "figures.md", "Filters").replace("`|`", "`¦`"))
    assert [name for row in rows for name in in_code(row[0])] == list(Operator)


# Promises and decisions


@pytest.mark.parametrize(
    ("where", "words"), [(name, quote) for name, text in docstrings(VENDOR_MARK) for quote in VENDOR.findall(text)]
)
def test_every_quotation_of_the_seed_is_a_promise(where: str, words: str) -> None:
    promised = [one_line(quote) for quote in QUOTED.findall(read(DOCS / "promises.md"))]
    assert any(words in sentence for sentence in promised), f"{where} quotes «{words}», docs/promises.md does not"


@pytest.mark.parametrize("row", list(table_rows(read(DOCS / "promises.md"))), ids=lambda row: row[0][:60])
def test_every_promise_names_its_rule_and_its_test(row: list[str]) -> None:
    sentence, rule, tests = row
    assert QUOTED.fullmatch(sentence)
    assert resolve(rule.strip("`")) is not None
    assert in_code(tests)
    for test in in_code(tests):
        file, _, name = test.partition("::")
        assert (ROOT / file).is_file(), f"there is no {file}"
        assert not name or re.search(rf"^(?:async )?def {re.escape(name)}\(", read(ROOT / file), re.MULTILINE), test


def test_every_promise_beside_the_page_names_rules_and_tests_that_exist() -> None:
    listed = section(DOCS / "promises.md", "What we promise otherwise")
    tests = {name for name in in_code(listed) if name.startswith("tests/")}
    assert not [name for name in tests if not (ROOT / name).is_file()]
    rules = [name for name in in_code(listed) if re.fullmatch(r"[a-z]+\.[a-z_.]+", name)]
    assert all(resolve(rule) is not None for rule in rules)


def test_every_promise_of_security_names_its_tests() -> None:
    rows = list(table_rows(read(ROOT / "SECURITY.md")))
    assert rows
    for promise, tests in rows:
        assert promise
        assert in_code(tests), promise
        for test in in_code(tests):
            assert (ROOT / test).is_file(), f"there is no {test}"


def test_every_decision_is_in_the_index() -> None:
    pages = {path.name[:4]: path for path in sorted(DECISIONS.glob("[0-9]*.md"))}
    index = section(DECISIONS / "README.md", "Decisions").partition("\n## ")[0]
    rows = {row[0].lstrip("[")[:4]: row for row in table_rows(index)}
    assert list(rows) == [f"{number:04}" for number in range(1, len(rows) + 1)]
    assert pages.keys() <= rows.keys()
    for number, (link, title) in rows.items():
        if number in pages:
            assert link == f"[{number}]({pages[number].name})"
            assert read(pages[number]).startswith(f"# {number}. {title}\n")
        else:
            assert title.startswith("Merged into [")
            assert (DECISIONS / LINK.findall(title)[0]).is_file()


@each(sorted(DECISIONS.glob("[0-9]*.md")))
def test_every_decision_gives_context_decision_cost_and_alternatives(document: Path) -> None:
    assert tuple(HEADING.findall(read(document))[1:]) == PARTS_OF_A_DECISION
    assert section(document, "Decision").strip().startswith("> ")
    assert all(section(document, part).strip() for part in PARTS_OF_A_DECISION)


def test_every_answer_of_ours_is_covered_by_a_decision() -> None:
    ours = {name for name, text in docstrings(OURS) if OURS.search(text)}
    rows = list(table_rows(section(DECISIONS / "README.md", "Where an answer is ours")))
    assert {in_code(row[0])[0] for row in rows} == ours


# The house


def test_the_import_table_is_the_one_in_the_test() -> None:
    documented: dict[str, set[str]] = {}
    for folders, allowed in table_rows(section(DOCS / "house-style.md", "4. Who may import whom")):
        may = set(in_code(allowed)) | (DOMAIN if allowed.startswith("the domain") else set())
        for folder in in_code(folders):
            documented.setdefault(folder, set()).update(may)
    assert documented == {folder: set(allowed) for folder, allowed in MAY_IMPORT.items() if allowed}


def test_every_section_named_by_a_house_rule_exists() -> None:
    named = set(re.findall(r"§([0-9]+)", read(ROOT / "tests" / "test_house.py")))
    assert named <= {heading.partition(".")[0] for heading in HEADING.findall(read(DOCS / "house-style.md"))}


def test_the_tree_names_every_folder() -> None:
    folders = {path.parent.relative_to(SOURCE).parts[0] for path in SOURCE.glob("*/__init__.py")}
    tree = section(DOCS / "architecture.md", "The tree")
    assert folders <= set(re.findall(r"── (\w+)/", tree))


# All documents


def anchors(document: Path) -> set[str]:
    words = (re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in HEADING.findall(read(document)))
    return set(words)


@each(DOCUMENTS)
def test_its_links_have_targets(document: Path) -> None:
    for link in LINK.findall(FENCE.sub("", read(document))):
        if "://" in link:
            continue
        file, _, anchor = link.partition("#")
        target = (document.parent / file).resolve() if file else document
        assert target.is_relative_to(ROOT), link
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@cache
def python_files() -> frozenset[str]:
    """Return the paths of all Python files, each also without its first folders, as documents name them."""
    files = (path.relative_to(ROOT).parts for name in CODE for path in (ROOT / name).rglob("*.py"))
    return frozenset("/".join(parts[start:]) for parts in files for start in range(len(parts)))


@each(DOCUMENTS)
def test_it_names_only_modules_that_exist(document: Path) -> None:
    named = in_code(FENCE.sub("", read(document)))
    files = {name.partition("::")[0] for name in named if re.fullmatch(r"[\w./]+\.py(::\w+)?", name)}
    assert files <= python_files()
    folders = "|".join(sorted(MAY_IMPORT))
    rules = [name for name in named if re.fullmatch(rf"(?!.*\.(?:py|md|com|ru)$)(?:{folders})(?:\.\w+)+", name)]
    assert not [rule for rule in rules if not is_ours(rule)]


def is_ours(dotted: str) -> bool:
    """Return whether a dotted name is a folder, a module, or a name in one."""
    try:
        return SOURCE.joinpath(*dotted.split(".")).is_dir() or resolve(dotted) is not None
    except AttributeError:
        return False


@each([*DOCUMENTS, *GUIDES])
def test_it_stands_alone(document: Path) -> None:
    assert not ELSEWHERE.findall(read(document))
    assert not QUESTION_NUMBER.findall(read(document))


@each([ROOT / "README.md", ROOT / "README.ru.md"])
def test_the_readme_links_to_every_document(document: Path) -> None:
    linked = {(ROOT / link).resolve() for link in LINK.findall(read(document)) if "://" not in link and "#" not in link}
    assert {*DOCS.glob("*.md"), DECISIONS / "README.md", ROOT / "CHANGELOG.md"} <= linked


def test_the_changelog_has_this_version() -> None:
    assert f"\n## {dealtrace.__version__}\n" in read(ROOT / "CHANGELOG.md")


@pytest.mark.parametrize("names", [("README.md", "README.ru.md"), ("docs/production.md", "docs/production.ru.md")])
def test_both_languages_show_the_same_commands_and_answers(names: tuple[str, str]) -> None:
    english, russian = (FENCE.findall(read(ROOT / name)) for name in names)
    assert english
    assert english == russian


@each([DOCS / "production.md", DOCS / "production.ru.md"])
def test_an_administrator_can_run_the_commands_of_the_service_in_any_folder(document: Path) -> None:
    unit = dict(re.findall(r"^(\w+)=(.+)$", read(ROOT / "deploy" / "dealtrace.service"), re.MULTILINE))
    program = unit["ExecStart"].removesuffix(" serve")
    as_the_server = f"sudo -u {unit['User']} env -C {unit['WorkingDirectory']} {program} "
    lines = [line for kind, body in FENCE.findall(read(document)) if kind == "shell" for line in body.splitlines()]
    ours = [line for line in lines if program in line]
    assert [line for line in ours if not line.startswith(as_the_server)] == []
    assert {"site", "user", "restore", "backup", "db"} <= {line.removeprefix(as_the_server).split()[0] for line in ours}
    assert all(line.startswith("sudo") for line in lines)


@each([*DOCS.glob("*.ru.md"), ROOT / "README.ru.md"])
def test_russian_documents_call_a_site_by_one_word(document: Path) -> None:
    """The word that pages use; «личный кабинет» is that of Calltouch, and the cabinet has pages of its own."""
    named = re.findall(r"(?i)личн\w+\s+кабинет\w*(?! Calltouch)\b", read(document))
    assert named == []
    assert not re.search(r"(?i)(?:создайте|номер|токен)\s+кабинет", read(document))


@each(
    [
        DOCS / "api.md",
        *(SOURCE / name for name in ("api/routes.py", "calltouch/examples.py", "http/openapi/samples.py")),
    ]
)
def test_ids_in_examples_are_as_long_as_those_that_a_new_server_assigns(document: Path) -> None:
    shown = re.findall(r"\b10000[0-9]+", read(document).replace("_", ""))
    assert {len(number) for number in shown if len(number) > 9} == {len(f"{FIRST_ID_DEFAULT}")}


def test_files_that_documented_commands_write_are_ignored_by_git() -> None:
    ignored = [line.lstrip("/") for line in read(ROOT / ".gitignore").splitlines()]
    written = {"dealtrace.db-wal", "dealtrace.db.mirror", "calls.csv.refused.csv"}
    for document in DOCUMENTS:
        body = "\n".join(body for _, body in FENCE.findall(read(document)))
        written |= set(re.findall(r"(?<![\w./-])dealtrace (?:backup|export [a-z]+) ([\w.-]+)", body))
        written |= set(re.findall(r"sqlite:///([\w.-]+)", body))
    assert {"dealtrace.backup", "deals.xlsx", "again.db"} <= written
    assert [name for name in sorted(written) if not any(fnmatch(name, pattern) for pattern in ignored)] == []


def test_examples_that_register_other_deals_than_the_tour_take_other_numbers() -> None:
    """With the number of the tour, another deal would be refused."""
    numbers = set(re.findall(r"orderNumber=(\w+)", read(ROOT / "README.md")))
    assert numbers
    assert not numbers & set(re.findall(r'number="(\w+)"', read(DOCS / "client.md")))
    assert examples.REGISTER_WITH_DEAL.parameters["orderNumber"] not in numbers


# The tour


@pytest.fixture
def newcomers_server(tmp_path: Path) -> Iterator[ServerProcess]:
    """Start a server as `make run` does, on a new file."""
    process = ServerProcess(f"sqlite:///{tmp_path}/dealtrace.db", tmp_path)
    yield process
    process.close()


def test_the_tour_of_the_readme_works_as_printed(newcomers_server: ServerProcess) -> None:
    """Run the blocks marked `sh` in order, then the backup; a `json` or `text` block after one is its output."""
    if shutil.which("curl") is None:
        leave_out("curl", "curl")
    server = newcomers_server
    environment = {
        **server.environment,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "API": f"{server.url}/calls-service/RestAPI",
        "TOKEN": re.findall(r"shown only once: (\S+)", server.printed)[0],
    }
    answer = None
    for kind, body in FENCE.findall(read(ROOT / "README.md") + read(DOCS / "production.md")):
        if kind == "sh":
            run = subprocess.run(
                ["bash", "-euc", body], env=environment, cwd=server.folder, capture_output=True, text=True, check=False
            )
            assert run.returncode == 0, f"{body}\n{run.stdout}\n{run.stderr}"
            answer = run.stdout
        elif kind in ("json", "text") and answer is not None:
            assert plain(kind, answer) == plain(kind, body)
            answer = None


def test_the_first_request_of_the_tour_is_the_one_that_the_server_prints(newcomers_server: ServerProcess) -> None:
    token = re.findall(r"shown only once: (\S+)", newcomers_server.printed)[0]
    api = f"{newcomers_server.url}/calls-service/RestAPI"
    (printed,) = re.findall(r"^curl .*$", newcomers_server.printed, re.MULTILINE)
    for name in ("README.md", "README.ru.md"):
        first = next(body for _, body in FENCE.findall(read(ROOT / name)) if body.startswith("curl "))
        words = [word.replace("$API", api).replace("$TOKEN", token) for word in shlex.split(first.replace("\\\n", " "))]
        assert shlex.split(printed) == words


def plain(kind: str, text: str) -> Any:
    """Replace what differs from run to run: our ids and the days of a change."""
    same = re.sub(r"\b100000[0-9]{5}\b", "10000000000", text)
    return _steady(json.loads(same)) if kind == "json" else same.strip()


def _steady(value: Any) -> Any:
    if isinstance(value, list):
        return [_steady(item) for item in value]
    if isinstance(value, dict):
        passing = ("updatedDate", "offered")
        return {key: bool(item) if key in passing else _steady(item) for key, item in value.items()}
    return value
