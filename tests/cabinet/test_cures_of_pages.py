"""Refusals on pages have a cure in the words of the pages, in both languages: people there have no command line."""

import importlib
import pkgutil
from collections.abc import Iterator
from string import Formatter

import pytest

import dealtrace
from cast import Stage
from dealtrace.cabinet.labels import PAGE_TEXTS, labelled_text
from dealtrace.cabinet.rendering import translations_of
from dealtrace.errors import InvalidParameters, InvalidSetting, Language, Refusal, Violation
from filled_site import FilledSite, fill_site
from guests import text_of
from server import ServerProcess

COMMAND = "dealtrace "


def kinds_of_refusals() -> Iterator[type[Refusal]]:
    """Yield every refusal that has a code of its own."""
    for module in pkgutil.walk_packages(dealtrace.__path__, "dealtrace."):
        if module.name.endswith("refusals"):
            importlib.import_module(module.name)
    found = [Refusal]
    for each in found:
        found += each.__subclasses__()
        if hasattr(each, "ru"):
            yield each


def refusal_of(kind: type[Refusal]) -> Refusal:
    """Return a refusal of a kind, with all facts that its texts need."""
    if kind is InvalidParameters:
        return InvalidParameters([Violation("name", "нет. Список: dealtrace x list", "no. To list: dealtrace x list")])
    names = {name for text in (kind.ru, kind.en) for _, name, _, _ in Formatter().parse(text) if name}
    said = {"ru": "нет. Список: dealtrace x list", "en": "no. To list: dealtrace x list"}
    return kind(**dict.fromkeys((*names, "bytes_max"), "7") | said)


KINDS = list(kinds_of_refusals())


@pytest.mark.parametrize("language", ["ru", "en"])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_no_refusal_names_a_command_on_a_page(kind: type[Refusal], language: Language) -> None:
    text = labelled_text(refusal_of(kind), language)
    assert COMMAND not in text
    assert len(text) > 2


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_refusal_that_names_a_command_has_a_text_for_pages(kind: type[Refusal]) -> None:
    assert (COMMAND in kind.ru or COMMAND in kind.en) == (kind in PAGE_TEXTS)


@pytest.mark.parametrize("kind", PAGE_TEXTS, ids=lambda kind: kind.__name__)
def test_the_texts_for_pages_are_translated(kind: type[Refusal]) -> None:
    assert translations_of("ru").gettext(PAGE_TEXTS[kind]) != PAGE_TEXTS[kind]


@pytest.fixture(scope="module")
def filled(server: ServerProcess, served: Stage) -> FilledSite:
    """Give a site with something on every page."""
    return fill_site(server, served)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("settings/columns/remove", "the site has no column removed"),
        ("settings/fields/remove", "the site has no field removed"),
    ],
)
def test_what_was_removed_meanwhile_is_said_beside_the_list(filled: FilledSite, path: str, words: str) -> None:
    answer = filled.owner.send(path, name="removed")
    assert answer.status_code == 400
    text = text_of(answer.text)
    assert words in text
    assert COMMAND not in text


def test_the_last_sentence_is_kept_if_it_names_no_command() -> None:
    refusal = InvalidSetting(key="name", ru="имя занято: выберите другое", en="the name is in use: choose another")
    assert labelled_text(refusal, "en") == "name: the name is in use: choose another"
