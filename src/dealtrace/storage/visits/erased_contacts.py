"""Hide the phones and e-mails of a person in the UTM tags and URLs of visits, and in the traffic sources of a site."""

import re
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, or_, select, update

from dealtrace.attribution.traffic_source import DIRECT, SOURCE_PARTS, TrafficSource
from dealtrace.storage.database.column_types import is_in
from dealtrace.storage.database.compiled_statement import ValuesByName
from dealtrace.storage.database.many_rows import execute_many
from dealtrace.storage.schema.tables.file_imports import file_import, imported_row
from dealtrace.storage.schema.tables.visits import traffic_source, visit
from dealtrace.storage.visits.contacts_in_strings import HIDDEN, hide_in, national_digits, pattern_of_contacts
from dealtrace.storage.visits.traffic_sources import source_values

CONTACTS_AT_ONCE = 50
"""How many contacts one statement searches for; SQLite takes a condition of a thousand parts at most."""
RECENT = timedelta(days=1)
"""How long before an erasure visits may have begun that are searched during its transaction, not before it.

Visits that began earlier are added only by imports; those of imports that ended within this time are searched too.
"""
_LIKE_ESCAPE = "/"
_ANY_ESCAPE = f"%{_LIKE_ESCAPE}%%"
_ESCAPED_LETTERS = tuple(f"%{_LIKE_ESCAPE}%{code}%" for code in ("25", "3_", "4_", "5_", "6_", "7_"))
"""`LIKE` patterns of strings in which letters or digits of ASCII may be escaped, once or several times."""


def find_visits_with_contacts(connection: Connection, site_id: int, contacts: Collection[str]) -> frozenset[int]:
    """Find the ids of all visits of a site that have one of the contacts, in normal form.

    The landing URL, the referrer or the traffic source of such a visit contains the contact. All visits of the site are
    read, which takes seconds for millions of them, so registrations must not wait for it.
    Ours: visits whose URLs have escaped letters or digits in the contact are not found, only those with escaped signs,
    because `LIKE` cannot find them and most URLs have escapes.
    """
    sought = pattern_of_contacts(contacts)
    if sought is None:
        return frozenset()
    columns, found, every = visit.c, set[int](), sorted(contacts)
    for first in range(0, len(every), CONTACTS_AT_ONCE):
        some = every[first : first + CONTACTS_AT_ONCE]
        named = or_(*(_may_name(url, contact) for url in (columns.landing_url, columns.referrer) for contact in some))
        urls_of = select(columns.id, columns.landing_url, columns.referrer).where(columns.site_id == site_id, named)
        rows = connection.execute(urls_of)
        found |= {visit_id for visit_id, *urls in rows if any(hide_in(url, sought) != url for url in urls)}
    source_ids = _hidden_sources(connection, site_id, every, sought)
    if source_ids:
        from_sources = select(columns.id).where(
            columns.site_id == site_id, is_in(columns.traffic_source_id, source_ids)
        )
        found |= set(connection.execute(from_sources).scalars())
    return frozenset(found)


def hide_contacts(
    connection: Connection, site_id: int, contacts: Collection[str], visit_ids: Collection[int], now: datetime
) -> None:
    """Hide contacts, given in normal form, in the traffic sources of a site and in the UTM tags and URLs of its visits.

    All sources are searched, but only the visits with the given ids, and those from a source that contained a contact
    which may have been added since the ids were found: visits of the last `RECENT` before `now`, and visits of imports
    that have not ended, or ended within this time.
    Ours: a source is shared by many people and is not deleted when one of them is erased, but mailings put the
    recipient's address into a UTM tag. A hidden contact becomes `•••`, in sources followed by the id of the source, so
    that different sources stay different and no figure changes.
    """
    sought = pattern_of_contacts(contacts)
    if sought is not None:
        source_ids = _hide_in_sources(connection, site_id, sorted(contacts), sought)
        _hide_in_visits(connection, site_id, is_in(visit.c.id, visit_ids), sought)
        if source_ids:  # visits have no index of their sources
            from_sources = is_in(visit.c.traffic_source_id, source_ids)
            _hide_in_visits(connection, site_id, and_(visit.c.started_at >= now - RECENT, from_sources), sought)
            imported = visit.c.id.in_(_lately_imported(site_id, now - RECENT))
            _hide_in_visits(connection, site_id, and_(imported, from_sources), sought)


def _lately_imported(site_id: int, since: datetime) -> Select[tuple[int]]:
    """Return a query of the ids of a site's visits that were added by imports which had not ended before `since`."""
    has_not_ended = or_(file_import.c.finished_at.is_(None), file_import.c.finished_at >= since)
    numbers = select(file_import.c.number).where(
        file_import.c.site_id == site_id, file_import.c.noun == "visit", has_not_ended
    )
    return select(imported_row.c.row_id).where(
        imported_row.c.site_id == site_id, imported_row.c.import_number.in_(numbers)
    )


