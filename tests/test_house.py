"""The house rules of `docs/house-style.md` that a machine can hold; each failure says where and what would help."""

import ast
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

import dealtrace

SOURCE = Path(dealtrace.__file__).parent
PROJECT = Path(__file__).parents[1]
TESTS = (Path(__file__).parent, Path(__file__).parents[1] / "client" / "tests")
FUNCTION_LINES_MAX = 50
MODULE_LINES_MAX = 400
FORBIDDEN_MODULES = {"utils", "helpers", "common", "base", "manager"}

DOMAIN = frozenset(
    {"attribution", "accounts", "quota", "leads", "deals", "matching", "reports", "webhooks", "mails", "alerts"}
)
EDGES = frozenset({"calltouch", "counter", "api", "cabinet", "cli", "worker"})
AN_EDGE_MAY = DOMAIN | {"operations", "storage", "settings", "clock"}
A_WEB_EDGE_MAY = AN_EDGE_MAY | {"http", "runtime"}
OPEN_TO_ALL = frozenset(
    {"errors", "record", "nearest_name", "printable", "whole_number", "plain_text", "dates_and_times"}
)
MAY_IMPORT: dict[str, frozenset[str]] = {
    "attribution": frozenset(),
    "accounts": frozenset({"attribution"}),
    "quota": frozenset({"accounts"}),
    "leads": frozenset({"attribution"}),
    "deals": frozenset({"leads", "attribution"}),
    "matching": frozenset({"deals", "leads"}),
    "reports": frozenset({"accounts", "deals", "leads", "matching", "attribution"}),
    "webhooks": frozenset({"accounts", "deals", "leads"}),
    "mails": frozenset({"accounts", "attribution", "reports"}),
    "alerts": frozenset({"accounts", "deals", "mails", "reports"}),
    "demo": DOMAIN,
    "files": DOMAIN,
    "storage": DOMAIN,
    "runtime": DOMAIN | {"demo", "operations", "storage"},
    "operations": DOMAIN | {"storage", "demo"},
    "http": DOMAIN | {"operations", "runtime", "storage", "clock", "log", "metrics"},
    "answers": DOMAIN | {"operations"},
    "calltouch": A_WEB_EDGE_MAY | {"answers", "files"},
    "counter": A_WEB_EDGE_MAY,
    "api": A_WEB_EDGE_MAY | {"answers", "files"},
    "cabinet": A_WEB_EDGE_MAY | {"demo", "files"},
    "cli": AN_EDGE_MAY | {"answers", "demo", "files", "metrics", "open_files", "process_start", "stop_signals"},
    "worker": AN_EDGE_MAY | {"files", "runtime", "log", "metrics", "open_files"},
    "app": (EDGES - {"cli"})
    | {
        "http",
        "runtime",
        "storage",
        "leads",
        "settings",
        "clock",
        "log",
        "metrics",
        "open_files",
        "process_start",
        "stop_signals",
    },
    "errors": frozenset({"refusal"}),
    "refusal": frozenset(),
    "record": frozenset(),
    "nearest_name": frozenset(),
    "printable": frozenset(),
    "whole_number": frozenset(),
    "plain_text": frozenset(),
    "dates_and_times": frozenset(),
    "settings": frozenset({"mails", "quota", "stated_settings"}),
    "stated_settings": frozenset(),
    "clock": frozenset(),
    "log": frozenset({"metrics"}),
    "metrics": frozenset(),
    "open_files": frozenset(),
    "process_start": frozenset(),
    "stop_signals": frozenset(),
    "__main__": frozenset({"cli"}),
    "__init__": frozenset(),
}
"""§4: who may import whom; to add a cell, change `docs/house-style.md` too."""

_STORAGE_BASE = frozenset({"database", "schema"})
STORAGE_MAY_IMPORT: dict[str, frozenset[str]] = {
    "database": frozenset(),
    "schema": frozenset({"database"}),
    "id_blocks": _STORAGE_BASE,
    "visits": _STORAGE_BASE | {"id_blocks"},
    "leads": _STORAGE_BASE | {"id_blocks", "visits"},
    "deals": _STORAGE_BASE | {"id_blocks"},
    "webhooks": _STORAGE_BASE | {"id_blocks"},
    "accounts": _STORAGE_BASE | {"id_blocks", "webhooks"},
    "mails": _STORAGE_BASE,
    "alerts": _STORAGE_BASE | {"mails"},
    "personal_data": _STORAGE_BASE,
    "site_rows": _STORAGE_BASE,
    "journals": _STORAGE_BASE | {"visits", "leads", "deals", "accounts", "webhooks"},
    "reports": _STORAGE_BASE | {"visits", "leads", "deals", "accounts"},
}
"""Inside `storage` nouns do not know each other, but for leads (whose stories tell visits), sites (their webhooks)
and alerts (their recipients).

What joins several nouns is a read model: `journals` or `reports`.
"""
MODULES_IN_A_FOLDER_MAX = 24
STATEMENTS_OF_A_TWIN = 3
"""How many statements a function has at least, whose code must not stand in another place."""
ANY = re.compile(r"^(?!.*\bimport\b).*?\bAny\b(?!: )", re.MULTILINE)
"""A line that says `Any` and is neither an import nor a reason."""
ANY_MAX = 47
"""Lines with `Any` in all of the source; lower it when one goes."""

SHOWN_TO_PEOPLE = {
    "cli/webhooks.py": {"dealtrace.calltouch.webhooks.vocabulary", "dealtrace.worker.webhook_targets"},
    "cli/serve.py": {"dealtrace.counter.city"},
}
"""Names of the wire that a person chooses from, where nothing is sent, and a file that is checked before the start.

Edges know nothing else of each other.
"""

