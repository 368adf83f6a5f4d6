"""Where deliveries may go."""

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealtrace.worker.webhook_targets import TargetForbidden, TargetUnknown, find_addresses, is_allowed
from write_commands import run


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104 - never listened on
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fd00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::",
        "2002:a00:1::1",
        "2001:0:4136:e378:8000:63bf:80ff:fffe",
        "64:ff9b::808:808",
        "64:ff9b:1::7f00:1",
        "64:ff9b:1::808:808",
        "::127.0.0.1",
        "::8.8.8.8",
        "::ffff:0:127.0.0.1",
        "::ffff:0:8.8.8.8",
        "2001:0:4136:e378:8000:63bf:f7f7:f7f7",
        "2001:2::1",
        "2001:10::1",
        "2001:20::1",
        "2001:db8::1",
        "2002:808:808::1",
        "3ffe::1",
        "3fff::1",
        "5f00::1",
        "100::1",
        "200::1",
        "4000::1",
        "fec0::1",
        "192.0.0.1",
        "192.0.0.9",
        "192.0.0.170",
        "192.0.2.1",
        "192.88.99.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "240.0.0.1",
    ],
)
def test_what_only_we_can_reach_is_not_sent_to(address: str) -> None:
    assert not is_allowed(ip_address(address), ())


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "2a00:1450:4010:c0e::64", "2606:4700::1111", "::ffff:8.8.8.8", "192.31.196.1"]
)
def test_public_addresses_are(address: str) -> None:
    assert is_allowed(ip_address(address), ())


@pytest.mark.parametrize(
    ("address", "private"),
    [("10.1.2.3", "10.0.0.0/8"), ("127.0.0.1", "127.0.0.1/32"), ("::1", "::1/128"), ("::ffff:10.1.2.3", "10.0.0.0/8")],
)
def test_a_private_address_that_is_named_is_allowed(address: str, private: str) -> None:
    assert is_allowed(ip_address(address), (private,))
    assert not is_allowed(ip_address("192.168.0.1"), (private,))


METADATA_SERVICES = [
    "169.254.169.254",
    "169.254.170.2",
    "168.63.129.16",
    "192.0.0.192",
    "100.100.100.200",
    "fd00:ec2::254",
    "fd20:ce::254",
    "::ffff:168.63.129.16",
    "::ffff:169.254.169.254",
    # what a translator or a tunnel sends to one
    "64:ff9b::169.254.169.254",
    "64:ff9b::168.63.129.16",
    "64:ff9b:1::169.254.169.254",
    "64:ff9b:1:a9fe:a9:fe00::",
    "64:ff9b:1:12a9:fe:a9fe::",
    "64:ff9b:1:1234:a9:fea9:fe00:0",
    "2002:a9fe:a9fe::1",
    "2001:0:4136:e378:8000:63bf:5601:5601",
    "::169.254.169.254",
    "::ffff:0:169.254.169.254",
    "fe80::5efe:169.254.169.254",
    "2a00:1450:4010:c0e::5efe:169.254.169.254",
]


@pytest.mark.parametrize("address", METADATA_SERVICES)
@pytest.mark.parametrize(
    "private", [(), ("0.0.0.0/0", "::/0"), ("169.254.0.0/16", "100.64.0.0/10", "fd00::/8", "168.63.0.0/16", "::/1")]
)
def test_a_metadata_service_is_not_opened_by_a_network_around_it(address: str, private: tuple[str, ...]) -> None:
    assert not is_allowed(ip_address(address), private)


def test_a_metadata_service_is_opened_by_its_very_address() -> None:
    assert is_allowed(ip_address("169.254.169.254"), ("169.254.169.254/32",))
    assert is_allowed(ip_address("fd00:ec2::254"), ("fd00:ec2::254/128",))
    assert is_allowed(ip_address("64:ff9b::a9fe:a9fe"), ("64:ff9b::a9fe:a9fe/128",))
    assert not is_allowed(ip_address("168.63.129.16"), ("169.254.169.254/32",))


def test_a_translator_that_is_listed_reaches_other_hosts() -> None:
    assert is_allowed(ip_address("64:ff9b::8.8.8.8"), ("64:ff9b::/96",))


@given(st.ip_addresses())
def test_an_address_that_is_not_global_is_never_public(address: IPv4Address | IPv6Address) -> None:
    plain = (address.ipv4_mapped if isinstance(address, IPv6Address) else None) or address
    assert plain.is_global or not is_allowed(address, ())


def test_a_name_is_as_good_as_what_it_leads_to() -> None:
    with pytest.raises(TargetForbidden, match=r"localhost \(.+\) is not public; .+ DEALTRACE_WEBHOOK_PRIVATE_TARGETS"):
        run(lambda: find_addresses("localhost", 80, ()))
    assert run(lambda: find_addresses("localhost", 80, ("127.0.0.0/8", "::1/128")))[0] in ("127.0.0.1", "::1")


@pytest.mark.parametrize("host", ["0x7f.1", "2130706433", "127.1", "0177.0.0.1"])
def test_odd_ways_to_write_loopback_lead_nowhere_else(host: str) -> None:
    with pytest.raises(TargetForbidden):
        run(lambda: find_addresses(host, 80, ()))


@pytest.mark.parametrize("host", ["no-such-host.invalid", "x" * 64 + ".example"])
def test_a_name_that_leads_nowhere_is_stated(host: str) -> None:
    with pytest.raises(TargetUnknown, match="cannot be resolved"):
        run(lambda: find_addresses(host, 80, ()))
