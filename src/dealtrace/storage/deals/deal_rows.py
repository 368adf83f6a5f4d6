"""Conversion between deals and the rows of their table."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from operator import attrgetter

from msgspec import convert
from sqlalchemy import and_, select

from dealtrace.attribution.traffic_source import SOURCE_PARTS, TrafficSource
from dealtrace.deals.deal import Deal, DealId
from dealtrace.deals.details import NO_DETAILS, DealDetails
from dealtrace.deals.lead_clue import NO_CLUE, CallIdentity, LeadClue, LeadRequestIdentity, SearchContacts
from dealtrace.deals.matchers import Matcher, began_between, keys_of
from dealtrace.leads.contact import StatedContact
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.plain_text import stripped
from dealtrace.record import record
from dealtrace.storage.database.compiled_statement import NamedRow, ValuesByName
from dealtrace.storage.schema.tables.deals import deal
from dealtrace.storage.schema.tables.visits import traffic_source

_STATED = and_(traffic_source.c.site_id == deal.c.site_id, traffic_source.c.id == deal.c.stated_source_id)
FURTHER_COLUMNS = ("status_since", "margin_rub", "currency", "details", "client_name", "matchers", "visit_id")
"""The columns that are null in a new deal of the 1.0 API: only the 2.0 API, imports and later changes set them."""
_NOT_IN_A_DEAL = ("site_id", "visited_at", "fingerprint", "client_name")
DEAL_ROWS = select(
    *(column for column in deal.c if column.name not in _NOT_IN_A_DEAL),
    *(traffic_source.c[part] for part in SOURCE_PARTS),
).outerjoin(traffic_source, _STATED)
"""The select of deals, joined with the traffic source that the CRM stated; `deal_from_row` converts its rows."""

NEW_COLUMNS = tuple(column.name for column in deal.c if column.name not in FURTHER_COLUMNS)
"""The columns that are inserted for a new deal of the 1.0 API; all other columns are null until a change sets them."""
STAMP_COLUMNS = ("touched_at", "changed_at", "deleted_at", "version")
CHANGING_COLUMNS = ("status", "amount_rub", "service", "manager", "comment", "custom_values", "stated_source_id")
"""The columns that both a new deal and a change write, besides `STAMP_COLUMNS`."""
LEAD_KINDS: Mapping[str, LeadKind] = {kind.value: kind for kind in LeadKind}
"""The kinds of leads by stored name; a mapping is faster than calling the enumeration for every deal."""


@record
class DealToInsert:
    """A deal to insert, the fingerprint (a hash) of its registration, and the start of its visit."""

    deal: Deal
    fingerprint: str
    visited_at: datetime | None


def new_deal_columns(site_id: int, new: DealToInsert, source_ids: Mapping[TrafficSource, int]) -> dict[str, object]:
    """Return the row of a new deal, without `FURTHER_COLUMNS`."""
    deal = new.deal
    return {
        "site_id": site_id,
        "id": deal.id,
        "number": deal.number,
        "happened_at": deal.happened_at,
        "recorded_at": deal.recorded_at,
        **lead_columns(deal, new.visited_at),
        "fingerprint": new.fingerprint,
        **changing_columns(deal, source_ids),
        **clue_columns(deal.clue),
    }


def lead_columns(deal: Deal, visited_at: datetime | None) -> dict[str, object]:
    """Return the columns for the lead of a deal; `visited_at` is when the visit of the deal or of its lead began."""
    return {
        "lead_kind": deal.lead.kind if deal.lead is not None else None,
        "lead_id": deal.lead.id if deal.lead is not None else None,
        "visited_at": visited_at,
        "pinned_at": deal.pinned_at,
    }


def changing_columns(deal: Deal, source_ids: Mapping[TrafficSource, int]) -> dict[str, object]:
    """Return the columns that a change to a deal may write, including `STAMP_COLUMNS`."""
    return {
        "status": deal.status,
        "amount_rub": deal.amount_rub,
        "service": deal.service,
        "manager": deal.manager,
        "comment": deal.comment,
        "custom_values": deal.custom_values or None,
        "stated_source_id": source_ids[deal.stated_source] if deal.stated_source is not None else None,
        **deletion_columns(deal),
    }


def has_further_columns(deal: Deal) -> bool:
    """Return whether a new deal sets some of `FURTHER_COLUMNS`.

    This is so if the deal has a currency or matchers (searches for its lead, defined by the CRM).
    """
    return bool(deal.matchers) or deal.currency is not None


def further_columns(deal: Deal) -> dict[str, object]:
    """Return `FURTHER_COLUMNS` of a deal: those that only the 2.0 API, imports and changes set.

    `client_name` repeats a part of `details`, because the search by name needs an index.
    """
    book = deal.details.main_contacts
    return {
        "status_since": deal.status_since,
        "margin_rub": deal.margin_rub,
        "currency": deal.currency,
        "details": _stated_parts(deal.details) or None,
        "client_name": (book.full_name or None) if book is not None else None,
        "matchers": [_stated_parts(matcher) for matcher in deal.matchers] or None,
        "visit_id": deal.visit_id,
    }


def _parts_of(
    shape: type[DealDetails | Matcher],
) -> tuple[list[str], Callable[[object], Sequence[object]], list[object]]:
    """Return the names of a record's fields, a function that reads all their values, and their defaults."""
    names = [part.name for part in fields(shape)]
    return names, attrgetter(*names), [part.default for part in fields(shape)]