LIBRARIES: dict[str, frozenset[str]] = {
    "attribution": frozenset({"idna", "publicsuffixlist"}),
    "leads": frozenset({"phonenumbers"}),
    "storage": frozenset({"sqlalchemy", "alembic", "psycopg", "msgspec"}),
    "operations": frozenset({"sqlalchemy", "argon2", "idna", "pyotp"}),
    "runtime": frozenset({"sqlalchemy", "structlog"}),
    "http": frozenset({"sqlalchemy", "msgspec", "python_multipart", "redis", "starlette", "structlog"}),
    "calltouch": frozenset({"sqlalchemy", "msgspec"}),
    "api": frozenset({"sqlalchemy"}),
    "counter": frozenset({"msgspec", "ua_parser", "crawleruseragents", "maxminddb"}),
    "cabinet": frozenset(
        {"sqlalchemy", "starlette", "jinja2", "jinja2_fragments", "babel", "markdown_it", "markupsafe", "segno"}
    ),
    "files": frozenset({"python_calamine", "xlsxwriter", "msgspec"}),
    "worker": frozenset({"sqlalchemy", "httpcore", "httpx", "structlog"}),
    "cli": frozenset({"sqlalchemy", "typer", "rich", "granian", "msgspec"}),
    "app": frozenset({"starlette", "structlog"}),
    "log": frozenset({"structlog", "msgspec"}),
    "metrics": frozenset({"prometheus_client"}),
    "settings": frozenset({"pydantic", "pydantic_core", "sqlalchemy"}),
    "stated_settings": frozenset({"dotenv"}),
}
"""Which libraries a folder may use; a folder that is not here uses the standard library alone."""

SQLALCHEMY_NAMES: dict[str, frozenset[str]] = {
    "settings.py": frozenset({"make_url", "ArgumentError"}),
    "runtime/write_queue.py": frozenset({"Connection", "RootTransaction"}),
    "cli/backup.py": frozenset({"inspect"}),
    "cli/database/check.py": frozenset({"text", "DatabaseError"}),
    "cli/database/distribute.py": frozenset({"text"}),
}
"""Outside `storage` only the `Connection` type is known.

The write queue commits a transaction; the others look at a database from outside, as an operator does.
"""

STATEMENT_HOMES = frozenset({"cli/database/check.py", "cli/database/distribute.py", "cli/backup.py"})
"""Commands that speak to the engine itself (Citus, damage, a foreign file), never to our tables."""

APP_MAY_USE = frozenset({"database", "schema"})
"""The machinery of storage that `app` wires; the nouns are none of its business."""

SPEAK_JSON = frozenset({"cli", "api"})
"""Their JSON names deals as the wire does."""

OWN_TRANSACTIONS: dict[str, str] = {
    "runtime/write_queue.py": "it commits what requests change of deals, leads and visits",
    "runtime/account_changes.py": "sites, users and tokens are changed rarely, one change at a time",
    "operations/run_import.py": "a file is imported in chunks, each with its progress, by a command or a thread",
    "operations/take_back_import.py": "an import is taken back in steps, by a command or a thread",
    "operations/demo/fill.py": "a demo is filled in steps, each with its progress, by a command or a thread",
    "operations/matching/rematch.py": "past deals are matched in chunks, by a command or a thread",
    "operations/visits/reclassify.py": "past visits are classified in chunks, by a command or a thread",
    "operations/what_if/apply_to_past.py": "a run in the background reports its progress after each chunk",
    "operations/reports/import_costs.py": "a file of costs replaces those of its days in one transaction",
    "storage/reports/mirror/mirror.py": "whoever holds the lock of the mirror settles the marks that it has taken over",
    "storage/id_blocks.py": "ids are taken before the transaction that uses them",
    "storage/schema/upgrade.py": "the schema is changed before anything is served",
    "storage/database/engine.py": "it opens the transactions of all others, and gathers PostgreSQL's statistics",
    "storage/database/write_mode.py": "it finds out whether the database can be written, and writes nothing",
}
"""The modules that open a transaction on the writing connections, and why; commands, in `cli/`, may always."""

SHARED_THREADS: dict[str, str] = {
    "runtime/write_queue.py": "a stop waits for the end of the writing thread",
    "cabinet/clients/personal_data.py": "an erasure waits for the lock of the mirror",
    "cabinet/settings/imports.py": "uploads are kept, previewed and imported, one a person",
    "http/sent_file.py": "files are sent in pieces, each read from the disk",
    "worker/expired_forms_and_files.py": "old uploads are deleted once a minute",
    "worker/webhook_client.py": "certificates are read from the disk once, before the first webhook",
}
"""The modules that use the event loop's default executor, whose threads all of them share, and what for."""

MAY_SLEEP: dict[str, str] = {
    "tests/waiting.py": "it polls a condition for all tests",
    "tests/server.py": "it polls whether a server answers",
    "tests/postgresql.py": "it polls whether PostgreSQL answers",
    "tests/redis_server.py": "it polls whether Redis answers",
    "tests/processes.py": "it polls whether processes have ended",
    "tests/browser.py": "it polls a page",
    "tests/receiver.py": "it is a slow receiver, as a test asks it to be",
}
"""The modules of tests that may sleep, and why; drills in `tests/torture` may too."""

