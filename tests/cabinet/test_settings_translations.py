"""The Russian translations of the pages of settings: none is missing, none is left over."""

import re
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from babel.messages.pofile import read_po

CABINET = Path(str(files("dealtrace.cabinet")))
TEMPLATES = sorted((CABINET / "templates" / "settings").rglob("*.html"))
MODULES = [*sorted((CABINET / "settings").rglob("*.py")), CABINET / "form_pages.py", CABINET / "labels.py"]
IN_TEMPLATE = re.compile(r"""(?:_|ngettext)\(\s*(?:"([^"]+)"|'([^']+)')""")
IN_MODULE = re.compile(r'translate\(\s*"([^"]+)"')


def translations_in(name: str) -> dict[str, str]:
    """Return the translations of a catalogue; a text with plurals stands there by its singular."""
    with (CABINET / "translations" / "ru" / name).open("rb") as file:
        messages = [message for message in read_po(file, locale="ru") if message.id]
    return {_first(message.id): _shortest(message.string) for message in messages}


def _first(text: str | Sequence[str]) -> str:
    return text if isinstance(text, str) else text[0]


def _shortest(text: str | Sequence[str]) -> str:
    """Return a translation, or the shortest of its plural forms: none may be missing."""
    return text if isinstance(text, str) else min(text, key=len)


def test_every_text_is_translated_and_every_translation_is_used() -> None:
    used = {first or second for each in TEMPLATES for first, second in IN_TEMPLATE.findall(each.read_text())}
    used |= {text for each in MODULES for text in IN_MODULE.findall(each.read_text())}
    everywhere: dict[str, str] = {}
    for file in sorted((CABINET / "translations" / "ru").iterdir()):
        everywhere |= translations_in(file.name)
    assert used - everywhere.keys() == set()
    own = translations_in("settings.po")
    quoted = "\n".join(each.read_text() for each in MODULES)
    assert [text for text in own if text not in used and f'"{text}"' not in quoted and text not in MEANINGS] == []
    assert all(own.values())


MEANINGS = {"won", "lost", "open"}
"""The meanings of statuses are words of the domain."""
