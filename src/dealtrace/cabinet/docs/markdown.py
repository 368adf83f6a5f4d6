"""Guides written in Markdown, turned into the HTML of our pages."""

import re
from collections.abc import Sequence
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from dealtrace.record import record

_NOT_IN_AN_ID = re.compile(r"[^\w\-]+")


@record
class Heading:
    """A heading of the second level: its id in the page, and its text."""

    id: str
    text: str


@record
class Text:
    """A text: its title, what it says first, its headings, and all below the title as HTML."""

    title: str
    opening: str
    headings: Sequence[Heading]
    body: Markup


def parse_text(source: str) -> Text:
    """Return a text that begins with a heading of the first level and a paragraph; tags in it are shown as they are."""
    reader = MarkdownIt("commonmark", {"html": False})
    tokens = reader.parse(source)
    title, opening, *_ = (token.content for token in tokens if token.type == "inline")
    below = tokens[next(place for place, token in enumerate(tokens) if token.type == "heading_close") + 1 :]
    headings = list(_name_headings(below))
    body = Markup(reader.renderer.render(below, reader.options, {}))  # noqa: S704 - tags of the source are escaped
    return Text(title, opening, headings, body)


def render_line(source: str) -> Markup:
    """Return a line of text with its code marked."""
    return Markup(MarkdownIt("commonmark", {"html": False}).renderInline(source))  # noqa: S704 - tags are escaped


def _name_headings(tokens: Sequence[Token]) -> Sequence[Heading]:
    """Give every heading an id made of its words, and return those of the second level."""
    found = []
    for token, content in pairwise(tokens):
        if token.type == "heading_open":
            name = _NOT_IN_AN_ID.sub("-", content.content.lower()).strip("-")
            token.attrSet("id", name)
            if token.tag == "h2":
                found.append(Heading(name, content.content))
    return found