ENVIRONMENT_READERS = frozenset(
    {"stated_settings.py", "metrics.py", "process_start.py", "cli/serve.py", "cli/backup.py", "cli/output.py"}
)
NOT_FOR_THE_DOMAIN = frozenset(
    {
        "asyncio",
        "threading",
        "os",
        "time",
        "random",
        "secrets",
        "uuid",
        "socket",
        "sqlite3",
        "urllib.request",
        "urllib.error",
        "http",
        "logging",
    }
)
WRITING = re.compile(r"(insert|update|stamp|intern|count_unknown|raise|use|revoke|spend)_|intern_sources$")
SQL_TEXT = re.compile(
    r"\s*(SELECT\s|INSERT\s+INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s|PRAGMA\s|CREATE\s|ALTER\s|DROP\s|BEGIN\b|VACUUM\b)"
)
SHAPES = (
    "answers/",
    "calltouch/answers/",
    "api/",
    "counter/visit.py",
    "calltouch/error_body.py",
)
"""Where the shapes of the wire's JSON stand; their keys are the wire's."""
ORDER_WORD = re.compile(r"orders?$|order_(?!by$)|order[A-Z]")
CAMEL = re.compile(r"_*[a-z]+[a-z0-9]*[A-Z]")
STANDS_FOR_ANYTHING = re.compile(
    r"_?(one|(\w+_)?(un)?told|tell(_.*)?|wish(es)?|scribe|doors?|go_on|hot|stretch(es)?|pace|finders)", re.IGNORECASE
)
BARE_REQUEST = re.compile(r"requests?$|requests?_")
OTHER_PEOPLES_WORDS = re.compile(r"(session|customer|price|tenant|bind_to)(s|_\w+)?$")
HOLLOW_VERB = re.compile(r"_*(get|process|handle|do)_")
OF_A_LIBRARY = frozenset({"process_bind_param", "process_result_value", "get_key"})


@dataclass(frozen=True)
class Module:
    """A source file, or one of the tests and benchmarks, read once; its `name` is the path below `root`."""

    path: Path
    root: Path = SOURCE

    @property
    def name(self) -> str:
        return self.path.relative_to(self.root).as_posix()

    @property
    def folder(self) -> str:
        """The row of the import table it stands in."""
        return self.path.relative_to(SOURCE).parts[0].removesuffix(".py")

    @property
    def text(self) -> str:
        return _read(self.path)

    @property
    def tree(self) -> ast.Module:
        return _parse(self.path)

    @property
    def nodes(self) -> Sequence[ast.AST]:
        """All nodes of its tree, which many rules look through."""
        return _walk(self.path)

    def keys_of_shapes(self) -> set[str]:
        """Return the names that class bodies annotate: keys of typed dictionaries."""
        bodies = [part for node in self.nodes if isinstance(node, ast.ClassDef) for part in node.body]
        return {
            part.target.id for part in bodies if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name)
        }

    def complain(self, node: ast.AST | int, what: str, cure: str) -> str:
        line = node if isinstance(node, int) else getattr(node, "lineno", 1)
        return f"{self.path.relative_to(PROJECT)}:{line}: {what}. {cure}"

    def imports(self) -> Iterator[tuple[ast.stmt, str, str]]:
        """Yield each import with the module it names and the name it takes (empty for a whole module)."""
        for node in self.nodes:
            if isinstance(node, ast.Import):
                yield from ((node, alias.name, "") for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield from ((node, node.module or "", alias.name) for alias in node.names)

    def folders_imported(self) -> Iterator[tuple[ast.stmt, str]]:
        """Yield each import of ours with the folder it reaches into."""
        for node, source, name in self.imports():
            if source == "dealtrace":
                yield node, name
            elif source.startswith("dealtrace.") and source not in SHOWN_TO_PEOPLE.get(self.name, ()):
                yield node, source.split(".")[1]

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        yield from (node for node in self.nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))

    def identifiers(self) -> Iterator[tuple[ast.AST, str]]:
        """Yield every name the module defines or uses, except keywords of calls and keys of answers (TypedDicts)."""
        keys = {id(item.target) for item in self._typed_dict_items()}
        for node in self.nodes:
            if id(node) in keys:
                continue
            match node:
                case ast.Name(id=name) | ast.arg(arg=name) | ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                    yield node, name
                case ast.AsyncFunctionDef(name=name) | ast.MatchAs(name=str(name)):
                    yield node, name
                case _:
                    pass

    def _typed_dict_items(self) -> Iterator[ast.AnnAssign]:
        for node in self.nodes:
            if isinstance(node, ast.ClassDef) and any(ast.unparse(base) == "TypedDict" for base in node.bases):
                yield from (item for item in node.body if isinstance(item, ast.AnnAssign))

    def strings(self) -> Iterator[tuple[ast.Constant, str]]:
        """Yield string constants that are no docstrings."""
        documented = {id(node.value) for node in self.nodes if isinstance(node, ast.Expr)}
        for node in self.nodes:
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documented:
                yield node, node.value


@cache
def _read(path: Path) -> str:
    return path.read_text()


@cache
def _parse(path: Path) -> ast.Module:
    return ast.parse(_read(path))


@cache
def _walk(path: Path) -> Sequence[ast.AST]:
    return list(ast.walk(_parse(path)))


MODULES = [Module(path) for path in sorted(SOURCE.rglob("*.py"))]
CHECKS = [Module(path, PROJECT) for folder in (*TESTS, PROJECT / "benchmarks") for path in sorted(folder.rglob("*.py"))]
"""The tests, of the client too, and the benchmarks."""


def _dotted(module: Module) -> str:
    return ".".join(("dealtrace", *module.path.relative_to(SOURCE).with_suffix("").parts)).removesuffix(".__init__")


def _is_full(folder: Path, count: int) -> bool:
    return count > MODULES_IN_A_FOLDER_MAX and folder.name != "versions"  # a migration stays for good


def hold(rule: Callable[[Module], Iterator[str]], modules: list[Module] = MODULES) -> None:
    """Fail with every complaint at once."""
    complaints = [complaint for module in modules for complaint in rule(module)]
    assert not complaints, "\n" + "\n".join(complaints)


def hold_list(
    named: dict[str, str], modules: list[Module], find: Callable[[Module], Iterator[ast.AST]], what: str, cure: str
) -> None:
    """Fail if a module that is not named does what `find` finds, or if a named module does not."""
    doing = {module.name for module in modules if any(find(module))}
    assert named.keys() <= doing, f"Delete from the list: {', '.join(sorted(named.keys() - doing))}"

    def rule(module: Module) -> Iterator[str]:
        for node in find(module):
            yield module.complain(node, what, cure)

    hold(rule, [module for module in modules if module.name not in named])


