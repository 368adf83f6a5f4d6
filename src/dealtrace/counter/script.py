"""`/counter/{siteId}.js` and `/init.js?id=`: serve the counter's script, which web pages load."""

import hashlib
from dataclasses import replace
from functools import cache
from importlib.resources import files

from dealtrace.attribution.urls import URL_LENGTH_MAX
from dealtrace.errors import InvalidParameters, Language, Refusal, SiteNotFound
from dealtrace.http.caller import Caller
from dealtrace.http.parameter_table import Parameter, ParameterTable, Sent
from dealtrace.http.parameter_types import Text
from dealtrace.http.replies import Header, Reply, plain_refusal

COUNTER_ID = Parameter(
    "id",
    Text(16),
    "Номер личного кабинета или код счётчика.",
    "The id of the site, or the code of its counter.",
    required=True,
)
JAVASCRIPT: Header = (b"content-type", b"text/javascript;charset=UTF-8")
CROSS_ORIGIN: tuple[Header, ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-resource-policy", b"cross-origin"),
)

TABLE = ParameterTable(())
INIT_TABLE = ParameterTable((COUNTER_ID,))
HARMLESS = b"/* Dealtrace: this page has the id of no known counter. */"
CACHED_SECONDS = 3600
"""How long browsers may cache the script; a changed setting takes effect within this time."""


async def respond(caller: Caller, sent: Sent) -> Reply:
    """Answer with the script, with the site's id and its Do Not Track setting filled in."""
    del sent
    return _script(caller, named="")


async def respond_by_counter(caller: Caller, sent: Sent) -> Reply:
    """Answer with the script at the vendor's path; the parameter `id` is the id or the counter code of a site."""
    return _script(caller, named=sent[COUNTER_ID.name])


def refuse_harmlessly(refusal: Refusal, language: Language) -> Reply:
    """Return an empty script instead of a refusal, so that web pages keep working; an unknown counter is logged."""
    del language
    headers = (JAVASCRIPT, (b"cache-control", b"no-store"), *CROSS_ORIGIN)
    if isinstance(refusal, SiteNotFound | InvalidParameters):
        named = str(refusal.facts.get("site_id", ""))
        return Reply(200, HARMLESS, headers, "counter_unknown", {"counter": named if named.isalnum() else "…"})
    return replace(plain_refusal(refusal, "en"), body=HARMLESS, headers=headers)


def _script(caller: Caller, *, named: str) -> Reply:
    body, tag = script_of(
        caller.site.id,
        respects_do_not_track=caller.site.respects_do_not_track,
        code=caller.site.counter_code,
        named=named,
    )
    headers = (
        JAVASCRIPT,
        (b"cache-control", f"public, max-age={CACHED_SECONDS}".encode()),
        (b"etag", tag.encode()),
        *CROSS_ORIGIN,
    )
    if caller.header(b"if-none-match") == tag:
        return Reply(304, b"", headers, "script_unchanged", {"site_id": caller.site.id})
    return Reply(200, body, headers, "script_served", {"site_id": caller.site.id})


def script_of(site_id: int, *, respects_do_not_track: bool, code: str, named: str = "") -> tuple[bytes, str]:
    """Return the script with the values of a site filled in, and its ETag.

    `named` is the parameter `id` of `/init.js` (the site's id or counter code), empty for `/counter/{siteId}.js`.
    """
    filled = {
        "siteId": str(site_id),
        "code": code,
        "named": named,
        "respects": str(respects_do_not_track).lower(),
        "urlLengthMax": str(URL_LENGTH_MAX),
    }
    text = _template()
    for name, value in filled.items():
        text = text.replace(f"{{{{{name}}}}}", value)
    body = text.encode()
    return body, f'"{hashlib.sha256(body).hexdigest()[:16]}"'


@cache
def _template() -> str:
    """Return the script's template without comments and indentation.

    Comments and indentation can be removed line by line, since no string in the script spans several lines.
    """
    lines = (line.strip() for line in files("dealtrace.counter").joinpath("counter.js").read_text().splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("/*")) + "\n"
