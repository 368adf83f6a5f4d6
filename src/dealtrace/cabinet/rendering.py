"""Render pages from templates in a language, with the security headers of all pages."""

from collections.abc import Callable, Iterable
from functools import cache
from gettext import GNUTranslations, NullTranslations
from hashlib import sha256
from http import HTTPStatus
from importlib.resources import files
from io import BytesIO
from typing import cast

import jinja2
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from jinja2_fragments import render_block
from starlette.responses import HTMLResponse

from dealtrace.cabinet import formats
from dealtrace.cabinet.sections import sections_of
from dealtrace.errors import Language

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
    "vary": "Accept-Language, Cookie, HX-Target",
}
FOLDER = files("dealtrace.cabinet")
REPLACED = frozenset({"past_state", "undo_state", "counter_state", "webhook", "demos"})
"""The template blocks that a script may request alone; other blocks use variables set at the top of their template."""


def render_page(
    template: str, language: Language, status: int = HTTPStatus.OK, *, block: str = "", **context: object
) -> HTMLResponse:
    """Return a page, or only one block of its template if a script requested that.

    `block` is the id of the element that the script replaces.
    """
    environment = environment_of(language)
    found = environment.get_template(template)
    variables = {**context, "language": language}
    name = block.rpartition("#")[2].replace("-", "_")
    is_part = name in REPLACED and name in found.blocks
    body = render_block(environment, template, name, **variables) if is_part else found.render(**variables)
    return HTMLResponse(body, status, headers={**HEADERS, "content-language": language})


@cache
def environment_of(language: Language) -> jinja2.Environment:
    """Return the environment of templates for a language, with the functions that they may call."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("dealtrace.cabinet"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    install = cast("Callable[..., None]", getattr(environment, "install_gettext_translations"))  # noqa: B009 - the extension adds it
    install(translations_of(language), newstyle=True)
    environment.globals.update(static=static_url, sections=sections_of)
    environment.filters.update(formats.filters_of(language))
    environment.tests["first_of"] = _is_first_of
    return environment


def _is_first_of(name: str, faults: Iterable[str]) -> bool:
    """Return whether a field is the first one that has a fault; the page moves the focus to that field."""
    return next(iter(faults), None) == name


@cache
def translations_of(language: Language) -> NullTranslations:
    """Return the translations of all messages into a language; for English, messages stay as they are."""
    if language == "en":
        return NullTranslations()
    catalog = Catalog(locale=language)
    for file in sorted((FOLDER / "translations" / language).iterdir(), key=lambda file: file.name):
        with file.open("rb") as lines:
            for message in read_po(lines, locale=language):
                if message.id:
                    catalog[message.id] = message
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return GNUTranslations(compiled)


@cache
def static_url(name: str) -> str:
    """Return the URL of a static file; it changes with the content, so browsers may cache the file forever."""
    return f"/cabinet/static/{sha256((FOLDER / 'static' / name).read_bytes()).hexdigest()[:12]}/{name}"
