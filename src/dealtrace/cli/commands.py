"""The `dealtrace` program and the list of its commands.

Only the module of the command that is run is imported. Since modules import everything at the top, commands of one
group that need different parts of the program are in different modules.
"""

import gc
import sys
from collections.abc import Callable, Mapping
from functools import wraps
from importlib import import_module
from typing import Annotated, Any, ParamSpec, TypeVar

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption
from typer.exceptions import TyperException
from typer.main import get_command

from dealtrace import __version__
from dealtrace.cli.output import (
    OutputFailed,
    cleaned,
    end_stopped,
    end_without_output,
    error_console,
    prepare_streams,
    write_line,
)
from dealtrace.record import record


@record
class ListedCommand:
    """A command or group of commands: the module and attribute that define it, and its line in `--help`."""

    module: str
    attribute: str
    help: str


@record
class ListedGroup:
    """A group of commands in several modules: the module and function of each by name, and its line in `--help`."""

    commands: Mapping[str, tuple[str, str]]
    help: str


COMMANDS: dict[str, ListedCommand | ListedGroup] = {
    "serve": ListedCommand("serve", "serve", "Run the server until Ctrl-C or SIGTERM."),
    "site": ListedGroup(
        {
            "create": ("sites.create", "create"),
            "set": ("sites.change", "change"),
            "list": ("sites.show", "show_sites"),
            "show": ("sites.show", "show_site"),
        },
        "Create, change, show and list sites.",
    ),
    "token": ListedCommand("tokens", "token_commands", "Issue, list and revoke API tokens."),
    "user": ListedGroup(
        {
            "create": ("users.manage", "create"),
            "invite": ("users.manage", "invite"),
            "list": ("users.show", "show_users"),
            "password": ("users.manage", "change_password"),
            "delete": ("users.manage", "delete"),
            "reset-code": ("users.manage", "reset_code"),
        },
        "Create, invite, list and delete users of the cabinet.",
    ),
    "field": ListedCommand("fields", "field_commands", "Add, list and remove custom fields."),
    "status": ListedCommand("reports.statuses", "status_commands", "Set and list which statuses mean won or lost."),
    "rate": ListedCommand(
        "reports.currency_rates", "rate_commands", "Set, list and remove the rates that convert currencies."
    ),
    "column": ListedCommand("reports.columns", "column_commands", "Add, list and remove columns of reports."),
    "source": ListedCommand(
        "sources", "source_commands", "Classify hosts as own, payment, search and so on, and reclassify past visits."
    ),
    "deal": ListedGroup(
        {
            "list": ("deals.show", "show_deals"),
            "show": ("deals.show", "show_deal"),
            "history": ("deals.history", "history"),
            "restore": ("deals.change", "restore"),
            "pin": ("deals.change", "pin"),
            "unpin": ("deals.change", "unpin"),
        },
        "List, show and restore deals, show their history and choose their leads.",
    ),
    "lead": ListedCommand("leads", "lead_commands", "Show, delete or restore a call or lead request."),
    "explain": ListedCommand("deals.explain", "explain", "Explain why a deal has its lead, or has none."),
    "match": ListedCommand("match", "match", "Rematch all deals of a site while the server runs."),
    "import": ListedGroup(
        {
            "calls": ("import_files", "calls"),
            "requests": ("import_files", "requests"),
            "deals": ("import_files", "deals"),
            "visits": ("import_files", "visits"),
            "costs": ("import_costs", "take_costs"),
            "list": ("import_undo", "show_imports"),
            "undo": ("import_undo", "undo"),
        },
        "Import calls, lead requests, deals, visits and costs, and take imports back.",
    ),
    "try": ListedCommand(
        "deals.what_if",
        "try_rules",
        "Show what would change at a site with other rules and settings.",
    ),
    "agree": ListedCommand("deals.agree", "agree", "Compare a CRM's list of deals with the deals of a site."),
    "export": ListedCommand("export", "export_commands", "Export deals, calls and lead requests to a file."),
    "report": ListedCommand("reports.report", "report", "Show the results of advertising, grouped by any dimensions."),
    "segment": ListedCommand(
        "reports.segments", "segment_commands", "Save, list, rename and remove segments: filters of reports."
    ),
    "alert": ListedCommand("reports.alerts", "alert_commands", "Watch metrics, and notify when a value is unusual."),
    "demo": ListedCommand("sites.demo", "demo", "Fill a site with a year of made-up data up to today."),
    "webhook": ListedCommand("webhooks", "webhook_commands", "Notify other programs of events."),
    "person": ListedCommand("personal_data", "person_commands", "Export or erase the data of a person."),
    "requests": ListedCommand("requests", "request_commands", "Show the journal of requests to the API."),
    "doctor": ListedCommand("doctor.command", "doctor", "Check the installation."),
    "config": ListedCommand("settings_in_force", "config", "Show the settings in force."),
    "db": ListedGroup(
        {
            "upgrade": ("database.upgrade", "upgrade"),
            "check": ("database.check", "check"),
            "recount": ("database.recount", "recount"),
            "renormalise": ("database.renormalise", "renormalise"),
            "mirror": ("database.mirror", "mirror"),
            "distribute": ("database.distribute", "distribute"),
        },
        "Upgrade and check the database, or distribute it over a Citus cluster.",
    ),
    "backup": ListedCommand("backup", "backup", "Back up the whole database to one file."),
    "restore": ListedCommand("backup", "restore", "Restore a backup into an empty database."),
}
"""All commands by name. Their help lines are here, since importing all commands takes a second of CPU time."""


