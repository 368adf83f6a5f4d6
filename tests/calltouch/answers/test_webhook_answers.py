"""The values of webhooks and the keys that are sent."""

from typing import Any

import pytest

from dealtrace.calltouch.answers.webhooks import CallValues, DealValues, LeadDeliveryValues, LeadRequestValues
from dealtrace.calltouch.webhooks import vocabulary


@pytest.mark.parametrize(
    ("keys", "values"),
    [
        ((*vocabulary.CALL, *vocabulary.CALL_BEGUN), CallValues),
        (vocabulary.LEAD_REQUEST, LeadRequestValues),
        ((*vocabulary.DEAL, *vocabulary.ON_REQUEST_OF_DEALS), DealValues),
    ],
)
def test_every_key_that_is_sent_has_a_typed_value(keys: vocabulary.MessageKeys, values: Any) -> None:
    assert set(keys) <= {*values.__annotations__, *LeadDeliveryValues.__annotations__}


def test_every_value_can_be_chosen() -> None:
    of_leads = {*vocabulary.CALL, *vocabulary.LEAD_REQUEST, *vocabulary.ON_REQUEST_OF_LEADS}
    assert {*CallValues.__annotations__, *LeadRequestValues.__annotations__} <= of_leads
    assert {*DealValues.__annotations__} <= {*vocabulary.DEAL, *vocabulary.ON_REQUEST_OF_DEALS}
