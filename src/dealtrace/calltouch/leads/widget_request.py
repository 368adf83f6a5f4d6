"""`widget-request/user-form/create`: register a form of the callback widget as a lead request.

Ours: this server has no telephony, so no call is made, and the same phone may be sent again at once.
"""

import re
from collections.abc import Iterable, Sequence

import msgspec

from dealtrace import clock
from dealtrace.attribution.traffic_source import SOURCE_PARTS, TrafficSource
from dealtrace.attribution.visit import VisitId
from dealtrace.calltouch.answers.formats import day_first_clock, utc_of_wall_clock
from dealtrace.calltouch.answers.outcomes import WidgetRequest
from dealtrace.calltouch.json_bodies import ObjectBody, Tag, joined_tags, read_item
from dealtrace.calltouch.json_keys import named_values
from dealtrace.calltouch.json_scalars import SentScalar, scalar_text
from dealtrace.calltouch.lead_request_parameters import CALL_URL, SCHEDULE_TIME, WIDGET_FIELDS, WIDGET_REQUEST
from dealtrace.calltouch.leads.annotate import parse_checked
from dealtrace.errors import ContactUnusable, InvalidParameters, Violation, WidgetNotFound
from dealtrace.http.caller import Caller
from dealtrace.http.parameter_table import ParameterTable, Sent
from dealtrace.http.parameter_types import Text
from dealtrace.http.query_string import Pairs
from dealtrace.http.replies import Reply, success
from dealtrace.leads.annotations import Annotations
from dealtrace.leads.contact import list_emails, list_phones
from dealtrace.leads.lead_request import IncomingLeadRequest, LeadRequest
from dealtrace.leads.limits import (
    COMMENT_LENGTH_MAX,
    CUSTOM_VALUE_LENGTH_MAX,
    EMAIL_LENGTH_MAX,
    LABEL_LENGTH_MAX,
    PHONE_LENGTH_MAX,
)
from dealtrace.operations.deals.register_with_lead_request import LeadRequestWithDeal, register_with_deals
from dealtrace.quota.points import PaidMethod
from dealtrace.record import record

TABLE = ParameterTable(tuple(each for each in WIDGET_REQUEST if each.name != "phone"))
"""The parameters of a form except its phone, which `_read_person` parses: it may be longer than `PHONE_LENGTH_MAX`."""
FIELDS_MAX = 100
WIDGET_TAGS_MAX = 10
"""The vendor's limit on the tags of a request from the widget."""
_NAMES_OF_PERSON = frozenset({"name", "fio", "имя", "фио"})
_CONTACT_TYPES = frozenset({"email", "phone", "tel"})
_BETWEEN, _LETTER = re.compile(r"[\s,;]+"), re.compile(r"[^\W\d_]")


class WidgetField(msgspec.Struct, frozen=True):
    """A field of the form that the visitor sent."""

    name: SentScalar = None
    value: SentScalar = None
    type: SentScalar = None


class WidgetForm(msgspec.Struct, frozen=True, rename="camel"):
    """The JSON body of the request."""

    route_key: SentScalar = None
    phone: SentScalar = None
    fields: Sequence[WidgetField] | None = None
    session_id: SentScalar = None
    utm_source: SentScalar = None
    utm_medium: SentScalar = None
    utm_campaign: SentScalar = None
    utm_content: SentScalar = None
    utm_term: SentScalar = None
    call_url: SentScalar = None
    schedule_time: SentScalar = None
    tags: Sequence[Tag | SentScalar] | SentScalar = None


BODY = ObjectBody((*WIDGET_REQUEST, WIDGET_FIELDS))


@record
class _Person:
    """The person who filled in the form; `rest` has the other fields as pairs of name and value."""

    phone: str | None
    email: str | None
    name: str | None
    rest: tuple[tuple[str, str], ...]


async def respond(caller: Caller, items: Sequence[object]) -> Reply:
    """Register the form as a lead request and answer with its id."""
    payload = LeadRequestWithDeal(read_lead_request(caller, items[0]), None, PaidMethod.WIDGET)
    taken: LeadRequest = await caller.write(register_with_deals, payload)
    answer: WidgetRequest = {"data": {"widgetRequestId": taken.id}}
    return success(answer, "lead_request_taken_in", site_id=caller.site.id, lead_request_id=taken.id)


def read_lead_request(caller: Caller, item: object) -> IncomingLeadRequest:
    """Build a lead request from a form; its time is now.

    Ours: like the vendor, we check the contact before the key of the widget. Only the number and length of the
    fields are checked earlier, because the fields are searched for contacts. An unusable phone is not refused if the
    fields have another contact, since a refusal would lose the lead.

    Raises:
        ContactUnusable: neither a phone nor another contact can be used.
        WidgetNotFound: no key of a widget was sent.
        InvalidParameters: one violation for each other value that is malformed.
    """
    document = read_item(item, WidgetForm)
    _check_fields(document.fields or ())
    person = _read_person(document)
    if not scalar_text(document.route_key).strip():
        raise WidgetNotFound
    sent = TABLE.read(Pairs(_texts(document)))
    if len(sent.get("tags", ())) > WIDGET_TAGS_MAX:
        raise InvalidParameters([_too_many("tags", WIDGET_TAGS_MAX)])
    visit_id = sent.get("sessionId")
    return IncomingLeadRequest(
        requested_at=clock.now(),
        phone=person.phone,
        email=person.email,
        client_name=person.name,
        form_name=sent["routeKey"],
        visit_id=VisitId(visit_id) if visit_id is not None else None,
        page_url=sent.get(CALL_URL.name),
        annotations=_annotations(caller, sent, person),
    )