def test_it_imports_inward_only() -> None:
    def rule(module: Module) -> Iterator[str]:
        allowed = MAY_IMPORT.get(module.folder)
        if allowed is None:
            yield module.complain(1, f"`{module.folder}` is not in the import table", "Give it a row here and in §4.")
            return
        for node, folder in module.folders_imported():
            if folder not in allowed | OPEN_TO_ALL | {module.folder, "__version__"}:
                cure = f"Allowed: {', '.join(sorted(allowed)) or 'nothing of ours'}; or move the line to its home (§5)."
                yield module.complain(node, f"`{module.folder}` imports `{folder}`", cure)

    hold(rule)


def test_it_keeps_the_nouns_of_storage_apart() -> None:
    def rule(module: Module) -> Iterator[str]:
        noun = module.path.relative_to(SOURCE / "storage").parts[0].removesuffix(".py")
        allowed = STORAGE_MAY_IMPORT.get(noun, frozenset())
        for node, source, name in module.imports():
            if source == "dealtrace.storage" or source.startswith("dealtrace.storage."):
                imported = name if source == "dealtrace.storage" else source.split(".")[2]
                if imported not in allowed | {noun}:
                    cure = "Join nouns in `journals/` or `reports/`, or change the table with a reason."
                    yield module.complain(node, f"`storage/{noun}` imports `storage/{imported}`", cure)

    hold(rule, [module for module in MODULES if module.folder == "storage" and module.name != "storage/__init__.py"])


def test_its_imports_form_no_circle() -> None:
    names = {_dotted(module): module for module in MODULES}
    imported = {
        name: {
            target
            for _, source, imported_name in module.imports()
            for target in (f"{source}.{imported_name}", source)
            if target in names and target != name
        }
        for name, module in names.items()
    }
    done: set[str] = set()

    def follow(name: str, way: tuple[str, ...]) -> None:
        circle = [*way[way.index(name) :], name] if name in way else []
        assert not circle, f"A circle of imports: {' → '.join(circle)}. Move what both need to a module below them."
        if name not in done:
            for target in sorted(imported[name]):
                follow(target, (*way, name))
            done.add(name)

    for name in names:
        follow(name, ())


ACYCLIC_PACKAGES = ("operations", "calltouch", "storage", "http", "api", "cabinet", "cli", "files", "worker", "reports")
"""The packages whose folders, and the modules beside these folders, import each other one way only."""


def _imports_between_folders(package: str) -> dict[str, dict[str, str]]:
    """Return what each folder of a package imports of the others, with an import of each as an example.

    A module that stands beside the folders counts as a folder of its own.
    """
    inside = f"dealtrace.{package}."
    names = {_dotted(module): module for module in MODULES if _dotted(module).startswith(inside)}
    imports: dict[str, dict[str, str]] = {}
    for name, module in names.items():
        folder = name.removeprefix(inside).split(".")[0]
        for _, source, imported_name in module.imports():
            target = f"{source}.{imported_name}" if f"{source}.{imported_name}" in names else source
            imported = target.removeprefix(inside).split(".")[0]
            if target.startswith(inside) and imported != folder:
                imports.setdefault(folder, {}).setdefault(imported, f"{name} imports {target}")
    return imports


@pytest.mark.parametrize("package", ACYCLIC_PACKAGES)
def test_no_circle_between_folders(package: str) -> None:
    imports = _imports_between_folders(package)
    done: set[str] = set()

    def follow(folder: str, way: tuple[str, ...]) -> None:
        circle = [*way[way.index(folder) :], folder] if folder in way else []
        examples = [imports[importing][imported] for importing, imported in pairwise(circle)]
        cure = "Move what both need to a folder below them, or what needs both to one above."
        assert not circle, f"Folders import each other: {' → '.join(circle)}. {'; '.join(examples)}. {cure}"
        if folder not in done:
            for imported in sorted(imports.get(folder, ())):
                follow(imported, (*way, folder))
            done.add(folder)

    for folder in imports:
        follow(folder, ())


def test_its_folders_hold_few_modules() -> None:
    of_folder = Counter(module.path.parent for module in MODULES if module.path.name != "__init__.py")
    full = {f"{folder.relative_to(SOURCE)}: {count}" for folder, count in of_folder.items() if _is_full(folder, count)}
    assert not full, f"More than {MODULES_IN_A_FOLDER_MAX} modules in a folder: {sorted(full)}. Give a noun its folder."


def test_it_names_reading_functions_after_what_they_return() -> None:
    def rule(module: Module) -> Iterator[str]:
        for function in module.functions():
            returned = ast.unparse(function.returns) if function.returns is not None else ""
            verb = function.name.lstrip("_").split("_")[0]
            if verb == "list" and not returned.startswith(("list[", "tuple[", "Sequence[")):
                cure = "`list_` returns a list; a mapping or a set of those that exist is `find_` (§7)."
                yield module.complain(function, f"`{function.name}` returns {returned}", cure)
            if verb == "find" and returned.startswith(("list[", "Sequence[")):
                yield module.complain(function, f"`{function.name}` returns {returned}", "A list is `list_` (§7).")

    hold(rule, [module for module in MODULES if module.folder in {"storage", "runtime", "operations"}])


def test_it_uses_each_library_where_it_belongs() -> None:
    def rule(module: Module) -> Iterator[str]:
        allowed = LIBRARIES.get(module.folder, frozenset())
        for node, source, _ in module.imports():
            library = source.split(".")[0]
            if library != "dealtrace" and library not in sys.stdlib_module_names and library not in allowed:
                cure = "Move the line to its home, or add the library here with a reason."
                yield module.complain(node, f"`{module.folder}` uses `{library}`", cure)

    hold(rule)


def test_it_keeps_the_domain_pure() -> None:
    def rule(module: Module) -> Iterator[str]:
        cure = "Rules are plain functions over plain data: hand the value in as an argument."
        forbidden = NOT_FOR_THE_DOMAIN - ({"random"} if module.folder == "demo" else set())
        for node, source, _ in module.imports():
            if forbidden & {source, source.split(".")[0]}:
                yield module.complain(node, f"the domain imports `{source}`", cure)
        for node in module.nodes:
            if isinstance(node, ast.AsyncFunctionDef | ast.Await):
                yield module.complain(node, "the domain is asynchronous", cure)

    hold(rule, [module for module in MODULES if module.folder in DOMAIN | {"demo"}])


