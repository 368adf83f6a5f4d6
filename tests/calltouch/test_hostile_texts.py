"""Every text of every JSON body may be hostile: it is refused or stored, and never a fault of the server."""

import copy
import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from cast import Player
from dealtrace.app import ENDPOINTS
from dealtrace.http.endpoint import Endpoint
from server import ServerProcess

WITH_BODY = [endpoint for endpoint in ENDPOINTS if endpoint.batch is not None and endpoint.example.body is not None]
HOSTILE = {"a null byte": "a\0b", "a text too long for an index": secrets.token_urlsafe(15_000)}
Place = tuple[str | int, ...]


def texts_in(value: Any, place: Place = ()) -> Iterator[Place]:
    """Yield the places of the texts in a document."""
    match value:
        case str():
            yield place
        case dict():
            for key, part in value.items():
                yield from texts_in(part, (*place, key))
        case list():
            for number, part in enumerate(value):
                yield from texts_in(part, (*place, number))


def with_text(document: Any, place: Place, text: str) -> Any:
    """Return a copy of a document with another text at a place."""
    changed = copy.deepcopy(document)
    inner = changed
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = text
    return changed


def post(server: ServerProcess, player: Player, endpoint: Endpoint, document: Any) -> int:
    path = endpoint.shown_path.replace("{siteId}", str(player.site.id))
    for name, value in endpoint.example.path.items():
        path = path.replace(f"{{{name}}}", value)
    headers = {"Access-Token": player.token, "SiteId": str(player.site.id)}
    asked = {"clientApiId": player.token} if not endpoint.auth_scheme.is_header else None
    answer = server.http.post(path, params=asked, headers=headers, json=document)
    assert answer.status_code not in (401, 403, 404, 405), answer.text
    return answer.status_code


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("endpoint", WITH_BODY, ids=lambda endpoint: endpoint.shown_name)
def test_each_text_may_be_hostile(server: ServerProcess, owner: Player, endpoint: Endpoint, text: str) -> None:
    places = list(texts_in(endpoint.example.body))
    assert places
    statuses = {place: post(server, owner, endpoint, with_text(endpoint.example.body, place, text)) for place in places}
    assert {place: status for place, status in statuses.items() if status >= 500} == {}
