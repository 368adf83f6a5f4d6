"""The texts of the pages: each is translated, and no translation is left over."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import dealtrace.cabinet
from dealtrace.accounts.rights import Role
from dealtrace.cabinet.docs.catalogue import CAUSES
from dealtrace.cabinet.rendering import translations_of
from dealtrace.cabinet.sections import SECTIONS
from dealtrace.files.reports.code_labels import CODE_LABELS
from dealtrace.reports.dimensions import DIMENSIONS
from dealtrace.reports.metrics import METRICS

FOLDER = Path(dealtrace.cabinet.__file__).parent
FILES = sorted((FOLDER / "translations").glob("*/*.po"))
METHODS = [("templates/**.html", "jinja2"), ("**.py", "python")]
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "word": None}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%")


def messages_in_code() -> set[str]:
    """Return every text that a template or a call of `word` shows, and titles and names that templates translate."""
    found = {section.title for section in SECTIONS} | set(Role)
    found |= {words for cause in CAUSES.values() for words in (cause.when, cause.cure)}
    for _, _, message, *_ in extract_from_dir(FOLDER, METHODS, keywords=KEYWORDS, strip_comment_tags=True):
        found.add(message if isinstance(message, str) else message[0])
    return found


def constants_in_code() -> set[str]:
    """Return every string of our code: what is shown may be chosen there and translated in a template."""
    return {
        node.value
        for path in FOLDER.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def messages() -> Iterator[tuple[Path, Message]]:
    for path in FILES:
        with path.open("rb") as lines:
            yield from ((path, message) for message in read_po(lines, locale=path.parent.name) if message.id)


def id_of(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def forms(text: str | list[str] | tuple[str, ...]) -> list[str]:
    return [text] if isinstance(text, str) else list(text)


def test_every_word_is_translated() -> None:
    assert messages_in_code() - {id_of(message) for _, message in messages()} == set()


def test_no_word_is_left_over() -> None:
    reasons = {english for _, english in CODE_LABELS["match_reason"].values()}
    assert {id_of(message) for _, message in messages()} - messages_in_code() - constants_in_code() - reasons == set()


def test_no_word_is_translated_in_two_files() -> None:
    ids = [id_of(message) for _, message in messages()]
    assert sorted({word for word in ids if ids.count(word) > 1}) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_file_has_all_forms_and_no_doubtful_ones(path: Path) -> None:
    with path.open("rb") as lines:
        catalog = read_po(lines, locale=path.parent.name)
    assert not catalog.obsolete
    for message in catalog:
        if message.id:
            assert not message.fuzzy, message.id
            assert all(forms(message.string)), message.id
            assert len(forms(message.string)) == (1 if isinstance(message.id, str) else catalog.num_plurals)


def test_translations_have_the_placeholders_of_the_original() -> None:
    for _, message in messages():
        for original in forms(message.id):
            for translated in forms(message.string):
                assert sorted(PLACEHOLDER.findall(original)) == sorted(PLACEHOLDER.findall(translated)), message.id


def test_finding_a_lead_is_called_so_and_not_by_the_jargon_of_those_who_sell_it() -> None:
    """«Склейка» is the vendor's word; only its promises, which are quoted, have it."""
    words = [text for _, message in messages() for text in forms(message.string)]
    words += [words for metric in METRICS.values() for words in (metric.ru, metric.meaning_ru)]
    words += [words for dimension in DIMENSIONS.values() for words in (dimension.ru, dimension.meaning_ru)]
    words += [ru for codes in CODE_LABELS.values() for ru, _ in codes.values()]
    assert [text for text in words if re.search("склей|склее", text, re.IGNORECASE)] == []
    rate = METRICS["match_rate"]
    assert "источник" in rate.ru
    assert "CRM указала источник" in rate.meaning_ru
    assert "source" in rate.en
    assert "source the CRM stated" in rate.meaning_en


COUNTED = re.compile(r"%\(\w+\)s (раз|строк|дней|дня|сделок|звонков|заявок|визитов|запросов|событий|символов|полей)\b")
NEVER_OTHERWISE = {
    "Missed calls whose clients have not called again",
    "Up to %(most)s deals",
    "At most %(most)s rows can be open",
    "Choose at most %(most)s days",
    "Only the newest %(count)s events",
    "Password, at least %(length)s",
    "New password, at least %(length)s",
    "Describe in 1 to %(most)s characters",
}
"""The beginnings of texts whose number is a limit of ours, and always takes the same form."""


def test_a_noun_after_a_number_has_plural_forms() -> None:
    for _, message in messages():
        is_plural = not isinstance(message.id, str)
        is_fixed = any(id_of(message).startswith(words) for words in NEVER_OTHERWISE)
        found = COUNTED.search(forms(message.string)[-1])
        assert found is None or is_plural or is_fixed, (id_of(message), message.string)


def test_russian_counts_times_in_three_forms() -> None:
    singular, plural = (
        "Other fields, too many to list, were sent %(count)s time.",
        ("Other fields, too many to list, were sent %(count)s times."),
    )
    words = [
        translations_of("ru").ngettext(singular, plural, count).split("%(count)s ")[1] for count in (1, 3, 5, 21, 22)
    ]
    assert words == ["раз.", "раза.", "раз.", "раз.", "раза."]