def _check_fields(fields: Sequence[WidgetField]) -> None:
    """Check the number and length of the fields, before their values are searched for contacts.

    Raises:
        InvalidParameters: there are too many fields, or a name or value is too long or has a null byte.
    """
    if len(fields) > FIELDS_MAX:
        raise InvalidParameters([_too_many(WIDGET_FIELDS.name, FIELDS_MAX)])
    for field in fields:
        for word in (field.name, field.value, field.type):
            parse_checked(WIDGET_FIELDS.name, Text(CUSTOM_VALUE_LENGTH_MAX).read, scalar_text(word))


def _too_many(name: str, most: int) -> Violation:
    return Violation(name, f"допускается не более {most}", f"at most {most} are allowed")


def _read_person(document: WidgetForm) -> _Person:
    """Find the contacts and the name of the person in the parameter `phone` and in the fields of the form.

    Ours: a field whose whole value is a contact or a name is used as it is. Contacts inside a longer value, such as a
    comment, are used only if no whole value is a contact of the same kind; the longer value is kept in `rest`.

    Raises:
        ContactUnusable: neither a phone nor an e-mail can be used.
        InvalidParameters: the phone has more than `CUSTOM_VALUE_LENGTH_MAX` characters or a null byte.
    """
    phone = parse_checked("phone", Text(CUSTOM_VALUE_LENGTH_MAX).read, scalar_text(document.phone)).strip()
    found: dict[str, str] = {"phone": phone} if _is_phone(phone) else {}
    rest: list[tuple[str, str]] = [("phone", phone)] if phone and "phone" not in found else []
    texts = [phone]
    for field in document.fields or ():
        kind, label, value = _kind_of(field), scalar_text(field.name).strip(), scalar_text(field.value).strip()
        texts.append(value)
        if kind and kind not in found:
            found[kind] = value
        elif value:
            rest.append((label, value))
    if "phone" not in found:
        found["phone"] = _joined((number for text in texts for number in list_phones(text)), PHONE_LENGTH_MAX)
    if "email" not in found:
        found["email"] = _joined((email for text in texts for email in list_emails(text)), EMAIL_LENGTH_MAX)
    if not found["phone"] and not found["email"]:
        raise ContactUnusable
    return _Person(found["phone"] or None, found["email"] or None, found.get("name"), tuple(rest))


def _kind_of(field: WidgetField) -> str:
    """Return the kind of a field's whole value: `email`, `name` or `phone`, or an empty string for anything else."""
    value, kind = scalar_text(field.value).strip(), scalar_text(field.type).strip().lower()
    is_contact = kind in _CONTACT_TYPES
    if len(value) <= EMAIL_LENGTH_MAX and (is_contact or _has_only_emails(value)) and list_emails(value):
        return "email"
    is_named = kind == "name" or scalar_text(field.name).strip().lower() in _NAMES_OF_PERSON
    if is_named and 0 < len(value) <= LABEL_LENGTH_MAX:
        return "name"
    return "phone" if _is_phone(value) and (is_contact or not _LETTER.search(value)) else ""


def _has_only_emails(text: str) -> bool:
    return all("@" in word for word in _BETWEEN.split(text) if word)


def _is_phone(text: str) -> bool:
    return len(text) <= PHONE_LENGTH_MAX and bool(list_phones(text))


def _joined(contacts: Iterable[str], length_max: int) -> str:
    """Return contacts joined by commas, each once; only those that fit in `length_max` characters are returned."""
    text = ""
    for contact in dict.fromkeys(contacts):
        longer = f"{text}, {contact}" if text else contact
        text = longer if len(longer) <= length_max else text
    return text


def _texts(document: WidgetForm) -> dict[str, str]:
    named = dict(named_values(document))
    sent = document.tags
    tags = scalar_text(sent) if sent is None or isinstance(sent, str | int | float) else joined_tags(sent)
    return {name: tags if name == "tags" else scalar_text(named[name]) for name in TABLE.named}


def _annotations(caller: Caller, sent: Sent, person: _Person) -> Annotations:
    """Build the annotations of a form; fields that are not custom fields of the site become lines of the comment.

    If a custom field is repeated, its first value is used, and the other values become lines of the comment.
    """
    known: dict[str, str] = {}
    lines: list[str] = []
    for name, value in person.rest:
        if name in caller.site.custom_fields and name not in known:
            known[name] = value
        else:
            lines.append(f"{name}: {value}")
    if SCHEDULE_TIME.name in sent.values:
        zone = caller.site.time_zone
        call_at = utc_of_wall_clock(sent[SCHEDULE_TIME.name], zone)
        lines.append(f"{SCHEDULE_TIME.name}: {day_first_clock(call_at, zone)}")
    stated = {
        part: sent[f"utm{part.capitalize()}"] for part in SOURCE_PARTS if f"utm{part.capitalize()}" in sent.values
    }
    return Annotations(
        comment="\n".join(lines)[:COMMENT_LENGTH_MAX] or None,
        tags=sent.get("tags", ()),
        custom_values=known,
        stated_source=TrafficSource(**stated) if stated else None,
    )
