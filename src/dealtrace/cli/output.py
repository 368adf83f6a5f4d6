"""Print the output of commands: control characters are escaped, and failures to write become `OutputFailed`."""

import codecs
import errno
import io
import os
import re
import signal
import sys
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any, NoReturn

import msgspec
import typer
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

_FIGURES = msgspec.json.Encoder(decimal_format="number")
_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""The Unicode categories to escape: control and format characters, surrogates, and line and paragraph separators."""


_ESCAPES = "dealtrace.escapes"
"""The name of the codec error handler that escapes the characters that the encoding of a stream lacks."""

_BORDER = "│  "
"""The width that a table needs for each column in addition to its text."""
_SIZES = ("COLUMNS", "LINES")
"""The environment variables with the size of the terminal."""
_SIZE = re.compile(r"[1-9][0-9]{0,3}")
_COMMAND = r"(?:dealtrace|chmod|ulimit) (?:'[^']*'|(?!, |; | \().)+"
"""A command to copy; it ends with the line, or before a comma, semicolon or parenthesis outside quotation marks."""
_PIECE = re.compile(rf"\s*(?:{_COMMAND}|\S+)")
"""A word with the spaces before it; a command is one word, so that it can be copied whole."""


class OutputFailed(Exception):  # noqa: N818 - it names what happened
    """Standard output or standard error cannot be written to; the message is the reason that the system gives."""


class CleanConsole(Console):
    """A console that prints each string as one line, without control characters.

    Stored strings may come from strangers: an escape sequence could change what is already on the screen, and a
    newline could forge a line of output. On a terminal, a string that is too wide is wrapped between words. A table
    that is too wide becomes a block of lines per row, so that ids and names can be copied whole.
    """

    def __init__(self, *, stderr: bool = False) -> None:
        forget_unusable_sizes()
        super().__init__(stderr=stderr, highlight=False, soft_wrap=True, markup=False, emoji=False)

    def print(self, *objects: object, **options: Any) -> None:
        """Print strings and tables; `options` are typed Any: they are passed on to Rich, which types each of them.

        With `soft_wrap=True`, nothing is wrapped, so that a long line can be copied from the terminal.

        Raises:
            OutputFailed: the disk is full, or the program that reads the output has ended.
        """
        try:
            if any(isinstance(each, Table) for each in objects):
                objects, options = tuple(line for each in objects for line in _fitted(each, self.width)), {"sep": "\n"}
            is_wrapped = not options.get("soft_wrap") and self.file.isatty()
            shown = (_wrapped(each, self.width) if is_wrapped else each for each in map(_clean, objects))
            super().print(*shown, **options)
        except OSError as error:
            raise OutputFailed(error.strerror) from error

    def on_broken_pipe(self) -> None:
        """Raise `BrokenPipeError`, since Rich would exit here without a message."""
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))


def forget_unusable_sizes() -> None:
    """Unset `COLUMNS` and `LINES` if they are not positive numbers of up to four digits.

    The size is then read from the terminal itself.
    """
    for name in _SIZES:
        if _SIZE.fullmatch(os.environ.get(name, "")) is None:
            os.environ.pop(name, None)


console = CleanConsole()
error_console = CleanConsole(stderr=True)


def prepare_streams() -> None:
    """Make standard streams escape the characters that their encoding lacks, and replace closed standard streams.

    If closed streams were not replaced, the database could be opened as standard output, and output could be written
    into it. Writing to a closed standard output fails, as on a full disk; what is written to a closed standard error is
    lost.
    """
    forget_unusable_sizes()
    for number, mode in enumerate((os.O_RDONLY, os.O_RDONLY, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, mode)  # the system gives the lowest number that is free
    sys.stdin = sys.stdin or os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = sys.stdout or os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", encoding="utf-8", closefd=False)
    codecs.register_error(_ESCAPES, _escape_unencodable)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_ESCAPES)


def _escape_unencodable(error: UnicodeError) -> tuple[str, int]:
    """Return the JSON escapes of the characters that an encoding lacks, and the position after them."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_escaped, error.object[error.start : error.end])), error.end


def cleaned(text: str) -> str:
    """Return a string with control and format characters and line breaks replaced by their JSON escapes."""
    if text.isprintable():
        return text
    return "".join(_escaped(sign) if unicodedata.category(sign) in _UNPRINTABLE else sign for sign in text)


def fail(*reasons: str) -> NoReturn:
    """Print each of `reasons` as a line on standard error, and exit with status 1."""
    for reason in reasons:
        error_console.print(reason, style="bold red")
    sys.exit(1)


def confirm(question: str) -> None:
    """Ask a question, with control characters escaped, and end the command unless the answer is yes.

    Raises:
        Abort: the answer is no.
    """
    typer.confirm(cleaned(question), abort=True)


