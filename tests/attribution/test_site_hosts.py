"""Hosts that a site knows better than we do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealtrace.attribution.known_hosts import HostKind, KnownHost
from dealtrace.attribution.site_hosts import NO_HOSTS, SITE_KINDS, USUAL_SEARCH_WORDS, hosts_of, read_host


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("pay.bank.ru", "pay.bank.ru"),
        (" https://www.Pay.Bank.RU:443/a?b=c ", "pay.bank.ru"),
        ("*.bank.ru", "bank.ru"),
        ("https://*.bank.ru/", "bank.ru"),
        ("президент.рф", "xn--d1abbgf6aiiy.xn--p1ai"),
        ("straße.de", "xn--strae-oqa.de"),
        ("xn--d1abbgf6aiiy.xn--p1ai", "xn--d1abbgf6aiiy.xn--p1ai"),
        ("bank.ru.", "bank.ru"),
        ("bank.ru/path", "bank.ru"),
        ("192.168.1.10:8080", "192.168.1.10"),
        ("my_shop.bank.ru", "my_shop.bank.ru"),
        ("", ""),
        ("bank", ""),
        ("a b.ru", ""),
        ("https://[x/", ""),
        ("a..ru", ""),
        ("@", ""),
    ],
)
def test_a_host_is_read_as_people_write_it(text: str, host: str) -> None:
    assert read_host(text) == host


@given(st.text(max_size=60))
def test_a_host_that_was_read_is_read_again_as_it_is(text: str) -> None:
    host = read_host(text)
    assert host == "" or read_host(host) == host


def test_a_registered_domain_stands_for_the_hosts_under_it_unless_strangers_share_it() -> None:
    hosts = hosts_of([(HostKind.OWN, "bank.ru", ""), (HostKind.OWN, "pay.shop.ru", ""), (HostKind.OWN, "tilda.ws", "")])
    own = KnownHost(HostKind.OWN, "", USUAL_SEARCH_WORDS)
    assert [hosts.find(host) for host in ("bank.ru", "a.b.bank.ru", "pay.shop.ru", "tilda.ws")] == [own] * 4
    assert [hosts.find(host) for host in ("shop.ru", "a.pay.shop.ru", "other.tilda.ws", "xbank.ru")] == [None] * 4


def test_the_last_word_on_a_host_counts_and_no_word_is_none() -> None:
    hosts = hosts_of([(HostKind.OWN, "bank.ru", ""), (HostKind.SOCIAL, "bank.ru", "club")])
    assert hosts.find("bank.ru") == KnownHost(HostKind.SOCIAL, "club", USUAL_SEARCH_WORDS)
    assert NO_HOSTS.find("bank.ru") is None
    assert [kind.value for kind in SITE_KINDS] == ["own", "payment", "signin", "search", "social"]
