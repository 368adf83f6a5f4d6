"""Rules to try, as a person writes them."""

from datetime import timedelta
from typing import Any

import pytest

from dealtrace.attribution.credit import AttributionModel
from dealtrace.errors import InvalidSetting, UnknownSetting
from dealtrace.leads.lead import LeadKind
from dealtrace.operations.reports.trial import KEYS, Trial, read_trial

REQUESTS_FIRST = (LeadKind.LEAD_REQUEST, LeadKind.CALL)


@pytest.mark.parametrize(
    ("key", "text", "tried"),
    [
        ("contact_matching", "on", Trial(contact_matching=True)),
        ("contact_matching", "off", Trial(contact_matching=False)),
        ("threshold", "0", Trial(link_threshold=timedelta(0))),
        ("threshold", "9240", Trial(link_threshold=timedelta(seconds=9240))),
        ("order", "requests,calls", Trial(precedence=REQUESTS_FIRST)),
        ("order", "calls,requests", Trial(precedence=REQUESTS_FIRST[::-1])),
        ("model", "4", Trial(model=AttributionModel.LINEAR)),
        ("own", "https://Pay.Example/x,shop.ru", Trial(own_hosts=("pay.example", "shop.ru"))),
    ],
)
def test_each_key_is_read(key: str, text: str, tried: Trial) -> None:
    read = read_trial([(key, text)])
    assert read == tried
    assert read.matches_again is (key in ("contact_matching", "threshold", "order"))


@pytest.mark.parametrize(
    ("key", "text", "words"),
    [
        ("contact_matching", "yes", "on or off"),
        ("threshold", "-1", "from 0 to 316224000"),
        ("threshold", "9,240", "from 0 to 316224000"),
        ("threshold", "316224001", "from 0 to 316224000"),
        ("order", "calls", "calls,requests | requests,calls"),
        ("order", "calls,calls", "calls,requests | requests,calls"),
        ("model", "7", "6 (position_based)"),
        ("own", "shop", "pay.example.com"),
        ("own", "shop.ru,", "pay.example.com"),
        ("own", "", "pay.example.com"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_with_what_does(key: str, text: str, words: str) -> None:
    with pytest.raises(InvalidSetting) as refused:
        read_trial([(key, text)])
    assert str(refused.value).startswith(f"{key}: ")
    assert words in str(refused.value)


@pytest.mark.parametrize("settings", [[("window", "1")], [("threshold", "1"), ("Threshold", "2")]])
def test_an_unknown_key_is_refused_with_those_that_exist(settings: list[tuple[str, Any]]) -> None:
    with pytest.raises(UnknownSetting) as refused:
        read_trial(settings)
    assert all(key in str(refused.value) for key in KEYS)


def test_a_key_is_given_once() -> None:
    with pytest.raises(InvalidSetting, match="twice"):
        read_trial([("threshold", "1"), ("threshold", "2")])