_PARTS = {shape: _parts_of(shape) for shape in (DealDetails, Matcher)}


def _stated_parts(parts: DealDetails | Matcher) -> dict[str, object]:
    """Return only the fields that differ from their defaults, so that defaults take no space."""
    of_all, values, defaults = _PARTS[type(parts)]
    return {
        name: value
        for name, value, default in zip(of_all, values(parts), defaults, strict=True)
        if value is not default and value != default
    }


def key_rows(site_id: int, deal: Deal) -> list[ValuesByName]:
    """Return the rows by which a deal with matchers (conditions that find a lead) is found when its lead comes later.

    There is a row for each key, such as a phone, with the earliest and the latest start that a lead with this key may
    have. If several matchers have the key, the interval covers the intervals of all of them.
    """
    ends: dict[str, tuple[datetime, datetime]] = {}
    for matcher in deal.matchers:
        opens_at, closes_at = began_between(matcher)
        for key in keys_of(matcher):
            known = ends.get(key, (opens_at, closes_at))
            ends[key] = (min(opens_at, known[0]), max(closes_at, known[1]))
    return [
        {"site_id": site_id, "key": key, "deal_id": deal.id, "opens_at": opens_at, "closes_at": closes_at}
        for key, (opens_at, closes_at) in sorted(ends.items())
    ]


def deletion_columns(deal: Deal) -> dict[str, object]:
    """Return the `STAMP_COLUMNS` of a deal: its version and the times that are stored with every change or deletion."""
    return {name: getattr(deal, name) for name in STAMP_COLUMNS}


def tag_rows(site_id: int, deal: Deal) -> list[ValuesByName]:
    """Return a row for each tag of a deal, in the order of the tags."""
    return [
        {"site_id": site_id, "deal_id": deal.id, "position": position, "tag": tag}
        for position, tag in enumerate(deal.tags)
    ]


_NO_CLUE_COLUMNS: ValuesByName = {
    "clue_call_id": None,
    "clue_call_reference": None,
    "clue_lead_request_id": None,
    "clue_lead_request_number": None,
    "clue_phone_as_sent": None,
    "clue_phone": None,
    "clue_email_as_sent": None,
    "clue_email": None,
    "clue_link_threshold_seconds": None,
    "clue_only_kind": None,
    "clue_further": None,
}

CLUE_COLUMNS = tuple(_NO_CLUE_COLUMNS)
"""The columns that store a deal's clue: the ids and contacts with which the CRM identifies the deal's lead."""