def _hide_in_visits(connection: Connection, site_id: int, which: ColumnElement[bool], sought: re.Pattern[str]) -> None:
    columns = visit.c
    texts = select(columns.id, columns.utm, columns.landing_url, columns.referrer)
    hidden: list[dict[str, object]] = []
    for row in connection.execute(texts.where(columns.site_id == site_id, which)):
        utm = {part: hide_in(text, sought) for part, text in row.utm.items()}
        url, referrer = hide_in(row.landing_url, sought), hide_in(row.referrer, sought)
        if (utm, url, referrer) != (row.utm, row.landing_url, row.referrer):
            values = {"hidden_utm": utm, "hidden_url": url, "hidden_referrer": referrer}
            hidden.append({"of_visit": row.id, **values})
    replaced: ValuesByName = {
        "utm": bindparam("hidden_utm"),
        "landing_url": bindparam("hidden_url"),
        "referrer": bindparam("hidden_referrer"),
    }
    mine = (columns.site_id == site_id, columns.id == bindparam("of_visit"))
    execute_many(connection, update(visit).where(*mine).values(replaced), hidden)


def _hide_in_sources(
    connection: Connection, site_id: int, contacts: Sequence[str], sought: re.Pattern[str]
) -> list[int]:
    """Hide the contacts in traffic sources, and return the ids of the sources that contained any."""
    hidden = _hidden_sources(connection, site_id, contacts, sought)
    rows = [{"of_source": source_id, **source_values(source)} for source_id, source in sorted(hidden.items())]
    columns = traffic_source.c
    mine = (columns.site_id == site_id, columns.id == bindparam("of_source"))
    values: ValuesByName = {name: bindparam(name) for name in source_values(DIRECT)}
    execute_many(connection, update(traffic_source).where(*mine).values(values), rows)
    return sorted(hidden)


def _hidden_sources(
    connection: Connection, site_id: int, contacts: Sequence[str], sought: re.Pattern[str]
) -> dict[int, TrafficSource]:
    """Find the traffic sources of a site that contain a contact; return them with hidden contacts, by id."""
    columns = traffic_source.c
    parts = [columns[part] for part in SOURCE_PARTS]
    hidden: dict[int, TrafficSource] = {}
    for first in range(0, len(contacts), CONTACTS_AT_ONCE):
        some = contacts[first : first + CONTACTS_AT_ONCE]
        named = or_(*(_may_contain(columns[f"{part}_key"], some) for part in SOURCE_PARTS))
        for source_id, *texts in connection.execute(
            select(columns.id, *parts).where(columns.site_id == site_id, named)
        ):
            source = TrafficSource(*(hide_in(text, sought, f"{HIDDEN}{source_id}") for text in texts))
            if source != TrafficSource(*texts):
                hidden[source_id] = source
    return hidden


def _may_contain(column: ColumnElement[str], contacts: Sequence[str]) -> ColumnElement[bool]:
    """Return an SQL condition that every lower-case string meets in which `hide_in` would find one of the contacts.

    Letters of an e-mail may be escaped too. Such strings are few, and are recognised first by the sign `%`.
    """
    found = [_like(column, _pattern_in_lower_case(contact)) for contact in contacts]
    emails = [contact for contact in contacts if not contact.isdecimal()]
    if emails:
        escapes = _ESCAPED_LETTERS if all(map(str.isascii, emails)) else (_ANY_ESCAPE,)
        found.append(and_(_like(column, _ANY_ESCAPE), or_(*(_like(column, pattern) for pattern in escapes))))
    return or_(*found)


def _like(column: ColumnElement[str], pattern: str) -> ColumnElement[bool]:
    return column.like(pattern, escape=_LIKE_ESCAPE)


def _may_name(url: ColumnElement[str], contact: str) -> ColumnElement[bool]:
    """Return an SQL condition that a URL may contain a contact; letters beyond ASCII are escaped in URLs."""
    pattern = _pattern_in_lower_case(contact)
    if contact.isdecimal():
        return url.like(pattern)
    return url.ilike("".join(sign if sign.isascii() else f"%{sign.encode().hex('%')}%" for sign in pattern))


def _pattern_in_lower_case(contact: str) -> str:
    """Return a `LIKE` pattern that finds a contact with unescaped letters and digits, however its signs are written."""
    parts = national_digits(contact) if contact.isdecimal() else re.findall(r"[^\W_]+", contact.casefold())
    return f"%{'%'.join(parts)}%"
