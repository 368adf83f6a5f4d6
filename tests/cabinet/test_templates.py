"""Templates compute nothing: they neither calculate nor choose among values, and use filters that only format."""

import re
from collections.abc import Iterator
from pathlib import Path

import jinja2
import pytest
from jinja2 import nodes

import dealtrace.cabinet
from dealtrace.cabinet.formats import filters_of
from dealtrace.cabinet.rendering import environment_of

FOLDER = Path(dealtrace.cabinet.__file__).parent / "templates"
TEMPLATES = sorted(FOLDER.rglob("*.html"))
ARITHMETIC = (
    nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Pow, nodes.Neg, nodes.Pos,
)  # fmt: skip
FORMATTING = {*filters_of("en"), "join", "string", "truncate", "upper", "urlencode"}
"""The filters that write a value; others, such as `selectattr`, `length` or `sum`, select or count."""
CURE = "Let the page's shaping code do that, and hand the result to the template (§10)."


def complaints_about(environment: jinja2.Environment, source: str) -> Iterator[str]:
    """Yield what a template computes, with the line where it does so."""
    tree = environment.parse(source)
    for node in tree.find_all(ARITHMETIC):
        yield f"{node.lineno}: arithmetic ({type(node).__name__})"
    for each in tree.find_all(nodes.Filter):
        if each.name not in FORMATTING:
            yield f"{each.lineno}: the filter `{each.name}`"


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_a_template_computes_nothing(template: Path) -> None:
    found = list(complaints_about(environment_of("en"), template.read_text()))
    assert found == [], f"{template.name} computes: {found}. {CURE}"


@pytest.mark.parametrize(
    "source",
    [
        "{{ place + 1 }}",
        "{% if rows_total - shown %}more{% endif %}",
        "{{ -rate }}",
        "{{ lines|length }}",
        "{% for line in lines|selectattr('fault') %}{{ line }}{% endfor %}",
        "{% set faults = lines|map(attribute=0)|list %}",
        "{{ amounts|sum }}",
        "{{ macro(lines|first) }}",
    ],
)
def test_what_is_computed_is_seen(source: str) -> None:
    assert list(complaints_about(environment_of("en"), source))


def test_formatting_and_joining_of_strings_is_no_computation() -> None:
    source = "{{ '/cabinet/' ~ site.id }} {{ count|number }} {{ names|join(', ') }} {% if shown < total %}x{% endif %}"
    assert list(complaints_about(environment_of("en"), source)) == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_whatever_scrolls_is_reached_by_keyboard(template: Path) -> None:
    """A table may have nothing else to focus, and then only a mouse could scroll it."""
    for tag in re.findall(r'<\w+[^>]*class="[^"]*\bscroll\b[^>]*>', template.read_text()):
        assert 'tabindex="0" role="region" aria-label="' in tag
