"""What webhooks are told, in the keys and the order of captured deliveries."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, get_type_hints
from urllib.parse import parse_qsl, urlsplit

import pytest
from jsonschema import Draft202012Validator

from account_work import account_work
from cast import Player, Stage
from dealtrace.accounts.webhook import BodyStyle, EventKind, Webhook, WebhookId
from dealtrace.app import describe
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.calltouch.answers.webhooks import AlertMessage, CallMessage, DealMessage, LeadRequestMessage
from dealtrace.calltouch.webhooks import vocabulary
from dealtrace.calltouch.webhooks.messages import write_messages, write_test
from dealtrace.deals.deal import DealId
from dealtrace.leads.annotations import Annotations
from dealtrace.leads.call import CallReport, Circumstances
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.operations.deals.change import change_deals
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.leads.report_calls import report_calls
from dealtrace.operations.personal_data import erase_person
from dealtrace.webhooks.delivery import Delivery, OutboxPosition
from dealtrace.webhooks.event import DealEvent, Event, LeadEvent, LeadPart
from dealtrace.webhooks.http_request import Message, write_request
from write_commands import NOON, by_call, change, registration

PHONE = "79205550055"
HOOK = Webhook(WebhookId(9), 1, "https://crm.example/", frozenset(EventKind), BodyStyle.FORM, "whsec_", NOON)
SENT_AT = NOON + timedelta(seconds=7)
SECONDS = int(NOON.timestamp())
DESCRIPTION = describe()
VISIT = (
    "attribution,source,medium,utm_source,utm_medium,utm_campaign,utm_content,utm_term,yaClientId,sessionId,ctClientId,"
    "ctGlobalId,hostname,url,attrs,ref,city,browser,os,device,ip"
)
CAPTURED = {
    "connected": "leadtype,callphase,id,changedFields,ctCallerId,callerphone,phonenumber,subPoolName,redirectNumber,"
    f"calltime,timestamp,unique,callback,worktime,pool,tags_auto_pn,tags_api,{VISIT},callReferenceNumber,siteId,"
    "siteName,userAgent,sendingTimestamp",
    "disconnected": "leadtype,callphase,id,changedFields,ctCallerId,callerphone,phonenumber,subPoolName,redirectNumber,"
    "duration,waiting_time,calltime,timestamp,status,statusDetails,unique,targetcall,uniqtargetcall,callback,worktime,"
    f"pool,tags_auto_gr,tags_auto_ct,tags_auto_pn,tags_manual,tags_api,{VISIT},sip_call_id,callReferenceNumber,reclink,"
    "orderId,siteId,siteName,userAgent,sendingTimestamp,manager,spam",
    "request": "leadtype,changedFields,requestId,requestNumber,subject,fio,callerphone,requestDate,uniquerequest,"
    f"targetrequest,uniqtargetrequest,tags_auto_gr,tags_auto_ct,tags_auto_pn,tags_manual,tags_api,tags_request,{VISIT},"
    "orderId,siteId,siteName,userAgent,sendingTimestamp,manager",
}
CHANGED_AS_CAPTURED = (
    "callphase,redirectNumber,duration,waiting_time,status,statusDetails,targetcall,uniqtargetcall,tags_auto_gr,"
    "tags_auto_ct,tags_manual,sip_call_id,reclink,orderId,sendingTimestamp,manager,spam"
)


def bodies_of(stage: Stage, player: Player, *events: Event, fields: Sequence[str] = ()) -> list[dict[str, str | None]]:
    """Write what events tell, each as a delivery of its own."""
    deliveries = [Delivery(HOOK.id, OutboxPosition(place), event, NOON) for place, event in enumerate(events, 1)]
    with stage.database.read() as connection:
        webhook = replace(HOOK, fields=tuple(fields))
        messages = write_messages(connection, player.site, webhook, deliveries, SENT_AT)
    for message in messages.values():
        assert_described(message)
    return [dict(messages[delivery.position].fields) for delivery in deliveries if delivery.position in messages]


def assert_described(message: Message) -> None:
    """Check a message, in each format, against what `/openapi.json` says of its event."""
    item = DESCRIPTION["webhooks"][message.kind]
    contents = item["post"]["requestBody"]["content"]
    signed = write_request(replace(HOOK, style=BodyStyle.JSON), message, SENT_AT)
    _validate(contents["application/json"]["schema"], json.loads(signed.body))
    form = write_request(HOOK, message, SENT_AT)
    _validate(contents["application/x-www-form-urlencoded"]["schema"], _pairs(form.body.decode()))
    query = write_request(replace(HOOK, style=BodyStyle.GET), message, SENT_AT)
    (fields,) = [parameter for parameter in item["get"]["parameters"] if parameter["in"] == "query"]
    _validate(fields["schema"], _pairs(urlsplit(query.url).query))
    for method, request in {"post": signed, "get": query}.items():
        named = {parameter["name"] for parameter in item[method]["parameters"] if parameter["in"] == "header"}
        assert named == {name for name in request.headers if name.startswith("webhook-")}


def _pairs(query: str) -> dict[str, str]:
    return dict(parse_qsl(query, keep_blank_values=True))


def _validate(schema: Any, value: object) -> None:
    validator = Draft202012Validator({**schema, "components": DESCRIPTION["components"]})
    assert [fault.message for fault in validator.iter_errors(value)] == []


def seen(stage: Stage, player: Player, **more: Any) -> int:
    visit = stage.visit(
        player,
        NOON - timedelta(minutes=9),
        TrafficSource("yandex", "cpc", "весна"),
        visitor="1700000000123",
        landing_url="https://shop.example/?a=1",
        ip="192.0.2.7",
        user_agent="Mozilla/5.0",
        **more,
    )
    return visit.id


def report(stage: Stage, player: Player, **values: Any) -> LeadRef:
    parts = {"pbx": "asterisk", **values.pop("circumstances", {})}
    sent = CallReport("17.1", NOON, phone="8 920 555-00-55", circumstances=Circumstances(**parts), **values)
    (call_id,) = stage.perform(report_calls, player, sent)
    return LeadRef(LeadKind.CALL, call_id)


def test_the_lists_of_keys_are_those_of_captured_deliveries() -> None:
    assert ",".join(vocabulary.CALL_BEGUN) == CAPTURED["connected"]
    assert ",".join(vocabulary.CALL) == CAPTURED["disconnected"]
    assert ",".join(vocabulary.LEAD_REQUEST) == CAPTURED["request"]
    counts = (len(vocabulary.CALL_BEGUN), len(vocabulary.CALL), len(vocabulary.LEAD_REQUEST))
    assert counts == (43, 57, 44)


def test_a_call_that_begins(stage: Stage, shop: Player) -> None:
    lead = report(stage, shop, circumstances={"dialled_phone": "74950000000"})
    (result,) = bodies_of(stage, shop, LeadEvent(EventKind.CALL_CONNECTED, lead))
    assert ",".join(result) == CAPTURED["connected"]
    expected = {
        "leadtype": "call",
        "callphase": "callconnected",
        "id": str(lead.id),
        "changedFields": None,
        "callerphone": PHONE,
        "phonenumber": "74950000000",
        "redirectNumber": "undefined",
        "calltime": "2018-03-26 12:00:00",
        "timestamp": str(SECONDS),
        "unique": "true",
        "callback": "non-callback",
        "worktime": None,
        "attribution": "1",
        "source": "(not set)",
        "medium": "(not set)",
        "utm_source": "<не указано>",
        "sessionId": None,
        "callReferenceNumber": "17.1",
        "siteId": str(shop.site.id),
        "siteName": "Shop",
        "sendingTimestamp": str(SECONDS + 7),
    }
    assert {key: result[key] for key in expected} == expected


def test_a_call_that_is_over_names_what_is_new(stage: Stage, shop: Player) -> None:
    lead = report(stage, shop)
    ended = {"is_successful": True, "waiting": timedelta(seconds=4), "answering_phone": "101", "sip_id": "s-1"}
    report(stage, shop, duration=timedelta(seconds=40), circumstances=ended)
    (made,) = stage.perform(register_deals, shop, registration("K-1", clue=by_call(lead.id)))
    parts = (LeadPart.DURATION, LeadPart.SIP_ID, LeadPart.SUCCESS, LeadPart.WAITING, LeadPart.ANSWERING_PHONE)
    (result,) = bodies_of(stage, shop, LeadEvent(EventKind.CALL_DISCONNECTED, lead, parts))
    assert ",".join(result) == CAPTURED["disconnected"]
    expected = {
        "callphase": "calldisconnected",
        "changedFields": CHANGED_AS_CAPTURED,
        "redirectNumber": "101",
        "duration": "40",
        "waiting_time": "4",
        "status": "successful",
        "statusDetails": "Соединение состоялось",
        "unique": "true",
        "targetcall": "target",
        "uniqtargetcall": "uniqtarget",
        "sip_call_id": "s-1",
        "reclink": None,
        "orderId": str(made.deal_id),
        "spam": "false",
    }
    assert {key: result[key] for key in expected} == expected


def test_a_call_that_nobody_answered(stage: Stage, shop: Player) -> None:
    lead = report(stage, shop, circumstances={"is_successful": False})
    (result,) = bodies_of(stage, shop, LeadEvent(EventKind.CALL_DISCONNECTED, lead))
    values = (result["status"], result["targetcall"], result["uniqtargetcall"], result["changedFields"])
    assert values == ("unsuccessful", "non-target", "non-uniqtarget", None)


def test_a_call_that_goes_on_and_changed_is_stated_as_it_began(stage: Stage, shop: Player) -> None:
    lead = report(stage, shop)
    (result,) = bodies_of(stage, shop, LeadEvent(EventKind.LEAD_CHANGED, lead, (LeadPart.PHONE, LeadPart.MANAGER)))
    assert ",".join(result) == CAPTURED["connected"]
    assert result["changedFields"] == "ctCallerId,callerphone,sendingTimestamp", "manager is no key of this body"


def test_a_lead_request_with_its_visit(stage: Stage, shop: Player) -> None:
    said = Annotations(manager="Коля", comment="звонить", tags=("vip", "опт"))
    made = stage.lead_request(
        shop, NOON, phone=PHONE, email="i@example.ru", client_name="Иван", form_name="Корзина", number="f-1",
        visit_id=seen(stage, shop, attrs={"ab": 1}), annotations=said,
    )  # fmt: skip
    lead = LeadRef(LeadKind.LEAD_REQUEST, made.id)
    (result,) = bodies_of(stage, shop, LeadEvent(EventKind.LEAD_REQUEST_RECORDED, lead))
    assert ",".join(result) == CAPTURED["request"]
    expected = {
        "leadtype": "request",
        "changedFields": None,
        "requestId": str(made.id),
        "requestNumber": "f-1",
        "subject": "Корзина",
        "fio": "Иван",
        "callerphone": PHONE,
        "requestDate": "2018-03-26 12:00:00",
        "uniquerequest": "true",
        "targetrequest": "target",
        "uniqtargetrequest": "uniqtarget",
        "tags_api": "vip,опт",
        "source": "yandex",
        "medium": "cpc",
        "ctClientId": "1700000000123",
        "hostname": "shop.example",
        "url": "https://shop.example/?a=1",
        "attrs": '{"ab": 1}',
        "ref": "",
        "ip": "192.0.2.7",
        "userAgent": "Mozilla/5.0",
        "manager": "Коля",
    }
    assert {key: result[key] for key in expected} == expected
    changed = LeadEvent(EventKind.LEAD_CHANGED, lead, (LeadPart.VISIT,))
    (result,) = bodies_of(stage, shop, changed)
    assert result["changedFields"] == f"{VISIT},userAgent,sendingTimestamp"


def test_a_deal_is_stated_as_each_event_left_it(stage: Stage, shop: Player) -> None:
    (made,) = stage.perform(register_deals, shop, registration("K-1", tags=("a", "b"), comment="секрет"))
    stage.perform(change_deals, shop, change(made.deal_id, status="won", amount_rub=None, tags=()))
    first, second, third = bodies_of(
        stage,
        shop,
        DealEvent(EventKind.DEAL_CREATED, made.deal_id, 1),
        DealEvent(EventKind.DEAL_CHANGED, made.deal_id, 2),
        DealEvent(EventKind.DEAL_DELETED, made.deal_id, 2),
    )
    assert list(first.items()) == [
        ("orderId", str(made.deal_id)),
        ("orderNumber", "K-1"),
        ("orderStatus", "new"),
        ("orderSum", "1000.0000"),
        ("orderDate", "26.03.2018 12:00:00"),
        ("manager", None),
        ("service", "AmoCRM"),
        ("tags", "a,b"),
        ("callId", None),
        ("requestId", None),
        ("event", "create"),
    ]
    changed = {"orderStatus": "won", "orderSum": None, "tags": None}
    assert second == {**first, **changed, "event": "update"}
    assert third == {**second, "event": "delete"}


def test_a_deal_names_its_lead(stage: Stage, shop: Player) -> None:
    call = stage.call(shop, NOON)
    (made,) = stage.perform(register_deals, shop, registration("K-1", clue=by_call(call.id)))
    (result,) = bodies_of(stage, shop, DealEvent(EventKind.DEAL_MATCHED, made.deal_id, 1))
    assert (result["callId"], result["requestId"], result["event"]) == (str(call.id), None, "match")


def test_chosen_fields_come_in_the_order_of_the_body_and_those_on_request_behind(stage: Stage, shop: Player) -> None:
    said = Annotations(comment="звонить", custom_values={})
    made = stage.lead_request(shop, NOON, phone=PHONE, email="i@example.ru", annotations=said)
    (deal,) = stage.perform(register_deals, shop, registration("K-1", comment="секрет"))
    lead, dealt = bodies_of(
        stage,
        shop,
        LeadEvent(EventKind.LEAD_REQUEST_RECORDED, LeadRef(LeadKind.LEAD_REQUEST, made.id)),
        DealEvent(EventKind.DEAL_CREATED, deal.deal_id, 1),
        fields=("comment", "email", "requestId", "siteId", "orderStatus", "leadtype", "rating"),
    )
    assert list(lead) == ["leadtype", "requestId", "siteId", "email", "comment", "rating"]
    assert (lead["email"], lead["comment"], lead["rating"]) == ("i@example.ru", "звонить", None)
    assert list(dealt) == ["orderStatus", "requestId", "comment", "siteId"]
    assert dealt["comment"] == "секрет"


def test_who_was_erased_is_reported_to_nobody(stage: Stage, shop: Player) -> None:
    visit_id = seen(stage, shop)
    made = stage.lead_request(shop, NOON, phone=PHONE, client_name="Иван", visit_id=visit_id)
    with stage.database.write() as connection:
        erase_person(account_work(connection), [shop.site], PHONE)
    lead = LeadRef(LeadKind.LEAD_REQUEST, made.id)
    (result,) = bodies_of(stage, shop, LeadEvent(EventKind.LEAD_REQUEST_RECORDED, lead))
    assert not [
        key for key in ("fio", "callerphone", "ip", "userAgent", "url", "ctClientId") if result[key] is not None
    ]
    assert result["source"] == "yandex"


def test_what_is_not_there_is_left_out(stage: Stage, shop: Player) -> None:
    call = stage.call(shop, NOON)
    result = bodies_of(
        stage,
        shop,
        DealEvent(EventKind.DEAL_CREATED, DealId(404), 1),
        LeadEvent(EventKind.LEAD_CHANGED, LeadRef(LeadKind.LEAD_REQUEST, call.id)),
    )
    assert result == []


@pytest.mark.parametrize(
    ("events", "fields", "keys"),
    [
        (frozenset(EventKind), (), CAPTURED["connected"]),
        ({EventKind.LEAD_REQUEST_RECORDED, EventKind.DEAL_CREATED}, (), CAPTURED["request"]),
        ({EventKind.LEAD_CHANGED}, (), CAPTURED["disconnected"]),
        ({EventKind.DEAL_DELETED}, ("event", "orderId"), "orderId,event"),
    ],
)
def test_a_test_states_nothing_but_its_keys(events: set[EventKind], fields: tuple[str, ...], keys: str) -> None:
    message = write_test(replace(HOOK, events=frozenset(events), fields=fields), NOON)
    assert ",".join(message.fields) == keys
    assert all(value == f"{{{key}}}" for key, value in message.fields.items())
    assert message.kind == "webhook.test"
    assert_described(message)


def test_every_event_and_every_key_is_described() -> None:
    assert set(DESCRIPTION["webhooks"]) == {*EventKind, "webhook.test"}
    for kind in EventKind:
        content = DESCRIPTION["webhooks"][kind]["post"]["requestBody"]["content"]
        schema = content["application/json"]["schema"]["properties"]["data"]
        names = [part["$ref"].rpartition("/")[2] for part in schema.get("anyOf", [schema])]
        keys = {key for name in names for key in DESCRIPTION["components"]["schemas"][name]["properties"]}
        assert keys == set(vocabulary.choosable_keys(kind))


def test_a_body_with_another_key_or_type_is_not_as_described() -> None:
    schema = DESCRIPTION["webhooks"]["deal.created"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    validator = Draft202012Validator({**schema, "components": DESCRIPTION["components"]})
    body = {"type": "deal.created", "timestamp": "2018-03-26T12:00:00+00:00", "data": {"orderId": "7"}}
    assert validator.is_valid(body)
    for wrong in ({"orderId": 7}, {"orderId": "seven"}, {"orderId": None}, {"event": "created"}, {"order": "7"}):
        assert not validator.is_valid({**body, "data": wrong})


@pytest.mark.parametrize(
    ("values", "keys"),
    [
        (CallMessage, {*vocabulary.CALL_BEGUN, *vocabulary.CALL, *vocabulary.ON_REQUEST_OF_LEADS}),
        (LeadRequestMessage, {*vocabulary.LEAD_REQUEST, *vocabulary.ON_REQUEST_OF_LEADS}),
        (DealMessage, {*vocabulary.DEAL, *vocabulary.ON_REQUEST_OF_DEALS}),
        (AlertMessage, {*vocabulary.ALERT}),
    ],
)
def test_every_key_has_a_typed_value_and_every_value_a_key(values: type, keys: set[str]) -> None:
    assert get_type_hints(values).keys() == keys


def test_what_may_be_chosen_is_stated_by_event() -> None:
    assert vocabulary.choosable_keys(EventKind.DEAL_MATCHED)[-1] == "sendingTimestamp"
    assert "email" in vocabulary.choosable_keys(EventKind.LEAD_REQUEST_RECORDED)
    assert {"duration", "requestNumber"} <= set(vocabulary.choosable_keys(EventKind.LEAD_CHANGED))
    assert "duration" not in vocabulary.choosable_keys(EventKind.CALL_CONNECTED)