def test_it_knows_sqlalchemy_in_storage_alone() -> None:
    def rule(module: Module) -> Iterator[str]:
        allowed = SQLALCHEMY_NAMES.get(module.name, frozenset({"Connection"}))
        for node, source, name in module.imports():
            if source.split(".")[0] == "sqlalchemy" and name not in allowed:
                yield module.complain(node, f"`{name or source}` of SQLAlchemy", "SQL belongs to `storage/`.")

    hold(rule, [module for module in MODULES if module.folder != "storage"])


def test_it_writes_sql_in_storage_alone() -> None:
    def rule(module: Module) -> Iterator[str]:
        for node, text in module.strings():
            if SQL_TEXT.match(text):
                yield module.complain(node, f"SQL text {text[:30]!r}", "Write it in `storage/`, as a Core statement.")
        for node in module.nodes:
            if isinstance(node, ast.Attribute) and node.attr == "exec_driver_sql":
                yield module.complain(node, "`exec_driver_sql`", "Write it in `storage/`, as a Core statement.")

    hold(rule, [module for module in MODULES if module.folder != "storage" and module.name not in STATEMENT_HOMES])


def test_it_writes_through_operations_only() -> None:
    def rule(module: Module) -> Iterator[str]:
        for node, source, name in module.imports():
            if source.startswith("dealtrace.storage") and WRITING.match(name):
                yield module.complain(node, f"an edge writes by `{name}`", "Write through `operations/` (§6).")

    hold(rule, [module for module in MODULES if module.folder in EDGES | {"app"}])


def test_it_wires_the_machinery_of_storage_in_app_and_none_of_its_nouns() -> None:
    def rule(module: Module) -> Iterator[str]:
        for node, source, _ in module.imports():
            if source.startswith("dealtrace.storage.") and source.split(".")[2] not in APP_MAY_USE:
                yield module.complain(node, f"`app` imports `{source}`", "Let the edge that needs it ask (§4).")

    hold(rule, [module for module in MODULES if module.folder == "app"])


def test_it_commits_in_the_write_queue_alone() -> None:
    def rule(module: Module) -> Iterator[str]:
        for node in module.nodes:
            if isinstance(node, ast.Attribute) and node.attr in ("commit", "rollback"):
                cure = "Nothing below the write queue commits (§6); a command uses `database.write()`."
                yield module.complain(node, f"`.{node.attr}` is called", cure)

    hold(rule, [module for module in MODULES if module.name != "runtime/write_queue.py"])


def test_only_named_modules_open_transactions_of_their_own() -> None:
    def opens(module: Module) -> Iterator[ast.AST]:
        for node, source, name in module.imports():
            if (source, name) == ("dealtrace.storage.id_blocks", "transaction"):
                yield node
        for node in module.nodes:
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            is_write = node.func.attr == "write" and not node.args and not node.keywords
            is_connection = node.func.attr in ("begin", "connect") and ast.unparse(node.func.value).endswith("writer")
            if is_write or is_connection:
                yield node

    cure = "Hand a command to the write queue (§6), or name the module in `OWN_TRANSACTIONS` with the reason."
    servers = [module for module in MODULES if module.folder != "cli"]
    hold_list(OWN_TRANSACTIONS, servers, opens, "a transaction is opened", cure)


def test_what_takes_ids_for_a_change_declares_how_many() -> None:
    """A change that takes ids, or calls one that does, has `@takes_ids`; the ids of a `Work` may be an operation's."""
    declared = {
        (module if function.name.startswith("_") else None, function.name)
        for module in MODULES
        for function in module.functions()
        if _is_declared(function, "takes_ids")
    }

    def takes_ids(module: Module, function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
        for call in ast.walk(function):
            if isinstance(call, ast.Call) and not (
                isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Constant)
            ):
                named, first = ast.unparse(call.func), ast.unparse(call.args[0]) if call.args else ""
                if named.startswith("work.ids.take") and _context_of(function) == "AccountWork":
                    return True
                is_change = {(None, named.split(".")[-1]), (module, named)} & declared
                if is_change and first.startswith(("work", "replace(work")):
                    return True
        return False

    def rule(module: Module) -> Iterator[str]:
        for function in module.functions():
            is_declared = _is_declared(function, "takes_ids") or _is_declared(function, "operation")
            if _context_of(function) and not is_declared and takes_ids(module, function):
                yield module.complain(function, f"`{function.name}` takes ids", "Declare them by `@takes_ids`.")

    assert declared
    hold(rule, MODULES)


def _is_declared(function: ast.FunctionDef | ast.AsyncFunctionDef, decorator: str) -> bool:
    return any(ast.unparse(each).startswith(f"{decorator}(") for each in function.decorator_list)


def _context_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """Return the class of the context with which a change or an operation is called, or an empty string."""
    first = next((each for each in function.args.posonlyargs + function.args.args if each.arg != "self"), None)
    annotation = ast.unparse(first.annotation) if first is not None and first.annotation is not None else ""
    return annotation if annotation in ("AccountWork", "Work") else ""


def test_changes_get_their_context_as_a_record_and_no_page_only_passes_it_on() -> None:
    def rule(module: Module) -> Iterator[str]:
        for function in module.functions():
            arguments = function.args.posonlyargs + function.args.args + function.args.kwonlyargs
            if any(each.annotation is not None and ast.unparse(each.annotation) == "IdBlocks" for each in arguments):
                yield module.complain(function, f"`{function.name}` takes ids apart", "Hand it a `Work` (§6).")
            if _context_of(function) and _passes_on(function, [each.arg for each in arguments]):
                cure = "Hand the operation to `manage` itself (§6)."
                yield module.complain(function, f"`{function.name}` only passes a call on", cure)

    hold(rule, [module for module in MODULES if module.folder in {"operations", "cabinet", "cli", "worker", "app"}])


