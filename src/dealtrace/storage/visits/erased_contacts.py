"""Hide the phones and e-mails of a person in the UTM tags and URLs of visits, and in the traffic sources of a site."""

import re
from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, Connection, bindparam, or_, select, update

from dealtrace.attribution.traffic_source import DIRECT, SOURCE_PARTS, TrafficSource
from dealtrace.storage.database.column_types import is_in
from dealtrace.storage.database.compiled_statement import ValuesByName
from dealtrace.storage.database.many_rows import execute_many
from dealtrace.storage.schema.tables.visits import traffic_source, visit
from dealtrace.storage.visits.traffic_sources import source_values

HIDDEN = "•••"
CONTACTS_AT_ONCE = 50
"""How many contacts one statement searches for; SQLite takes a condition of a thousand parts at most."""
_NATIONAL_DIGITS = 10
_LIKE_ESCAPE = "/"
_RUSSIAN = re.compile("7[0-9]{10}")
_ESCAPE = "%(?:25)*"
"""Begins an escaped character; a URL within a URL escapes the sign itself again."""
_BETWEEN_DIGITS = (
    rf"(?:[-\s()._+\u2010-\u2015]|{_ESCAPE}(?:09|2[0-9BDE]|5F|C2{_ESCAPE}A0|E2{_ESCAPE}80{_ESCAPE}9[0-5])){{0,4}}"
)
_AFTER_ESCAPED = "(?<=%[0-9A-F][0-9A-F])|(?<=%25[0-9A-F][0-9A-F])"
"""Stands before a contact; the last digits of an escaped character do not belong to it."""
_NOT_OF_EMAIL = "(?<!2B)(?<!2D)(?<!2E)(?<!5F)"
"""Excludes an escaped `+`, `-`, `.` or `_`: with it, an e-mail address is the end of a longer one, of somebody else."""


def pattern_of_contacts(contacts: Collection[str]) -> re.Pattern[str] | None:
    """Return a regular expression that finds contacts, given in normal form, in strings; `None` without contacts.

    Ours: a phone is found with and without separators, escaped as in URLs or not. A phone of another country that ends
    with the same ten digits is hidden too if a separator precedes them.
    """
    patterns = [_pattern_of(contact) for contact in sorted(contacts)]
    return re.compile("|".join(patterns), re.IGNORECASE) if patterns else None


def hide_contacts(connection: Connection, site_id: int, contacts: Collection[str], visit_ids: Collection[int]) -> None:
    """Hide contacts, given in normal form, in the traffic sources of a site and in the UTM tags and URLs of its visits.

    All sources are searched, but only the visits with the given ids and those from a source that contained a contact.
    Ours: a source is shared by many people and is not deleted when one of them is erased, but mailings put the
    recipient's address into a UTM tag. A hidden contact becomes `•••`, in sources followed by the id of the source, so
    that different sources stay different and no figure changes.
    """
    sought = pattern_of_contacts(contacts)
    if sought is not None:
        source_ids = _hide_in_sources(connection, site_id, sorted(contacts), sought)
        _hide_in_visits(connection, site_id, is_in(visit.c.id, visit_ids), sought)
        if source_ids:  # visits have no index of their sources
            _hide_in_visits(connection, site_id, is_in(visit.c.traffic_source_id, source_ids), sought)


def _hide_in_visits(connection: Connection, site_id: int, which: ColumnElement[bool], sought: re.Pattern[str]) -> None:
    columns = visit.c
    texts = select(columns.id, columns.utm, columns.landing_url, columns.referrer)
    hidden = [
        {
            "of_visit": row.id,
            "hidden_utm": {part: sought.sub(HIDDEN, text) for part, text in row.utm.items()},
            "hidden_url": sought.sub(HIDDEN, row.landing_url),
            "hidden_referrer": sought.sub(HIDDEN, row.referrer),
        }
        for row in connection.execute(texts.where(columns.site_id == site_id, which))
        if any(map(sought.search, (*row.utm.values(), row.landing_url, row.referrer)))
    ]
    values: ValuesByName = {
        "utm": bindparam("hidden_utm"),
        "landing_url": bindparam("hidden_url"),
        "referrer": bindparam("hidden_referrer"),
    }
    mine = (columns.site_id == site_id, columns.id == bindparam("of_visit"))
    execute_many(connection, update(visit).where(*mine).values(values), hidden)


def _hide_in_sources(
    connection: Connection, site_id: int, contacts: Sequence[str], sought: re.Pattern[str]
) -> list[int]:
    """Hide the contacts in traffic sources, and return the ids of the sources that contained any."""
    columns = traffic_source.c
    parts = [columns[part] for part in SOURCE_PARTS]
    hidden: dict[int, TrafficSource] = {}
    for first in range(0, len(contacts), CONTACTS_AT_ONCE):
        named = [
            columns[f"{part}_key"].like(_like(contact), escape=_LIKE_ESCAPE)
            for contact in contacts[first : first + CONTACTS_AT_ONCE]
            for part in SOURCE_PARTS
        ]
        for source_id, *texts in connection.execute(
            select(columns.id, *parts).where(columns.site_id == site_id, or_(*named))
        ):
            source = TrafficSource(*(sought.sub(f"{HIDDEN}{source_id}", text) for text in texts))
            if source != TrafficSource(*texts):
                hidden[source_id] = source
    rows = [{"of_source": source_id, **source_values(source)} for source_id, source in sorted(hidden.items())]
    mine = (columns.site_id == site_id, columns.id == bindparam("of_source"))
    values: ValuesByName = {name: bindparam(name) for name in source_values(DIRECT)}
    execute_many(connection, update(traffic_source).where(*mine).values(values), rows)
    return sorted(hidden)


def _like(contact: str) -> str:
    """Return a `LIKE` pattern that finds a contact, in any of its spellings, in lower-case strings."""
    parts = _national(contact) if contact.isdecimal() else contact.casefold().split("@")
    escaped = (re.sub(r"([%_/])", rf"{_LIKE_ESCAPE}\1", part) for part in parts)
    return f"%{'%'.join(escaped)}%"


def _national(phone: str) -> str:
    """Return the digits of a phone that are the same in all its spellings."""
    return phone[-_NATIONAL_DIGITS:] if _RUSSIAN.fullmatch(phone) else phone


def _pattern_of(contact: str) -> str:
    if contact.isdecimal():
        country = f"[78]{_BETWEEN_DIGITS}" if _RUSSIAN.fullmatch(contact) else ""
        plus, digits = rf"(?:\+|{_ESCAPE}2B)", _BETWEEN_DIGITS.join(_national(contact))
        return rf"(?:{plus}|(?<![0-9])|{_AFTER_ESCAPED})(?:{country})?{digits}(?![0-9])"
    before = rf"(?:(?<![\w.+-])|(?:{_AFTER_ESCAPED}){_NOT_OF_EMAIL})"
    return rf"{before}{re.escape(contact).replace('@', f'(?:@|{_ESCAPE}40)')}(?![\w-])"
