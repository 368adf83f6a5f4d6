"""Read the settings from the environment, from `.env` and from `dealtrace.toml`, without checking their values.

pydantic-settings could do the same, but it takes 25 ms of CPU time, and every command reads the settings.
"""

import logging
import os
import re
import tomllib
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

from dealtrace.record import record

ENVIRONMENT_PREFIX = "DEALTRACE_"
TOML_FILE = Path("dealtrace.toml")
ENV_FILE = Path(".env")
_ENCODING = "utf-8-sig"
_OUR_NAME = re.compile(rf"\s*(?:export\s+)?['\"]?({ENVIRONMENT_PREFIX}\w+)", re.IGNORECASE)

os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
"""To look for plugins, Pydantic would read a file of every installed package before it builds the settings."""


logging.getLogger("dotenv").setLevel(logging.ERROR)
"""The library warns of lines that it cannot read, without the name of the file; `list_unread_lines` lists ours."""


@record
class UnreadLine:
    """A line of `.env` that names a setting but gives it no value."""

    number: int
    name: str

    def __str__(self) -> str:
        """Return the message; it does not repeat the line, which may contain a secret."""
        return f"Line {self.number} of {ENV_FILE} ({self.name}) cannot be read: it has no effect. Write NAME=value."


def read_environment() -> dict[str, str]:
    """Return the environment variables that have our prefix, by lower-case name without the prefix."""
    return _with_prefix(os.environ)


def read_env_file() -> dict[str, str]:
    """Return the variables in `.env` that have our prefix, by lower-case name without the prefix."""
    if not ENV_FILE.is_file():
        return {}
    return _with_prefix(import_module("dotenv").dotenv_values(ENV_FILE, encoding=_ENCODING))


def list_unread_lines() -> list[UnreadLine]:
    """List the lines of `.env` that begin with our prefix, but do not have the form `NAME=value`."""
    if not ENV_FILE.is_file():
        return []
    with ENV_FILE.open(encoding=_ENCODING) as stream:
        lines = [line for line in import_module("dotenv.parser").parse_stream(stream) if line.value is None]
    named = [(line.original.line, _OUR_NAME.match(line.original.string)) for line in lines]
    return [UnreadLine(number, found[1]) for number, found in named if found is not None]


def read_toml_file() -> dict[str, object]:
    """Return the values of `dealtrace.toml` by key; a byte order mark at its beginning is ignored.

    Raises:
        TOMLDecodeError: the file is not TOML.
    """
    return tomllib.loads(TOML_FILE.read_text(encoding=_ENCODING)) if TOML_FILE.is_file() else {}


def read_stated() -> dict[str, object]:
    """Return the values of all settings that are set, by name.

    The environment takes precedence over `.env`, and `.env` over `dealtrace.toml`.

    Raises:
        TOMLDecodeError: `dealtrace.toml` is not TOML.
    """
    return {**read_toml_file(), **read_env_file(), **read_environment()}


def _with_prefix(variables: Mapping[str, str | None]) -> dict[str, str]:
    """Return the variables that have our prefix, by lower-case name without the prefix.

    The prefix may be in upper or lower case. Names without a value (a line of `.env` without `=`) are left out.
    """
    prefix = ENVIRONMENT_PREFIX.lower()
    lowered = {name.lower(): value for name, value in variables.items()}
    return {
        name.removeprefix(prefix): value
        for name, value in lowered.items()
        if name.startswith(prefix) and value is not None
    }
