"""Rules to try, as a person writes them."""

from datetime import timedelta
from typing import Any

import pytest

from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.known_hosts import HostKind
from dealtrace.attribution.site_hosts import SiteHost
from dealtrace.errors import InvalidSetting, UnknownSetting
from dealtrace.leads.lead import LeadKind
from dealtrace.operations.what_if.trial import KEYS, TRIED_KEYS, Trial, pairs_of, read_trial, read_tried

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
        (
            "own",
            "https://Pay.Example/x,shop.ru",
            Trial(hosts=(SiteHost(HostKind.OWN, "pay.example"), SiteHost(HostKind.OWN, "shop.ru"))),
        ),
        ("payment", "pay.example", Trial(hosts=(SiteHost(HostKind.PAYMENT, "pay.example"),))),
        ("signin", "id.example", Trial(hosts=(SiteHost(HostKind.SIGN_IN, "id.example"),))),
        ("search", "find.example: Find it", Trial(hosts=(SiteHost(HostKind.SEARCH, "find.example", "Find it"),))),
        ("social", "club.example:club", Trial(hosts=(SiteHost(HostKind.SOCIAL, "club.example", "club"),))),
        ("no_host", "pay.example", Trial(removed_hosts=("pay.example",))),
        ("attribution", "4", Trial(model=AttributionModel.LINEAR)),
    ],
)
def test_each_key_is_read(key: str, text: str, tried: Trial) -> None:
    read = read_trial([(key, text)])
    assert read == tried
    assert read.matches_again is (key in ("contact_matching", "threshold", "order"))
    assert read_trial(pairs_of(read)) == tried


def test_several_rules_are_written_as_they_are_read() -> None:
    pairs = [
        ("contact_matching", "off"),
        ("threshold", "60"),
        ("order", "requests,calls"),
        ("model", "4"),
        ("own", "a.example,b.example"),
        ("search", "find.example:Find it"),
        ("no_host", "c.example,d.example"),
    ]
    assert pairs_of(read_trial(pairs)) == pairs


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
        ("search", "find.example", "HOST:NAME"),
        ("search", "find.example:", "cannot be empty"),
        ("no_host", "x", "pay.example.com"),
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


def test_hosts_of_several_kinds_add_up_and_the_two_names_of_the_model_do_not() -> None:
    assert [host.kind for host in read_trial([("own", "a.example"), ("payment", "b.example")]).hosts] == [
        HostKind.OWN,
        HostKind.PAYMENT,
    ]
    with pytest.raises(InvalidSetting, match="twice"):
        read_trial([("model", "1"), ("attribution", "2")])
    with pytest.raises(InvalidSetting, match="twice"):
        read_trial([("own", "a.example"), ("own", "b.example")])


def test_rules_and_other_settings_are_told_apart() -> None:
    tried = read_tried([("attribution", "4"), ("timezone", "Asia/Omsk"), ("points_cost.register", "2")])
    assert tried.trial == Trial(model=AttributionModel.LINEAR)
    assert tried.settings == {"timezone": "Asia/Omsk", "points_cost.register": "2"}
    assert read_tried([("name", "Shop")]).trial is None
    assert read_tried([("status.Paid up", "won")]).statuses == {"Paid up": "won"}
    with pytest.raises(InvalidSetting, match="twice"):
        read_tried([("name", "Shop"), ("name", "Store")])
    with pytest.raises(UnknownSetting) as refused:
        read_tried([("window", "1")])
    assert all(key in str(refused.value) for key in TRIED_KEYS)
