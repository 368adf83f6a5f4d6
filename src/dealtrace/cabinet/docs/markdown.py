"""Convert guides from Markdown to HTML."""

import re
from collections.abc import Sequence
from functools import cache
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from dealtrace.record import record

_NOT_IN_AN_ID = re.compile(r"[^\w\-]+")


@record
class TextHeading:
    """A heading of the second level: its id in the page, and its text."""

    id: str
    text: str


@record
class ParsedText:
    """A parsed guide: its title, its first paragraph, its headings, and everything below the title as HTML."""

    title: str
    opening: str
    headings: Sequence[TextHeading]
    body: Markup


def parse_text(source: str) -> ParsedText:
    """Parse Markdown that begins with a first-level heading and a paragraph; HTML tags in it are escaped."""
    reader = MarkdownIt("commonmark", {"html": False})
    tokens = reader.parse(source)
    title, opening, *_ = (token.content for token in tokens if token.type == "inline")
    below = tokens[next(place for place, token in enumerate(tokens) if token.type == "heading_close") + 1 :]
    headings = list(_name_headings(below))
    body = Markup(reader.renderer.render(below, reader.options, {}))  # noqa: S704 - tags of the source are escaped
    return ParsedText(title, opening, headings, body)


@cache
def render_line(source: str) -> Markup:
    """Return a line of Markdown as HTML without a paragraph around it; HTML tags in the line are escaped."""
    return Markup(MarkdownIt("commonmark", {"html": False}).renderInline(source))  # noqa: S704 - tags are escaped


def _name_headings(tokens: Sequence[Token]) -> Sequence[TextHeading]:
    """Give every heading an id made from its words, and return the headings of the second level."""
    found = []
    for token, content in pairwise(tokens):
        if token.type == "heading_open":
            name = _NOT_IN_AN_ID.sub("-", content.content.lower()).strip("-")
            token.attrSet("id", name)
            if token.tag == "h2":
                found.append(TextHeading(name, content.content))
    return found
