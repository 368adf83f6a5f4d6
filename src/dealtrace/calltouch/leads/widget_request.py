"""`widget-request/user-form/create`: register a form of the callback widget as a lead request.

Ours: this server has no telephony, so no call is made, and the same phone may be sent again at once.
"""

from collections.abc import Mapping, Sequence

import msgspec

from dealtrace import clock
from dealtrace.attribution.traffic_source import SOURCE_PARTS, TrafficSource
from dealtrace.attribution.visit import VisitId
from dealtrace.calltouch.answers.outcomes import WidgetRequest
from dealtrace.calltouch.batches import Tag, Word, object_schema, read_document, read_item, word_text
from dealtrace.calltouch.form_parameters import CALL_URL, ROUTE_KEY, SCHEDULE_TIME, WIDGET_FIELDS, WIDGET_REQUEST
from dealtrace.calltouch.json_keys import named_values
from dealtrace.calltouch.leads.annotate import checked
from dealtrace.errors import ContactUnusable, InvalidParameters, Violation, WidgetNotFound
from dealtrace.http.caller import Caller
from dealtrace.http.forms import Pairs
from dealtrace.http.parameter_types import Text
from dealtrace.http.parameters import Parameter, ParameterTable, Sent
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
from dealtrace.operations.leads.register_with_deal import LeadRequestWithDeal, register_with_deals
from dealtrace.quota.points import PaidMethod
from dealtrace.record import record

TABLE = ParameterTable(WIDGET_REQUEST)
FIELDS_MAX = 100
TAGS_MAX = 10
"""The vendor's limit on the tags of a request from the widget."""
_NAMES_OF_PERSON = frozenset({"name", "fio", "имя", "фио"})


class Field(msgspec.Struct, frozen=True):
    """A field of the form."""

    name: Word = None
    value: Word = None
    type: Word = None


class Document(msgspec.Struct, frozen=True, rename="camel"):
    """The JSON body of the request."""

    route_key: Word = None
    phone: Word = None
    fields: Sequence[Field] | None = None
    session_id: Word = None
    utm_source: Word = None
    utm_medium: Word = None
    utm_campaign: Word = None
    utm_content: Word = None
    utm_term: Word = None
    call_url: Word = None
    schedule_time: Word = None
    tags: Sequence[Tag | str] | str | None = None


class Body:
    """A request body that is a single object, treated as a list with one item."""

    name = "fields"

    def items_of(self, body: bytes) -> list[object]:
        """Parse the body as JSON, whatever its Content-Type, and return it as the only item of a list."""
        return [read_document(body)]

    def described(self) -> list[Parameter]:
        """List the keys of the body, for the documentation."""
        return [*WIDGET_REQUEST, WIDGET_FIELDS]

    def schema(self) -> Mapping[str, object]:
        """Return the JSON Schema of the request body."""
        return object_schema(self.described(), [ROUTE_KEY.name])


BODY = Body()


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

    Ours: the contact is checked before the key of the widget, as at the vendor; only the number and length of the
    fields are checked earlier, since contacts are searched for in them. An unusable phone is not refused if the fields
    have another contact, since that would lose the lead.

    Raises:
        ContactUnusable: neither a phone nor another contact can be used.
        WidgetNotFound: no key of a widget was sent.
        InvalidParameters: one violation for each other value that is malformed.
    """
    document = read_item(item, Document)
    _check_fields(document.fields or ())
    person = _read_person(document)
    if not word_text(document.route_key).strip():
        raise WidgetNotFound
    sent = TABLE.read(Pairs(_texts(document)))
    _check(sent, person)
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


def _check_fields(fields: Sequence[Field]) -> None:
    """Check the number and length of the fields, before their values are searched for contacts.

    Raises:
        InvalidParameters: there are too many fields, or a name or value is too long or has a zero byte.
    """
    if len(fields) > FIELDS_MAX:
        raise InvalidParameters([_too_many(WIDGET_FIELDS.name, FIELDS_MAX)])
    for field in fields:
        for word in (field.name, field.value, field.type):
            checked(WIDGET_FIELDS.name, Text(CUSTOM_VALUE_LENGTH_MAX).read, word_text(word))


def _too_many(name: str, most: int) -> Violation:
    return Violation(name, f"допускается не более {most}", f"at most {most} are allowed")


def _read_person(document: Document) -> _Person:
    """Find the contacts and the name of the person in the parameter `phone` and in the fields of the form.

    Raises:
        ContactUnusable: neither a phone nor an e-mail can be used.
        InvalidParameters: the phone has more than `CUSTOM_VALUE_LENGTH_MAX` characters or a zero byte.
    """
    phone: str | None = checked("phone", Text(CUSTOM_VALUE_LENGTH_MAX).read, word_text(document.phone)).strip() or None
    is_usable = phone is not None and bool(list_phones(phone))
    email: str | None = None
    name: str | None = None
    rest: list[tuple[str, str]] = []
    for field in document.fields or ():
        label, value = word_text(field.name).strip(), word_text(field.value).strip()
        kind = word_text(field.type).strip().lower()
        if not value:
            continue
        if email is None and list_emails(value):
            email = value
        elif name is None and (kind == "name" or label.lower() in _NAMES_OF_PERSON):
            name = value
        elif not is_usable and list_phones(value):
            rest += [("phone", phone)] if phone is not None else []
            phone, is_usable = value, True
        else:
            rest.append((label, value))
    if not is_usable and email is None:
        raise ContactUnusable
    return _Person(phone, email, name, tuple(rest))


def _texts(document: Document) -> dict[str, str]:
    named = dict(named_values(document))
    tags = document.tags if isinstance(document.tags, str) else ",".join(map(_tag_text, document.tags or ()))
    return {name: tags if name == "tags" else word_text(named[name]) for name in TABLE.named}


def _tag_text(tag: Tag | str) -> str:
    return tag if isinstance(tag, str) else word_text(tag.tag)


def _check(sent: Sent, person: _Person) -> None:
    """Check the limits that `TABLE` does not check: of tags, contacts and the name.

    Raises:
        InvalidParameters: there are too many tags, or a contact or the name of the client is too long.
    """
    wrong: list[Violation] = []
    if len(sent.get("tags", ())) > TAGS_MAX:
        wrong.append(_too_many("tags", TAGS_MAX))
    lengths = (
        ("phone", person.phone, PHONE_LENGTH_MAX),
        ("fields", person.email, EMAIL_LENGTH_MAX),
        ("fields", person.name, LABEL_LENGTH_MAX),
    )
    for name, text, most in lengths:
        if text is not None and len(text) > most:
            wrong.append(Violation(name, f"не длиннее {most} символов", f"must be at most {most} characters long"))
    if wrong:
        raise InvalidParameters(wrong)


def _annotations(caller: Caller, sent: Sent, person: _Person) -> Annotations:
    """Build the annotations of a form; fields that are not custom fields of the site become lines of the comment."""
    known = {name: value for name, value in person.rest if name in caller.site.custom_fields}
    lines = [f"{name}: {value}" for name, value in person.rest if name not in known]
    if SCHEDULE_TIME.name in sent.values:
        lines.append(f"{SCHEDULE_TIME.name}: {sent.texts[SCHEDULE_TIME.name]}")
    stated = {
        part: sent[f"utm{part.capitalize()}"] for part in SOURCE_PARTS if f"utm{part.capitalize()}" in sent.values
    }
    return Annotations(
        comment="\n".join(lines)[:COMMENT_LENGTH_MAX] or None,
        tags=sent.get("tags", ()),
        custom_values=known,
        stated_source=TrafficSource(**stated) if stated else None,
    )
