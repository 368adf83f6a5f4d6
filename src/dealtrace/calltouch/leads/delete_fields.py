"""`customfield/delete`: clear custom fields of a call, a lead request or a deal."""

from collections.abc import Sequence

import msgspec

from dealtrace.calltouch.answers.outcomes import fields_clearing
from dealtrace.calltouch.json_bodies import ObjectBody, read_item
from dealtrace.calltouch.json_keys import named_values
from dealtrace.calltouch.json_scalars import SentScalar, scalar_text
from dealtrace.calltouch.leads.annotate import parse_checked
from dealtrace.calltouch.parameters import CUSTOM
from dealtrace.calltouch.wire_types import Names
from dealtrace.deals.deal_key import DealKey
from dealtrace.errors import InvalidParameters, Violation
from dealtrace.http.caller import Caller
from dealtrace.http.parameter_table import Parameter, ParameterTable, Sent
from dealtrace.http.parameter_types import Integer, Text
from dealtrace.http.query_string import Pairs
from dealtrace.http.replies import Reply, success
from dealtrace.leads.lead import LeadKind
from dealtrace.leads.limits import NUMBER_LENGTH_MAX, REFERENCE_LENGTH_MAX, SIP_ID_LENGTH_MAX
from dealtrace.operations.deals.clear_fields import Clearing, LeadName, clear_fields
from dealtrace.plain_text import stripped

OWNERS = (
    Parameter("callId", Integer(), "Идентификатор звонка.", "The call's id."),
    Parameter("callReferenceId", Text(REFERENCE_LENGTH_MAX), "Звонок по его ID в АТС.", "The call's id in the PBX."),
    Parameter("sipCallId", Text(SIP_ID_LENGTH_MAX), "Звонок по его SIP ID.", "The call's SIP id."),
    Parameter("requestId", Integer(), "Идентификатор заявки.", "The lead request's id."),
    Parameter(
        "requestNumber",
        Text(NUMBER_LENGTH_MAX),
        "Заявка по номеру на сайте.",
        "The lead request's number on the website.",
    ),
    Parameter("orderId", Integer(), "Идентификатор сделки.", "The deal's id."),
    Parameter("orderNumber", Text(NUMBER_LENGTH_MAX), "Сделка по номеру в CRM.", "The deal's number in the CRM."),
)
TABLE = ParameterTable(OWNERS)


class FieldsToClear(msgspec.Struct, frozen=True, rename="camel"):
    """The JSON body of the request: the id of a lead or deal, and the names of the fields to clear."""

    call_id: SentScalar = None
    call_reference_id: SentScalar = None
    sip_call_id: SentScalar = None
    request_id: SentScalar = None
    request_number: SentScalar = None
    order_id: SentScalar = None
    order_number: SentScalar = None
    custom_fields: Sequence[SentScalar] = ()


FIELD_NAMES = Parameter(
    "customFields", Names(CUSTOM.key_length_max), "Имена полей.", "The names of the fields to clear.", required=True
)
BODY = ObjectBody((*OWNERS, FIELD_NAMES))


async def respond(caller: Caller, items: Sequence[object]) -> Reply:
    """Clear custom fields and answer with the sent names, even if the lead or deal had no values of these fields.

    Ours: we chose this answer, since the vendor documents none.
    """
    clearing = read_clearing(items[0])
    owner_id: int = await caller.write(clear_fields, clearing)
    kind = clearing.owner.kind if isinstance(clearing.owner, LeadName) else None
    answer = fields_clearing(kind, owner_id, list(clearing.names))
    owner = next(iter(answer["data"]))
    return success(answer, "fields_cleared", site_id=caller.site.id, owner=owner, owner_id=owner_id)


def read_clearing(item: object) -> Clearing:
    """Parse the lead or deal, and the names of its fields to clear.

    Raises:
        InvalidParameters: not exactly one lead or deal is identified, there are no names or too many, or a name is too
            long.
    """
    document = read_item(item, FieldsToClear)
    values = dict(named_values(document))
    sent = TABLE.read(Pairs({name: scalar_text(values[name]) for name in TABLE.named}))
    if len(sent.values) != 1:
        known = ", ".join(TABLE.named)
        raise InvalidParameters(
            [Violation("*", f"нужно ровно одно из: {known}", f"exactly one of these is required: {known}")]
        )
    return Clearing(_owner(sent), _read_names(document.custom_fields))


def _read_names(sent: Sequence[SentScalar]) -> tuple[str, ...]:
    texts = dict.fromkeys(stripped(scalar_text(name)) for name in sent if name)
    if not 0 < len(texts) <= CUSTOM.members_max:
        limit = (f"ожидается от 1 до {CUSTOM.members_max} имён", f"1 to {CUSTOM.members_max} names are expected")
        raise InvalidParameters([Violation(FIELD_NAMES.name, *limit)])
    return tuple(parse_checked(FIELD_NAMES.name, Text(CUSTOM.key_length_max).read, text) for text in texts)


def _owner(sent: Sent) -> LeadName | DealKey:
    (name,) = sent.values
    value = sent[name]
    match name:
        case "callId":
            return LeadName(LeadKind.CALL, id=value)
        case "callReferenceId":
            return LeadName(LeadKind.CALL, reference=value)
        case "sipCallId":
            return LeadName(LeadKind.CALL, sip_id=value)
        case "requestId":
            return LeadName(LeadKind.LEAD_REQUEST, id=value)
        case "requestNumber":
            return LeadName(LeadKind.LEAD_REQUEST, reference=value)
        case _:
            return DealKey(sent.get("orderId"), sent.get("orderNumber"))
