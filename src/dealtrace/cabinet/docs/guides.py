"""The guides for those who connect something: they ship inside the package, a file a language."""

from functools import cache
from importlib.resources import files

from dealtrace.cabinet.docs.markdown import Text, parse_text
from dealtrace.errors import Language

GUIDES = ("site", "exchanges", "crm", "1c")
"""The guides in the order in which they are listed; each has a file in every language."""
FOLDER = files("dealtrace.cabinet.docs") / "guides"


@cache
def read_guide(name: str, language: Language) -> Text:
    """Return a guide by its name in `GUIDES`."""
    return parse_text((FOLDER / language / f"{name}.md").read_text(encoding="utf-8"))