def _passes_on(function: ast.FunctionDef | ast.AsyncFunctionDef, arguments: list[str]) -> bool:
    """Return whether a function only calls another with its own arguments."""
    code = [part for part in function.body if not (isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant))]
    call = getattr(code[0], "value", None) if len(code) == 1 else None
    if not isinstance(call, ast.Call):
        return False
    return sorted(map(ast.unparse, [*call.args, *(each.value for each in call.keywords)])) == sorted(arguments)


def test_only_named_modules_use_the_threads_that_all_share() -> None:
    def uses(module: Module) -> Iterator[ast.AST]:
        for node in module.nodes:
            if isinstance(node, ast.Attribute | ast.Name):
                named = node.attr if isinstance(node, ast.Attribute) else node.id
                if named in ("to_thread", "run_in_threadpool"):
                    yield node
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                first = node.args[0] if node.args else None
                if node.func.attr == "run_in_executor" and isinstance(first, ast.Constant) and first.value is None:
                    yield node

    cure = "Give it a pool of its own in `runtime/`, or name the module in `SHARED_THREADS` with the reason."
    hold_list(SHARED_THREADS, MODULES, uses, "a thread of the default executor is used", cure)


def test_it_repeats_in_the_loops_of_the_worker_alone() -> None:
    def rule(module: Module) -> Iterator[str]:
        for node in module.nodes:
            if isinstance(node, ast.Attribute) and ast.unparse(node) == "asyncio.sleep":
                cure = "What repeats is a loop of `worker/repeating.py`, which outlives failures and logs them (§10)."
                yield module.complain(node, "`asyncio.sleep` is used", cure)

    hold(rule, [module for module in MODULES if module.name not in ("worker/repeating.py", "worker/connecting.py")])


def test_it_imports_at_the_top_of_a_file() -> None:
    def rule(module: Module) -> Iterator[str]:
        for function in module.functions():
            for node in ast.walk(function):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    yield module.complain(node, "an import inside a function", "Imports stand at the top (§4).")

    hold(rule)


def test_it_leaves_the_private_names_of_other_modules_alone() -> None:
    def rule(module: Module) -> Iterator[str]:
        for node, source, name in module.imports():
            if source.startswith("dealtrace") and name.startswith("_") and not name.startswith("__"):
                yield module.complain(node, f"`{name}` is private to `{source}`", "Drop the underscore, or move it.")

    hold(rule)


def test_it_reads_the_time_in_one_place() -> None:
    def rule(module: Module) -> Iterator[str]:
        for node in module.nodes:
            match node:
                case (
                    ast.Attribute(value=ast.Name(id="datetime"), attr="now" | "utcnow" | "today")
                    | ast.Attribute(value=ast.Name(id="date"), attr="today")
                    | ast.Attribute(value=ast.Name(id="time"), attr="time" | "time_ns")
                ):
                    yield module.complain(node, f"`{ast.unparse(node)}`", "Take `now` as an argument (`clock.now()`).")
                case _:
                    pass

    hold(rule, [module for module in MODULES if module.name != "clock.py"])


def test_it_reads_the_environment_in_settings() -> None:
    def rule(module: Module) -> Iterator[str]:
        for node in module.nodes:
            if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv", "putenv"):
                yield module.complain(node, f"`{ast.unparse(node)}`", "Make it a setting in `settings.py`.")

    hold(rule, [module for module in MODULES if module.name not in ENVIRONMENT_READERS])


def test_it_keeps_functions_short() -> None:
    def rule(module: Module) -> Iterator[str]:
        for function in module.functions():
            assert function.end_lineno is not None
            lines = function.end_lineno - function.lineno + 1
            if lines > FUNCTION_LINES_MAX and "migrations" not in module.name:
                cure = f"At most {FUNCTION_LINES_MAX}: find the second idea in it and name it."
                yield module.complain(function, f"`{function.name}` has {lines} lines", cure)

    hold(rule)


def test_it_keeps_modules_short() -> None:
    def rule(module: Module) -> Iterator[str]:
        lines = len(module.text.splitlines())
        if lines > MODULE_LINES_MAX:
            yield module.complain(1, f"{lines} lines", f"At most {MODULE_LINES_MAX}: it is two things, split it.")

    hold(rule)


def test_no_two_functions_do_the_same() -> None:
    """Their bodies differ in more than the names of arguments and variables; a migration keeps what it once did."""
    places: dict[str, list[str]] = {}
    for module in MODULES:
        for function in module.functions() if "migrations" not in module.name else ():
            body, count = _normal_body(function)
            if count >= STATEMENTS_OF_A_TWIN:
                places.setdefault(body, []).append(f"src/dealtrace/{module.name}:{function.lineno} {function.name}")
    twins = [each for each in places.values() if len(each) > 1]
    assert not twins, f"The same code in several places: {twins}. Give it one home that all may import (§4)."


def test_a_twin_is_seen_behind_other_names() -> None:
    def body(source: str) -> tuple[str, int]:
        (function,) = ast.parse(source).body
        assert isinstance(function, ast.FunctionDef)
        return _normal_body(function)

    first = body(
        "def sum_of(numbers):\n    total = 0\n    for number in numbers:\n        total += number\n    return total"
    )
    second = body(
        'def add(them):\n    "Add."\n    all_ = 0\n    for each in them:\n        all_ += each\n    return all_'
    )
    assert first == second
    assert first[1] == STATEMENTS_OF_A_TWIN + 1
    assert first != body("def add(them):\n    all_ = 0\n    for each in them:\n        all_ -= each\n    return all_")
    assert body("def a(b, c):\n    return b - c") != body("def a(b, c):\n    return c - b")


