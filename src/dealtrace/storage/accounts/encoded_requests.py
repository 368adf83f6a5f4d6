"""Mask the requests of the journal and encode them as JSON, and decode them."""

import zlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from dealtrace.accounts.api_request import REFUSED_FROM, AnsweredRequest, ApiRequest
from dealtrace.accounts.request_masking import masked_parameters
from dealtrace.storage.database.column_types import instant, microseconds

MICROSECONDS_PER_SECOND = 1_000_000
NO_ENTRIES = "[]"
_encode = msgspec.json.Encoder().encode


class _Entry(NamedTuple):
    """The values of a request as they are stored; `network` is set only for requests without a valid site."""

    at: int
    request_id: str
    token_id: int | None
    method: str
    path: str
    parameters: dict[str, str]
    status: int
    code: int | None
    reason_ru: str | None
    reason_en: str | None
    duration_us: int
    network: str | None = None


_decoder = msgspec.json.Decoder(list[_Entry])


PACKED_FROM = 2_000
"""Ours: JSON of at least this many bytes is stored compressed.

Compressing the requests of a busy site shrinks them to a quarter, or much less if they are alike. On PostgreSQL it
halves the CPU time of storing them; on SQLite it takes as much as writing the pages that it saves, or less. For short
JSON, preparing the compression would take longer than writing.
"""
PACKING_LEVEL = 1
"""The fastest compression; level 6 saves a further tenth of the space for three times the CPU time."""


class EncodedRequests(NamedTuple):
    """Requests that a site answered in the same second: their JSON without the enclosing brackets.

    `second` counts from 1970. `first_id` is the id of the first request, `refused_count` is the number of refused
    requests.
    """

    site_id: int
    second: int
    first_id: str
    request_count: int
    refused_count: int
    text: bytes


class StoredEntries(NamedTuple):
    """The JSON of requests as stored in a row: as text, or compressed, in which case the text is an empty array."""

    entries: str
    packed: bytes | None


def encoded(requests: Sequence[AnsweredRequest]) -> list[EncodedRequests]:
    """Mask requests and encode them as JSON, grouped by site, second and names of parameters.

    Ours: masking and encoding requests one by one takes three times the CPU time.
    """
    alike: dict[tuple[object, ...], list[tuple[int, AnsweredRequest]]] = {}
    for request in requests:
        at = microseconds(request.at)
        second = at // MICROSECONDS_PER_SECOND
        alike.setdefault((request.site_id, second, *request.sent), []).append((at, request))
    return [_encoded_alike(entries) for entries in alike.values()]


def _encoded_alike(entries: Sequence[tuple[int, AnsweredRequest]]) -> EncodedRequests:
    values: list[tuple[object, ...]] = []
    refused_count = 0
    masked = masked_parameters([request.sent for _, request in entries])
    for (at, request), parameters in zip(entries, masked, strict=True):
        _, _, request_id, token_id, method, path, _, status, code, reason_ru, reason_en, seconds, network = request
        duration_us = round(seconds * MICROSECONDS_PER_SECOND)
        entry = (
            at, request_id, token_id, method, path, parameters, status, code, reason_ru, reason_en, duration_us
        )  # fmt: skip
        values.append(entry if network is None else (*entry, network))
        refused_count += status >= REFUSED_FROM or code is not None
    first_at, first = entries[0]
    second = first_at // MICROSECONDS_PER_SECOND
    return EncodedRequests(first.site_id, second, first.request_id, len(values), refused_count, _encode(values)[1:-1])


def stored_entries(requests: Sequence[EncodedRequests]) -> StoredEntries:
    """Return the JSON of requests, an array of arrays, in the form in which a row stores it."""
    text = b"[%b]" % b",".join([each.text for each in requests])
    if len(text) < PACKED_FROM:
        return StoredEntries(text.decode(), None)
    return StoredEntries(NO_ENTRIES, zlib.compress(text, PACKING_LEVEL))


def text_of(entries: str, packed: bytes | None) -> str:
    """Return the JSON stored in a row, decompressed if necessary."""
    return entries if packed is None else zlib.decompress(packed).decode()


def requests_of(site_id: int, text: str) -> list[ApiRequest]:
    """Decode the text of several requests of a site."""
    return [
        ApiRequest(
            site_id,
            instant(entry.at),
            entry.request_id,
            entry.token_id,
            entry.method,
            entry.path,
            entry.parameters,
            entry.status,
            entry.code,
            entry.reason_ru,
            entry.reason_en,
            timedelta(microseconds=entry.duration_us),
            entry.network,
        )
        for entry in _decoder.decode(text)
    ]


def second_of(at: datetime) -> int:
    """Return the number of whole seconds from 1970 (UTC) to an instant."""
    return microseconds(at) // MICROSECONDS_PER_SECOND


def start_of(second: int) -> datetime:
    """Return the UTC time at which the given second since 1970 began."""
    return instant(second * MICROSECONDS_PER_SECOND)
