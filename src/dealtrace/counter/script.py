"""`/counter/{siteId}.js`: the script that a page loads."""

import hashlib
from functools import cache
from importlib.resources import files

from dealtrace.attribution.addresses import ADDRESS_LENGTH_MAX
from dealtrace.http.caller import Caller
from dealtrace.http.parameters import ParameterTable, Sent
from dealtrace.http.replies import Reply

TABLE = ParameterTable(())
CACHED_SECONDS = 3600
"""How long a browser may keep the script; a changed setting reaches pages within that time."""


async def respond(caller: Caller, sent: Sent) -> Reply:
    """Serve the script with the site's number and its setting of Do Not Track filled in."""
    del sent
    body, tag = script_of(caller.site.id, respects_do_not_track=caller.site.respects_do_not_track)
    headers = (
        (b"content-type", b"text/javascript;charset=UTF-8"),
        (b"cache-control", f"public, max-age={CACHED_SECONDS}".encode()),
        (b"etag", tag.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"cross-origin-resource-policy", b"cross-origin"),
    )
    if caller.header(b"if-none-match") == tag:
        return Reply(304, b"", headers, "script_unchanged", {"site_id": caller.site.id})
    return Reply(200, body, headers, "script_served", {"site_id": caller.site.id})


def script_of(site_id: int, *, respects_do_not_track: bool) -> tuple[bytes, str]:
    """Fill in the script for a site; return it with its ETag."""
    filled = {
        "siteId": str(site_id),
        "respects": str(respects_do_not_track).lower(),
        "addressMax": str(ADDRESS_LENGTH_MAX),
    }
    text = _template()
    for name, value in filled.items():
        text = text.replace(f"{{{{{name}}}}}", value)
    body = text.encode()
    return body, f'"{hashlib.sha256(body).hexdigest()[:16]}"'


@cache
def _template() -> str:
    """Read the script without comments and indentation; no text in it goes over several lines."""
    lines = (line.strip() for line in files("dealtrace.counter").joinpath("counter.js").read_text().splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("/*")) + "\n"
