"""`dealtrace config`: show the settings in force, with secrets masked."""

import re

from dealtrace.cli.options import JsonOption
from dealtrace.cli.output import console, error_console, print_json
from dealtrace.cli.terminal import explained
from dealtrace.settings import ENVIRONMENT_PREFIX, Settings, list_unknown_settings, read_settings

MASK = "***"
_PASSWORD_IN_URL = re.compile(r"(://[^:/?#]*:).*(?=@)", re.DOTALL)
_PASSWORD_IN_QUERY = re.compile(r"((?:password|secret|token|key)=)[^&#]*", re.IGNORECASE)
_SECRET_NAME = re.compile(r"password|secret|token|(?:^|_)key(?:$|_)")


def config(as_json: JsonOption = False) -> None:
    """Show the settings in force, from the environment, .env and dealtrace.toml; secrets are masked.

    The names of settings that do not exist are printed on standard error.
    """
    with explained():
        settings = read_settings()
    shown = {name: masked(name, getattr(settings, name)) for name in Settings.model_fields}
    for unknown in list_unknown_settings():
        error_console.print(f"Warning: {unknown}", markup=False)
    if as_json:
        print_json({ENVIRONMENT_PREFIX + name.upper(): value for name, value in shown.items()})
        return
    for name, value in shown.items():
        text = ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
        text = text.lower() if isinstance(value, bool) else text
        mark = "" if getattr(settings, name) == Settings.model_fields[name].default else "  (set)"
        console.print(f"{ENVIRONMENT_PREFIX}{name.upper()}={text}{mark}", soft_wrap=True)


def masked(name: str, value: object) -> object:
    """Return the value of a setting with secrets masked; in a URL, passwords and secret query parameters are masked."""
    if not isinstance(value, str) or not value:
        return value
    if _SECRET_NAME.search(name):
        return MASK
    return _PASSWORD_IN_QUERY.sub(rf"\g<1>{MASK}", _PASSWORD_IN_URL.sub(rf"\g<1>{MASK}", value))
