"""The labels that the pages of deals, leads and people choose in code are translated."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import dealtrace.cabinet
from dealtrace.cabinet.deals import labels
from dealtrace.cabinet.leads.journal import TABS
from dealtrace.cabinet.rendering import translations_of
from dealtrace.files.reports.code_labels import CODE_LABELS
from dealtrace.matching.match_reason import MatchReason

FOLDER = Path(dealtrace.cabinet.__file__).parent
TRANSLATING = {"translate", "_say", "say"}
TABLES = (
    labels.REASONS,
    labels.VERDICTS,
    labels.UNSEARCHED,
    labels.WON_BY,
    labels.OUTCOMES,
    labels.MISSES,
    labels.PREFERENCES,
    labels.UNSPECIFIED,
    labels.VERSIONS,
    labels.FIELDS,
    TABS,
)


def chosen_in_code() -> Iterator[str]:
    """Yield every text that code passes to be translated, and those of the tables of labels."""
    for path in FOLDER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and node.args and name_of(node.func) in TRANSLATING:
                yield from texts_in(node.args[0])
    for table in TABLES:
        yield from table.values()
    yield from (labels.STATED_ALONE, labels.NOBODY_FOUND, labels.LEAD_KEPT, labels.NO_MATCHER_DECIDED)


def name_of(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def texts_in(argument: ast.expr) -> list[str]:
    """Return the texts that an argument may be: itself, or either side of a choice."""
    if isinstance(argument, ast.IfExp):
        return [*texts_in(argument.body), *texts_in(argument.orelse)]
    return [argument.value] if isinstance(argument, ast.Constant) and isinstance(argument.value, str) else []


def test_every_word_that_code_chooses_is_translated() -> None:
    chosen = set(chosen_in_code())
    assert len(chosen) > 200
    assert not [text for text in sorted(chosen) if translations_of("ru").gettext(text) == text]


@pytest.mark.parametrize("reason", MatchReason)
def test_a_reason_of_a_match_has_one_name_in_lists_reports_and_files(reason: MatchReason) -> None:
    russian, english = CODE_LABELS["match_reason"][reason]
    assert labels.REASONS[reason] == english
    assert translations_of("ru").gettext(english) == russian