def load_command(name: str, only: str = "") -> TyperCommand | TyperGroup:
    """Import and return the command or group of commands that `COMMANDS` lists under `name`.

    If the group is spread over several modules, only its command `only` is imported; all are imported if there is no
    such command.
    """
    listed = COMMANDS[name]
    parent = typer.Typer(add_completion=False)
    parent.callback()(lambda: None)
    defined = (
        _load_group(listed, only)
        if isinstance(listed, ListedGroup)
        else _import_command(listed.module, listed.attribute)
    )
    if isinstance(defined, typer.Typer):
        parent.add_typer(defined, name=name)
    else:
        assert callable(defined)
        parent.command(name)(defined)
    group = get_command(parent)
    assert isinstance(group, TyperGroup)
    loaded = group.commands[name]
    assert isinstance(loaded, TyperCommand | TyperGroup)
    return loaded


def _load_group(listed: ListedGroup, only: str) -> typer.Typer:
    """Import a group of commands: only the command `only` or, if there is no such command, all commands."""
    group = typer.Typer(help=listed.help, no_args_is_help=True)
    for name, (module, attribute) in listed.commands.items():
        if name == only or only not in listed.commands:
            defined = _import_command(module, attribute)
            assert callable(defined)
            group.command(name)(defined)
    return group


def _import_command(module: str, attribute: str) -> object:
    """Import a command without garbage collection, and exempt everything imported from later collections."""
    gc.disable()
    try:
        return getattr(import_module(f"dealtrace.cli.{module}"), attribute)
    finally:
        gc.freeze()
        gc.enable()


P = ParamSpec("P")
R = TypeVar("R")


