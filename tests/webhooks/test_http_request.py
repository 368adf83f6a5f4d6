"""A delivery on the wire."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta

import pytest

from dealtrace.accounts.webhook import BodyStyle, EventKind, Webhook, WebhookId
from dealtrace.webhooks.http_request import Message, OutgoingRequest, sign, write_request
from domain_records import NOON

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
MESSAGE = Message("msg_1_2_3", "deal.created", NOON, {"orderNumber": "№ 1&2", "manager": None, "event": "create"})
SENT_AT = NOON + timedelta(seconds=2.9)
FORM = "orderNumber=%E2%84%96+1%262&manager=null&event=create"
NAMED = {"webhook-id": "msg_1_2_3", "webhook-timestamp": str(int(NOON.timestamp()) + 2)}


def webhook(style: BodyStyle, url: str = "https://crm.example/hook") -> Webhook:
    return Webhook(WebhookId(2), 1, url, frozenset(EventKind), style, SECRET, NOON)


def test_a_form_says_null_for_what_is_absent() -> None:
    outgoing = write_request(webhook(BodyStyle.FORM), MESSAGE, SENT_AT)
    assert outgoing == OutgoingRequest(
        "POST",
        "https://crm.example/hook",
        FORM.encode(),
        {"content-type": "application/x-www-form-urlencoded", **NAMED},
    )


@pytest.mark.parametrize(
    ("url", "whole"),
    [
        ("https://crm.example/hook", "https://crm.example/hook?"),
        ("https://crm.example/?key=s", "https://crm.example/?key=s&"),
    ],
)
def test_a_query_stands_behind_what_the_url_has(url: str, whole: str) -> None:
    assert write_request(webhook(BodyStyle.GET, url), MESSAGE, SENT_AT) == OutgoingRequest(
        "GET", whole + FORM, b"", NAMED
    )


def test_json_is_signed_by_the_standard_convention() -> None:
    outgoing = write_request(webhook(BodyStyle.JSON), MESSAGE, SENT_AT)
    assert json.loads(outgoing.body) == {
        "type": "deal.created",
        "timestamp": "2018-03-26T12:00:00+00:00",
        "data": {"orderNumber": "№ 1&2", "manager": None, "event": "create"},
    }
    signed = b".".join([b"msg_1_2_3", NAMED["webhook-timestamp"].encode(), outgoing.body])
    expected = hmac.new(b"0123456789abcdef0123456789abcdef", signed, hashlib.sha256).digest()
    assert outgoing.headers["webhook-signature"] == "v1," + base64.b64encode(expected).decode()


def test_the_signature_is_that_of_the_convention_s_own_example() -> None:
    signature = sign(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "1614265330",
        b'{"test": 2432232314}',
    )
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
