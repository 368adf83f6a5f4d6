"""Read plain values of parameters without Pydantic, which Typer uses to read each value.

Ours: importing it and building an adapter a parameter takes 0.05 s of CPU, a fifth of what a command may take. What is
not plainly right is still read by Typer, which also words every refusal.
"""

from enum import Enum
from typing import Protocol

from typer import Context
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption
from typer.models import ParameterInfo

_DIGITS_MAX = 18


class _Values(Protocol):
    multiple: bool
    nargs: int


def read_plainly(command: TyperCommand | TyperGroup) -> None:
    """Let the parameters of a command, or of a group and all its commands, read plain values by themselves."""
    for parameter in command.get_params(Context(command)):  # with `--help`
        if isinstance(parameter, TyperArgument | TyperOption):
            parameter._runtime_param = _PlainValues(parameter)  # type: ignore[assignment] # noqa: SLF001 - no other way
    for part in command.commands.values() if isinstance(command, TyperGroup) else ():
        assert isinstance(part, TyperCommand | TyperGroup)
        read_plainly(part)


class _NotPlain(Exception):  # noqa: N818 - it names what the value is
    """Typer has to read the value."""


class _PlainValues:
    """Reads the values of a parameter; stands where Typer keeps what it makes of Pydantic."""

    def __init__(self, parameter: TyperArgument | TyperOption) -> None:
        self._parameter = parameter

    def coerce(self, value: object, param: _Values, ctx: object) -> object:
        """Return the value of a parameter, which Typer reads and refuses if it is not plain."""
        is_list = param.multiple or param.nargs == -1
        if value is None:
            return () if is_list else None
        described = self._parameter.type_descriptor
        annotation, info = described.annotation, described.parameter_info
        try:
            if is_list:
                return _plain_list(value, annotation, info)
            return _plain(value, annotation, info)
        except (_NotPlain, ValueError):
            self._parameter._runtime_param = None  # noqa: SLF001 - Typer makes its own reader anew
            return self._parameter.get_runtime_param().coerce(value, param=param, ctx=ctx)  # type: ignore[arg-type]


def _plain(value: object, annotation: object, info: ParameterInfo) -> object:
    if info.parser is not None and isinstance(value, str):
        return info.parser(value)
    if info.parser is not None:
        raise _NotPlain
    if annotation is str and isinstance(value, str):
        return value
    if annotation is int and not info.clamp:
        return _plain_number(value, least=info.min, most=info.max)
    if isinstance(annotation, type) and issubclass(annotation, Enum) and isinstance(value, annotation):
        return value
    raise _NotPlain


def _plain_list(value: object, annotation: object, info: ParameterInfo) -> list[str]:
    if annotation != list[str] or info.parser is not None:
        raise _NotPlain
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
        raise _NotPlain
    return list(value)


def _plain_number(value: object, *, least: float | None, most: float | None) -> int:
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= _DIGITS_MAX:
        value = int(value)
    if type(value) is not int or (least is not None and value < least) or (most is not None and value > most):
        raise _NotPlain
    return value