def _with_cleaned_messages(function: Callable[P, R]) -> Callable[P, R]:
    """Wrap a function so that Typer's errors have plain messages in which control characters are escaped.

    Messages quote arguments, which may have control characters. Pydantic's messages about values are replaced.
    """

    @wraps(function)
    def clean(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except TyperException as fault:
            if isinstance(fault.__cause__, ValueError):
                fault.message = _explain_value(fault.__cause__) or fault.message
            for name, value in vars(fault).items():
                if isinstance(value, str):
                    setattr(fault, name, cleaned(value))
            raise

    return clean


def _explain_value(fault: ValueError) -> str | None:
    """Return what is wrong with the value of an argument, or `None` if Pydantic did not report it."""
    list_errors = getattr(fault, "errors", None)
    if list_errors is None:
        return None
    error = list_errors()[0]
    kind, facts = error["type"], error.get("ctx", {})
    if kind.startswith("int_"):
        return "must be a whole number"
    if kind == "greater_than_equal":
        return f"must be at least {facts['ge']}"
    if kind == "less_than_equal":
        return f"must be at most {facts['le']}"
    return str(facts["error"]) if kind == "value_error" else None


_display_type = TyperOption.display_type_rich


def _value_type(option: TyperOption, ctx: object) -> str | None:
    """Return the type of an option's value as the help shows it, or `None` for a flag, which takes no value."""
    return None if option.is_flag else _display_type(option, ctx)  # type: ignore[arg-type]  # Typer hides the type


TyperOption.display_type_rich = _value_type  # type: ignore[assignment, method-assign]  # Typer shows `<bool>` for flags


TYPES_OF_WORDS = frozenset({"str", "Path", "list[str]"})
"""The types of arguments that may be blank; numbers and choices have messages of their own."""
GIVEN = "COMMANDLINE"
"""How Typer names the source of a value that is no default."""
_process_argument = TyperArgument.process_value


def _value_of_argument(argument: TyperArgument, ctx: object, value: object) -> object:
    """Return the value of an argument as a command gets it.

    Raises:
        BadParameter: a name or a path is empty or blank, as a script passes it whose variable is not set.
    """
    values = value if isinstance(value, list | tuple) else (value,)
    is_given = ctx.get_parameter_source(argument.name).name == GIVEN  # type: ignore[attr-defined]  # Typer hides it
    if is_given and argument.bare_type() in TYPES_OF_WORDS and any(str(word).strip() == "" for word in values):
        raise typer.BadParameter("cannot be empty", param=argument)
    return _process_argument(argument, ctx, value)  # type: ignore[arg-type]  # Typer hides the type


TyperArgument.process_value = _value_of_argument  # type: ignore[assignment, method-assign]  # for all commands


class CommandGroup(TyperGroup):
    """The root group, which lists `COMMANDS` and imports only the command that is run.

    Arguments and contexts are typed Any: Click declares no types for attributes and options, and Typer hides the types
    of its contexts.
    """

    def __init__(self, **attributes: Any) -> None:
        listed: dict[str, object] = {name: TyperCommand(name, help=listed.help) for name, listed in COMMANDS.items()}
        super().__init__(**{**attributes, "commands": listed})

    @_with_cleaned_messages
    def make_context(self, *args: Any, **options: Any) -> Any:
        """Parse the arguments before the name of the command; error messages have no control characters."""
        return super().make_context(*args, **options)

    @_with_cleaned_messages
    def invoke(self, ctx: Any) -> Any:
        """Run the command; error messages about its arguments have no control characters.

        If a command is stopped and prints no message of its own, a single word says that it was stopped.
        """
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as stop:
            end_stopped(stop)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Import the command that the arguments name; return its name, the command itself, and the other arguments."""
        name, listed, rest = super().resolve_command(ctx, args)
        if listed is None or name is None:
            return name, None, rest
        return name, load_command(name, only=rest[0] if rest else ""), rest

    def main(self, *args: Any, **options: Any) -> Any:
        """Run a command; if output cannot be written, end with one line on standard error and exit status 1.

        An argument that is not valid UTF-8 is accepted only as the path of a file; elsewhere, exit with status 2.
        """
        prepare_streams()
        try:
            try:
                return super().main(*args, **options)
            finally:
                sys.stdout.flush()
        except UnicodeEncodeError:
            broken = next((argument for argument in sys.argv if not _is_unicode(argument)), None)
            if broken is None:
                raise
            error_console.print(f"Not valid UTF-8: {broken}", style="bold red")
            sys.exit(2)
        except OutputFailed as failure:
            end_without_output(failure)
        except OSError as error:
            end_without_output(OutputFailed(error.strerror))


def _is_unicode(argument: str) -> bool:
    """Return whether a command-line argument was valid UTF-8; Python decodes invalid bytes to surrogates."""
    return not any("\ud800" <= sign <= "\udfff" for sign in argument)


main = typer.Typer(
    name="dealtrace",
    cls=CommandGroup,
    help="Register the deals of a CRM and find the advertising source of each deal.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)


def _print_version(is_asked: bool) -> None:  # noqa: FBT001 - typer calls it
    if is_asked:
        write_line(f"dealtrace {__version__}")
        raise typer.Exit


@main.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Register the deals of a CRM and find the advertising source of each deal."""
    del version
