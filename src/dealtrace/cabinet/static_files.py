"""Serve the styles, scripts and images of the cabinet."""

from http import HTTPStatus
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from dealtrace.cabinet.rendering import static_url

FOLDER = files("dealtrace.cabinet") / "static"
TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}
NAMES = ("cabinet.css", "cabinet.js", "charts.js", "htmx.min.js", "logo.svg")
FOR_GOOD = "public, max-age=31536000, immutable"


async def send_file(request: Request) -> Response:
    """Send the file with the name and digest in the path, or status 404 if there is none."""
    name = request.path_params["name"]
    if name not in NAMES or static_url(name) != request.url.path:
        return PlainTextResponse("", HTTPStatus.NOT_FOUND)
    headers = {"cache-control": FOR_GOOD, "x-content-type-options": "nosniff"}
    return Response((FOLDER / name).read_bytes(), media_type=TYPES[name.rpartition(".")[2]], headers=headers)
