"""Fold the case of strings in SQL exactly as Python's `str.casefold` does, on any engine and under any collation."""

import sqlite3
from collections.abc import Mapping
from functools import cache

from sqlalchemy import Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

_SQLITE_NAME = "casefold"
_PLAIN = "[ -~А-яЁё«»–—…№]"
"""A regular expression for common characters; case folding changes only those in `_UPPER_PLAIN`."""
_UPPER_PLAIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯЁ"


class casefolded(FunctionElement[str]):  # noqa: N801 - named like an SQL function
    """The SQL expression for the case-folded form of a string; a null remains null.

    The engines' own `lower` functions differ: SQLite's changes only Latin letters, PostgreSQL's depends on the
    collation, and none folds `ß` to `ss`. On DuckDB and PostgreSQL, the replacement of all 1,500 letters is limited to
    strings that contain a rare character.
    """

    name = "casefolded"
    inherit_cache = True
    type = Text()


class casefolded_to(casefolded):  # noqa: N801
    """The SQL for a string in which only characters that fold to the subclass's `letters` are folded.

    This gives shorter SQL, and is enough to compare a string with known ones. SQLite folds the whole string anyway.
    """

    inherit_cache = True
    letters = ""


def define_casefold(connection: sqlite3.Connection) -> None:
    """Define the function that `casefolded` calls on SQLite."""
    connection.create_function(_SQLITE_NAME, 1, _casefold, deterministic=True)


def _casefold(text: str | None) -> str | None:
    return text.casefold() if text is not None else None


@cache
def _foldings() -> Mapping[str, str]:
    """Return a mapping of each character that `str.casefold` changes to its case-folded form."""
    return {sign: sign.casefold() for sign in map(chr, range(0x110000)) if sign.casefold() != sign}


@compiles(casefolded, "sqlite")
def _sqlite_casefolded(element: casefolded, compiler: SQLCompiler, **kwargs: object) -> str:
    return f"{_SQLITE_NAME}({compiler.process(element.clauses, **kwargs)})"


@compiles(casefolded)
def _casefolded(element: casefolded, compiler: SQLCompiler, **kwargs: object) -> str:
    text = compiler.process(element.clauses, **kwargs)
    plain = _replaced(text, dict(zip(_UPPER_PLAIN, _UPPER_PLAIN.lower(), strict=True)))
    return f"CASE WHEN {text} ~ '^{_PLAIN}*$' THEN {plain} ELSE {_replaced(text, _foldings())} END"


@compiles(casefolded_to)
def _casefolded_to(element: casefolded_to, compiler: SQLCompiler, **kwargs: object) -> str:
    wanted = set(element.letters)
    foldings = {sign: folded for sign, folded in _foldings().items() if set(folded) <= wanted}
    return _replaced(compiler.process(element.clauses, **kwargs), foldings)


compiles(casefolded_to, "sqlite")(_sqlite_casefolded)


def _replaced(text: str, foldings: Mapping[str, str]) -> str:
    """Return the SQL of `text` with each character replaced as `foldings` says."""
    single = {sign: folded for sign, folded in foldings.items() if len(folded) == 1}
    replaced = f"translate({text}, '{''.join(single)}', '{''.join(single.values())}')"
    for sign in sorted(foldings.keys() - single.keys()):
        replaced = f"replace({replaced}, '{sign}', '{foldings[sign]}')"
    return replaced
