"""Plain values are read as Typer reads them, and all others by Typer."""

from collections.abc import Iterator
from contextlib import suppress
from enum import Enum
from typing import Any

from typer import BadParameter
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from dealtrace.cli.commands import COMMANDS, load_command

VALUES = (
    "", " ", "0", "1", "7", " 7 ", "+7", "-1", "007", "1_0", "1.0", "٣", "9" * 19, "9" * 5000, "word", "Слово", "\x1b",
    "2026-05-04", "2026-05-04T10:00:00", "true", "all", "week", "csv", "xlsx",
)  # fmt: skip


def parameters(command: TyperCommand | TyperGroup, path: str) -> Iterator[tuple[str, TyperArgument | TyperOption]]:
    for parameter in command.params:
        if isinstance(parameter, TyperArgument | TyperOption):
            yield f"{path} {parameter.name}", parameter
    for name, part in command.commands.items() if isinstance(command, TyperGroup) else ():
        assert isinstance(part, TyperCommand | TyperGroup)
        yield from parameters(part, f"{path} {name}")


def test_every_parameter_of_every_command_reads_a_value_as_typer_does() -> None:
    compared = 0
    for name in COMMANDS:
        for path, parameter in parameters(load_command(name), name):
            plain = parameter._runtime_param
            parameter._runtime_param = None
            typers = parameter.get_runtime_param()
            many = parameter.multiple or parameter.nargs == -1
            for text in (None, parameter.default, *VALUES):
                value = (text, "x") if many and isinstance(text, str) else text
                if isinstance(value, Enum | str | int | tuple | list | None):
                    compared += 1
                    assert outcome(plain, value, parameter) == outcome(typers, value, parameter), (path, value)
    assert compared > 1000


def outcome(reader: Any, value: object, parameter: TyperArgument | TyperOption) -> object:
    read: object = "nothing"
    with suppress(BadParameter):
        read = reader.coerce(value, param=parameter, ctx=None)
        return (type(read), read)
    return read
