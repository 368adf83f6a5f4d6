"""The guides for people who connect a CRM, a PBX or a website; each guide has one file per language."""

from functools import cache
from importlib.resources import files

from dealtrace.cabinet.docs.markdown import ParsedText, parse_text
from dealtrace.errors import Language

GUIDES = ("site", "exchanges", "crm", "1c")
"""The names of the guides, in the order in which pages list them."""
FOLDER = files("dealtrace.cabinet.docs") / "guides"


@cache
def read_guide(name: str, language: Language) -> ParsedText:
    """Return the guide `name` (one of `GUIDES`) in a language."""
    return parse_text((FOLDER / language / f"{name}.md").read_text(encoding="utf-8"))
