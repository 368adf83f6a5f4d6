"""The traffic sources of a site; each source is stored once, and other rows refer to it by id."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import astuple
from functools import lru_cache

import msgspec
from sqlalchemy import Connection, bindparam, select

from dealtrace.attribution.traffic_source import SOURCE_PARTS, TrafficSource, part_key
from dealtrace.storage.database.column_types import is_among, is_among_many
from dealtrace.storage.database.compiled_statement import CompiledStatement
from dealtrace.storage.database.upsert import insert_into
from dealtrace.storage.id_blocks import IdBlocks
from dealtrace.storage.schema.tables.visits import traffic_source

_FIND_IDS = CompiledStatement(
    select(traffic_source.c.digest, traffic_source.c.id).where(
        traffic_source.c.site_id == bindparam("site_id"), is_among(traffic_source.c.digest, "digests")
    )
)
_LIST_SOURCES = CompiledStatement(
    select(traffic_source.c.id, *(traffic_source.c[part] for part in SOURCE_PARTS)).where(
        traffic_source.c.site_id == bindparam("site_id"), is_among_many(traffic_source.c.id, "ids")
    )
)

SOURCES_REMEMBERED_MAX = 4096
"""The maximum number of traffic sources that a process caches."""
known_source = lru_cache(maxsize=SOURCES_REMEMBERED_MAX)(TrafficSource)
"""Return the traffic source with the given parts; equal parts give the same object."""


def intern_sources(
    connection: Connection, ids: IdBlocks, site_id: int, sources: Iterable[TrafficSource]
) -> dict[TrafficSource, int]:
    """Return the id that each traffic source has on a site; new sources are stored first."""
    by_digest = {_digest(source): source for source in sources}
    if not by_digest:
        return {}
    known = _find_ids(connection, site_id, list(by_digest))
    new = [
        {"site_id": site_id, "id": ids.take(), "digest": digest} | _parts(source)
        for digest, source in sorted(by_digest.items())
        if digest not in known
    ]
    if new:
        statement = insert_into(connection, traffic_source)
        connection.execute(statement.on_conflict_do_nothing(index_elements=["site_id", "digest"]), new)
        known = _find_ids(connection, site_id, list(by_digest))
    return {source: known[digest] for digest, source in by_digest.items()}


def find_sources(connection: Connection, site_id: int, ids: Iterable[int]) -> dict[int, TrafficSource]:
    """Find traffic sources by id; unknown ids are left out."""
    keys = sorted(set(ids))
    if not keys:
        return {}
    rows = _LIST_SOURCES.fetch(connection, {"site_id": site_id, "ids": keys})
    return {source_id: known_source(*parts) for source_id, *parts in rows}


def source_values(source: TrafficSource) -> dict[str, str | None]:
    """Return the values of the row of a traffic source, without its site and id."""
    return {"digest": _digest(source)} | _parts(source)


def _find_ids(connection: Connection, site_id: int, digests: Sequence[str]) -> dict[str, int]:
    rows = _FIND_IDS.fetch(connection, {"site_id": site_id, "digests": list(digests)})
    return {digest: source_id for digest, source_id in rows}  # noqa: C416 - mypy does not know that a row is a pair


def _digest(source: TrafficSource) -> str:
    return hashlib.sha256(msgspec.json.encode(astuple(source))).hexdigest()


def _parts(source: TrafficSource) -> dict[str, str | None]:
    parts = {part: getattr(source, part) for part in SOURCE_PARTS}
    return parts | {f"{part}_key": part_key(text) for part, text in parts.items()}