def ask_secret(question: str) -> str:
    """Prompt twice for a secret, which the terminal does not show, and return it.

    Raises:
        Abort: the user ends the input.
    """
    answer: str = typer.prompt(cleaned(question), hide_input=True, confirmation_prompt=True)
    return answer


def counted(count: int, noun: str) -> str:
    """Return a count with its noun: `1 deal`, `2 deals`, `-1 deal`."""
    return f"{count} {noun}" if abs(count) == 1 else f"{count} {noun}s"


def print_json(content: object) -> None:
    """Print a value as one line of JSON, with control characters escaped.

    Raises:
        OutputFailed: see `CleanConsole.print`.
    """
    write_line(_json(content))


def print_figures(content: object) -> None:
    """Print a report as one line of JSON; unlike `print_json`, write decimals as numbers.

    Raises:
        OutputFailed: see `CleanConsole.print`.
    """
    write_line(cleaned(_FIGURES.encode(content).decode()))


def print_json_with_rows(
    head: Mapping[str, object], name: str, rows: Iterable[object], tail: Callable[[], Mapping[str, object]]
) -> None:
    """Print a JSON object as one line; its key `name` has a list of any length, written row by row.

    The keys of `head` come before the list, and those of the result of `tail` after it. `tail` is called after the
    last row.

    Raises:
        OutputFailed: see `CleanConsole.print`.
    """
    _write(f"{_json(head)[:-1]},{_json(name)}:[")
    for number, row in enumerate(rows):
        _write(f"{',' if number else ''}{_json(row)}")
    _write(f"],{_json(tail())[1:]}\n")


def _json(content: object) -> str:
    return cleaned(msgspec.json.encode(content).decode())


def write_line(line: str) -> None:
    """Write a line to standard output without escaping.

    Raises:
        OutputFailed: see `CleanConsole.print`.
    """
    _write(line + "\n")


def _write(text: str) -> None:
    try:
        sys.stdout.write(text)
        if text.endswith("\n"):
            sys.stdout.flush()
    except OSError as error:
        raise OutputFailed(error.strerror) from error


def end_stopped(stop: KeyboardInterrupt, message: str = "Stopped.") -> NoReturn:
    """Print `message` on standard error, and exit with 128 + the number of the signal that stopped the command.

    Raises:
        Exit: always.
    """
    with suppress(OutputFailed):  # the terminal may be gone
        error_console.print(message, markup=False)
    raise typer.Exit(128 + (stop.args[0] if stop.args else signal.SIGINT)) from None


def end_without_output(failure: OutputFailed) -> NoReturn:
    """Print on standard error that the output could not be written, and exit with status 1."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    with suppress(OSError, ValueError):
        os.dup2(nowhere, sys.stdout.fileno())  # Python flushes its buffers when it exits
    with suppress(OSError):
        sys.stderr.write(f"The output could not be written: {failure}.\n")
        sys.stderr.flush()
    sys.exit(1)


def _clean(printed: object) -> object:
    """Return a string or table without control characters.

    Anything that is neither a string nor a table is returned unchanged.
    """
    if isinstance(printed, str):
        return cleaned(printed)
    if isinstance(printed, Table):
        for column in printed.columns:
            column._cells = [cleaned(cell) if isinstance(cell, str) else cell for cell in column._cells]  # noqa: SLF001 - Rich has no other way to its cells
    return printed


def _fitted(printed: object, width: int) -> Iterable[object]:
    """Yield an object to print; for a table wider than `width`, yield the lines of a block per row instead."""
    if not isinstance(printed, Table):
        return [printed]
    rows = list(zip(*(column.cells for column in printed.columns), strict=True))
    headings = [str(column.header) for column in printed.columns]
    widths = [max(map(cell_len, map(str, cells))) for cells in zip(headings, *rows, strict=True)]
    if sum(widths) + len(_BORDER) * len(widths) + 1 <= width:
        return [printed]
    return [
        line
        for number, row in enumerate(rows)
        for line in (
            *([""] if number else []),
            *(
                f"{'  ' if place else ''}{heading}: {cell}"
                for place, (heading, cell) in enumerate(zip(headings, row, strict=True))
                if cell
            ),
        )
    ]


def _wrapped(printed: object, width: int) -> object:
    """Return a string with line breaks between words, so that each line with more than one word fits `width`.

    Each line begins with the spaces that the string begins with. Anything that is not a string is returned unchanged.
    """
    if not isinstance(printed, str) or cell_len(printed) <= width:
        return printed
    indent = printed[: len(printed) - len(printed.lstrip())]
    lines: list[str] = []
    line = ""
    for piece in _PIECE.findall(printed):
        if line.strip() and cell_len(line + piece) > width:
            lines.append(line)
            line = indent + piece.lstrip()
        else:
            line += piece
    return "\n".join((*lines, line))


def _escaped(sign: str) -> str:
    """Return the JSON escape of a character; a character beyond 16 bits becomes a surrogate pair."""
    units = sign.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[start : start + 2].hex()}" for start in range(0, len(units), 2))