def clue_columns(clue: LeadClue) -> dict[str, object]:
    """Return the values of the columns that store a deal's clue.

    A clue consists of the ids and contacts with which the CRM identifies the deal's lead.
    """
    columns = dict(_NO_CLUE_COLUMNS)
    match clue.identity:
        case CallIdentity(call_id, reference):
            columns |= {"clue_call_id": call_id, "clue_call_reference": _stripped(reference)}
        case LeadRequestIdentity(lead_request_id, number):
            columns |= {"clue_lead_request_id": lead_request_id, "clue_lead_request_number": _stripped(number)}
    if clue.contact is not None:
        phone, email = clue.contact.phone, clue.contact.email
        columns |= {
            "clue_phone_as_sent": phone.as_sent if phone else None,
            "clue_phone": phone.normal if phone else None,
            "clue_email_as_sent": email.as_sent if email else None,
            "clue_email": email.normal if email else None,
            "clue_link_threshold_seconds": clue.contact.link_threshold // timedelta(seconds=1),
            "clue_only_kind": clue.contact.only_kind,
            "clue_further": _further_contacts(clue.contact) or None,
        }
    return columns


def _stripped(reference: str | None) -> str | None:
    return stripped(reference) if reference is not None else None


def _further_contacts(contact: SearchContacts) -> list[str]:
    """List the contacts after the first phone and the first e-mail, phones first."""
    phones = contact.phone.further if contact.phone is not None else ()
    return [*phones, *(contact.email.further if contact.email is not None else ())]


def contact_rows(rows: Iterable[ValuesByName]) -> list[ValuesByName]:
    """Return a row for each further contact of deals; the first phone and e-mail are columns of the deals."""
    return [
        {"site_id": row["site_id"], "contact": contact, "deal_id": row["id"]}
        for row in rows
        if isinstance(further := row["clue_further"], list)
        for contact in further
    ]


def deal_from_row(row: NamedRow, tags: tuple[str, ...]) -> Deal:
    """Return the deal in a row of `DEAL_ROWS`, with the given tags."""
    return Deal(
        id=DealId(row.id),
        number=row.number,
        status=row.status,
        amount_rub=row.amount_rub,
        happened_at=row.happened_at,
        recorded_at=row.recorded_at,
        touched_at=row.touched_at,
        status_since=row.status_since,
        changed_at=row.changed_at,
        deleted_at=row.deleted_at,
        pinned_at=row.pinned_at,
        version=row.version,
        service=row.service,
        manager=row.manager,
        comment=row.comment,
        tags=tags,
        custom_values=row.custom_values or {},
        margin_rub=row.margin_rub,
        currency=row.currency,
        details=convert(row.details, DealDetails) if row.details is not None else NO_DETAILS,
        matchers=convert(row.matchers, tuple[Matcher, ...]) if row.matchers is not None else (),
        stated_source=_stated_source(row),
        clue=_clue(row),
        lead=LeadRef(LEAD_KINDS[row.lead_kind], row.lead_id) if row.lead_id is not None else None,
        visit_id=row.visit_id,
    )


def _stated_source(row: NamedRow) -> TrafficSource | None:
    if row.stated_source_id is None:
        return None
    return TrafficSource(*(getattr(row, part) for part in SOURCE_PARTS))


def _clue(row: NamedRow) -> LeadClue:
    identity: CallIdentity | LeadRequestIdentity | None = None
    if row.clue_call_id is not None or row.clue_call_reference is not None:
        identity = CallIdentity(row.clue_call_id, row.clue_call_reference)
    elif row.clue_lead_request_id is not None or row.clue_lead_request_number is not None:
        identity = LeadRequestIdentity(row.clue_lead_request_id, row.clue_lead_request_number)
    contact = _search_contacts(row)
    return NO_CLUE if identity is None and contact is None else LeadClue(identity, contact)


def _search_contacts(row: NamedRow) -> SearchContacts | None:
    if row.clue_phone_as_sent is None and row.clue_email_as_sent is None:
        return None
    further = row.clue_further or ()
    return SearchContacts(
        phone=_stated(row.clue_phone_as_sent, row.clue_phone, (item for item in further if "@" not in item)),
        email=_stated(row.clue_email_as_sent, row.clue_email, (item for item in further if "@" in item)),
        link_threshold=timedelta(seconds=row.clue_link_threshold_seconds),
        only_kind=LeadKind(row.clue_only_kind) if row.clue_only_kind is not None else None,
    )


def _stated(as_sent: str | None, normal: str | None, further: Iterable[str]) -> StatedContact | None:
    return StatedContact(as_sent, normal, tuple(further)) if as_sent is not None else None
