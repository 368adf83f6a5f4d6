"""What can be the name of a host."""

import re

import pytest

from dealtrace.attribution.host_names import DOMAIN_LABEL, is_host_name


@pytest.mark.parametrize(
    "host", ["crm.example", "localhost", "crm.example.", "192.0.2.7", "crm_1", "xn--80aaxitdbjk.xn--p1ai", "a" * 63]
)
def test_what_can_be_looked_up_is_the_name_of_a_host(host: str) -> None:
    assert is_host_name(host)


@pytest.mark.parametrize(
    "host", ["", "a..b", "-a.example", "a-.example", "a b", "магазин.рф", "xn--a", "a" * 64, ".".join(["a" * 50] * 6)]
)
def test_no_other_string_is(host: str) -> None:
    assert not is_host_name(host)


@pytest.mark.parametrize(
    "host",
    [
        "2130706433",
        "127.1",
        "0x7f.1",
        "0177.0.0.1",
        "256.1.1.1",
        "1.2.3.4.5",
        "127.0.0.1.",
        "crm.1",
        "0X7F000001",
        "0x",
    ],
)
def test_a_name_that_ends_in_a_number_is_an_ipv4_address_or_nothing(host: str) -> None:
    assert not is_host_name(host)


@pytest.mark.parametrize(("label", "is_one"), [("mail", True), ("a-1", True), ("my_mail", False), ("-a", False)])
def test_a_label_of_a_domain_has_no_underscores(label: str, *, is_one: bool) -> None:
    assert (re.fullmatch(DOMAIN_LABEL, label) is not None) == is_one
