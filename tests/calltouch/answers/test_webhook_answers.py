"""The values of webhooks and the keys that are sent."""

from typing import Any

import pytest

from dealtrace.calltouch.answers.webhooks import CallValues, DealValues, DeliveryValues, LeadRequestValues
from dealtrace.calltouch.webhooks import vocabulary

NEVER_KNOWN = {
    "callUrl", "callback_final_attempt", "callback_request_id", "ctGlobalId", "pool", "rating", "subPoolName",
    "tags_auto_af", "tags_auto_ct", "tags_auto_gr", "tags_auto_pn", "tags_auto_pr", "tags_manual", "tags_request",
    "worktime",
}  # fmt: skip
"""What the vendor sends and we have no value of: these are always null."""


@pytest.mark.parametrize(
    ("keys", "values"),
    [
        ((*vocabulary.CALL, *vocabulary.CALL_BEGUN), CallValues),
        (vocabulary.LEAD_REQUEST, LeadRequestValues),
        ((*vocabulary.DEAL, *vocabulary.ON_REQUEST_OF_DEALS), DealValues),
    ],
)
def test_every_key_that_is_sent_has_a_typed_value_or_is_always_null(keys: vocabulary.Keys, values: Any) -> None:
    assert set(keys) - set(values.__annotations__) - set(DeliveryValues.__annotations__) <= NEVER_KNOWN


def test_every_value_can_be_chosen() -> None:
    of_leads = {*vocabulary.CALL, *vocabulary.LEAD_REQUEST, *vocabulary.ON_REQUEST_OF_LEADS}
    assert {*CallValues.__annotations__, *LeadRequestValues.__annotations__} <= of_leads
    assert {*DealValues.__annotations__} <= {*vocabulary.DEAL, *vocabulary.ON_REQUEST_OF_DEALS}