def _normal_body(function: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[str, int]:
    """Return a function's body without docstring and with numbered variables, and how many statements it has."""
    names = [node for node in ast.walk(function) if isinstance(node, ast.Name)]
    written = [node.id for node in names]
    places: dict[str, str] = {}
    for argument in ast.walk(function.args):
        if isinstance(argument, ast.arg):
            places.setdefault(argument.arg, f"argument {len(places)}")
    for node in names:
        if isinstance(node.ctx, ast.Store):
            places.setdefault(node.id, f"variable {len(places)}")
    body = function.body[1:] if ast.get_docstring(function) else function.body
    for node in names:
        node.id = places.get(node.id, node.id)
    normal = "\n".join(map(ast.dump, body))
    for node, name in zip(names, written, strict=True):
        node.id = name  # the tree is that of the other tests too
    return normal, sum(isinstance(node, ast.stmt) for part in body for node in ast.walk(part))


def test_it_opens_every_module_with_a_sentence() -> None:
    def rule(module: Module) -> Iterator[str]:
        words = ast.get_docstring(module.tree)
        if not words:
            yield module.complain(1, "no docstring", "Say in one sentence what belongs here (§9).")
        elif not words.splitlines()[0].endswith((".", "?", ":")):
            yield module.complain(1, "the docstring's first line is no sentence", "End it with a full stop.")

    hold(rule)


def test_it_describes_every_folder() -> None:
    folders = {path.parent for path in SOURCE.rglob("*.py")}
    missing = sorted(str(folder.relative_to(SOURCE)) for folder in folders if not (folder / "__init__.py").is_file())
    assert not missing, f"No `__init__.py` that says what belongs there: {missing}"


def test_it_exports_nothing_from_a_folder() -> None:
    def rule(module: Module) -> Iterator[str]:
        for node in module.tree.body[1:]:
            cure = "Import from the module itself; a folder's `__init__.py` is a docstring (§9)."
            yield module.complain(node, f"`{ast.unparse(node)[:40]}` in a folder's `__init__.py`", cure)

    # the version and the `dealtrace` program
    entrances = {"__init__.py", "cli/__init__.py"}
    hold(rule, [module for module in MODULES if module.path.name == "__init__.py" and module.name not in entrances])


def test_it_has_no_module_for_odds_and_ends() -> None:
    def rule(module: Module) -> Iterator[str]:
        if FORBIDDEN_MODULES & {part.removesuffix(".py") for part in Path(module.name).parts}:
            yield module.complain(1, "a name that says nothing", "A concept lacks a name: find the name first (§5).")

    hold(rule)


def test_it_leaves_nothing_to_be_fixed_later() -> None:
    def rule(module: Module) -> Iterator[str]:
        for number, line in enumerate(module.text.splitlines(), 1):
            if re.search(r"\b(FIXME|TODO|XXX)\b", line):
                yield module.complain(number, "a note to fix it later", "Fix it, or say why it is as it is.")

    hold(rule)


def test_it_says_any_only_where_something_foreign_is_handed_over() -> None:
    """What hands it over is said after `Any:` beside it: on its line, or by its function, its class or its alias."""
    places = [(module, line) for module in MODULES for line in _lines_with_any(module)]
    unexplained = [module.complain(line, "`Any` without a reason", "Write `Any: ` and why, or better its type.")
                   for module, line in places if line not in _lines_with_reasons(module)]  # fmt: skip
    assert not unexplained, "\n".join(unexplained)
    counts = Counter(module.name for module, _ in places)
    assert len(places) <= ANY_MAX, f"`Any` {len(places)} times: {counts}. Give it a type; `object` often does."


def _lines_with_any(module: Module) -> list[int]:
    return [number for number, line in enumerate(module.text.splitlines(), 1) if ANY.match(line)]


def _lines_with_reasons(module: Module) -> set[int]:
    """Return the lines that have a reason beside them."""
    explained = {number for number, line in enumerate(module.text.splitlines(), 1) if "# Any: " in line}
    for node in module.nodes:
        match node:
            case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef() if "Any: " in (
                ast.get_docstring(node) or ""
            ):
                explained |= {*range(node.lineno, (node.end_lineno or node.lineno) + 1)}
            case _:
                pass
        if isinstance(node, ast.Module | ast.ClassDef):
            for stated, said in pairwise(node.body):
                if isinstance(stated, ast.Assign | ast.AnnAssign) and "Any: " in _text_of(said):
                    explained |= {*range(stated.lineno, (stated.end_lineno or stated.lineno) + 1)}
    return explained


def _text_of(statement: ast.stmt) -> str:
    """Return the text of a statement that is nothing but a string, as those are that describe an alias."""
    is_text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return str(statement.value.value) if is_text else ""  # type: ignore[attr-defined]


def test_it_prints_nothing_by_itself() -> None:
    def rule(module: Module) -> Iterator[str]:
        for node in module.nodes:
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
                yield module.complain(node, "`print`", "Commands use `cli.terminal.console`, servers log events.")

    hold(rule)


def test_commands_ask_and_print_through_what_cleans_the_words_of_callers() -> None:
    raw = {f"{library}.{name}" for library in ("typer", "click") for name in ("confirm", "prompt", "echo", "secho")}

    def rule(module: Module) -> Iterator[str]:
        for node in module.nodes:
            if isinstance(node, ast.Call) and ast.unparse(node.func) in raw | {"input"}:
                yield module.complain(node, ast.unparse(node.func), "Use `confirm` or `console` of `cli.output`.")

    hold(rule, [module for module in MODULES if _dotted(module) != "dealtrace.cli.output"])


def test_it_says_order_in_the_words_of_the_wire_alone() -> None:
    def rule(module: Module) -> Iterator[str]:
        cure = "Say `deal` (§7); the wire's words live in `calltouch/`."
        keys = module.keys_of_shapes() if module.name.startswith(SHAPES) else set()
        for node, name in module.identifiers():
            if name not in keys and ORDER_WORD.match(name):
                yield module.complain(node, f"the name `{name}`", cure)
        for node in module.nodes:
            if isinstance(node, ast.Dict) and module.folder not in SPEAK_JSON:
                for key in node.keys:
                    if isinstance(key, ast.Constant) and isinstance(key.value, str) and ORDER_WORD.match(key.value):
                        yield module.complain(key, f"the key {key.value!r}", cure)

    hold(rule, [module for module in MODULES if module.folder != "calltouch"])


def test_it_writes_camel_case_on_the_wire_alone() -> None:
    def rule(module: Module) -> Iterator[str]:
        keys = module.keys_of_shapes() if module.name.startswith(SHAPES) else set()
        for node, name in module.identifiers():
            if CAMEL.match(name) and name not in keys:
                yield module.complain(node, f"the name `{name}`", "Names have underscores; the wire is `calltouch/`.")

    hold(rule)


def test_it_calls_a_lead_request_by_its_whole_name() -> None:
    def rule(module: Module) -> Iterator[str]:
        for node, name in module.identifiers():
            if BARE_REQUEST.match(name):
                yield module.complain(node, f"the name `{name}`", "A bare request is HTTP: say `lead_request` (§7).")

    of_http = (
        "accounts/api_request",
        "operations/requests.py",
        "storage/accounts/api_requests",
        "storage/accounts/encoded_requests",
    )
    hold(
        rule,
        [
            module
            for module in MODULES
            if module.folder in DOMAIN | {"storage", "operations"} and not module.name.startswith(of_http)
        ],
    )


def test_it_uses_the_words_of_the_house() -> None:
    def rule(module: Module) -> Iterator[str]:
        for node, name in module.identifiers():
            if OTHER_PEOPLES_WORDS.match(name):
                yield module.complain(node, f"the name `{name}`", "§7 has the word: visit, client, amount_rub, site.")

    hold(rule, [module for module in MODULES if module.folder in DOMAIN | {"operations"}])


def test_it_says_what_a_name_stands_for() -> None:
    def rule(module: Module) -> Iterator[str]:
        for node, name in module.identifiers():
            if STANDS_FOR_ANYTHING.fullmatch(name):
                yield module.complain(node, f"the name `{name}`", "Name the thing itself (§7).")

    def says_such_a_word(module: Module) -> bool:
        return any(map(STANDS_FOR_ANYTHING.fullmatch, set(re.findall(r"\w+", module.text))))

    hold(rule, [*filter(says_such_a_word, (*MODULES, *CHECKS))])  # parsing all tests takes seconds of CPU


def test_a_name_that_stands_for_anything_is_found_beside_other_names() -> None:
    found = {"one", "_one", "ONE", "Told", "is_told", "changes_told", "UNTOLD", "wishes", "Scribe", "door", "go_on"}
    assert {name for name in found if STANDS_FOR_ANYTHING.fullmatch(name)} == found
    assert not any(
        map(STANDS_FOR_ANYTHING.fullmatch, ("one_day", "of_one", "scalar_one", "telling", "hotel", "indoors"))
    )


def test_it_names_functions_after_what_they_do() -> None:
    def rule(module: Module) -> Iterator[str]:
        for function in module.functions():
            if HOLLOW_VERB.match(function.name) and function.name not in OF_A_LIBRARY:
                cure = "Fetch or compute? `find_`, `list_`, `read_`, or the field's own verb (§7)."
                yield module.complain(function, f"`{function.name}`", cure)

    hold(rule)


def test_it_takes_two_arguments_of_one_kind_by_name() -> None:
    def rule(module: Module) -> Iterator[str]:
        for function in module.functions():
            positional = [*function.args.posonlyargs, *function.args.args]
            for argument in positional:
                if argument.annotation is not None and ast.unparse(argument.annotation) == "bool":
                    yield module.complain(argument, f"`{argument.arg}: bool` by position", "Put it behind `*` (§8).")

    hold(rule, [module for module in MODULES if module.folder != "cli"])


def test_the_import_table_has_no_row_for_a_folder_that_may_not_be() -> None:
    rows = set(MAY_IMPORT)
    named = frozenset().union(*MAY_IMPORT.values())
    assert named <= rows, f"named but without a row: {sorted(named - rows)}"
    assert not any(row in MAY_IMPORT[row] for row in rows)
    for edge in EDGES:
        assert not MAY_IMPORT[edge] & EDGES, f"{edge} may import another edge"


def test_the_paths_that_its_rules_name_exist() -> None:
    tree = ast.parse(Path(__file__).read_text(encoding="utf-8"))
    named = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    paths = {text for text in named if re.fullmatch(r"[a-z_]+(/[a-z_]+)*(\.py|/)", text)}
    assert paths
    assert not {path for path in paths if not any((folder / path).exists() for folder in (SOURCE, *SOURCE.parents[:2]))}


def test_no_test_sleeps_for_a_fixed_time() -> None:
    """Tests wait by `tests/waiting.py`; `asyncio.sleep(0)` only lets other tasks run."""
    project = Path(__file__).parents[1]
    paths = {path.relative_to(project).as_posix(): path for tests in TESTS for path in sorted(tests.rglob("*.py"))}
    sleeps = [
        f"{name}:{node.lineno}: `{ast.unparse(node)}`"
        for name, path in paths.items()
        if name not in MAY_SLEEP and not name.startswith("tests/torture/") and "sleep" in _read(path)
        for node in _walk(path)
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "sleep"
        if [ast.unparse(argument) for argument in node.args] != ["0"]
    ]
    assert not sleeps, f"Fixed sleeps: {sleeps}. Wait for a condition by `wait_until` or `until`."
    assert MAY_SLEEP.keys() <= paths.keys()


def test_no_two_modules_of_tests_have_the_same_name() -> None:
    """Pytest imports them by the names of their files, and collects only one of two with the same name."""
    named = Counter(path.name for tests in TESTS for path in tests.rglob("test_*.py"))
    assert not [name for name, times in named.items() if times > 1]
