"""Where deliveries may go."""

from ipaddress import ip_address

import pytest

from dealtrace.worker.targets import TargetForbidden, TargetUnknown, find_address, is_allowed
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
    ],
)
def test_what_only_we_can_reach_is_not_sent_to(address: str) -> None:
    assert not is_allowed(ip_address(address), ())


@pytest.mark.parametrize("address", ["8.8.8.8", "2a00:1450:4010:c0e::64", "64:ff9b::808:808", "::ffff:8.8.8.8"])
def test_public_addresses_are(address: str) -> None:
    assert is_allowed(ip_address(address), ())


@pytest.mark.parametrize(
    ("address", "private"),
    [("10.1.2.3", "10.0.0.0/8"), ("127.0.0.1", "127.0.0.1/32"), ("::1", "::1/128"), ("::ffff:10.1.2.3", "10.0.0.0/8")],
)
def test_a_private_address_that_is_named_is_allowed(address: str, private: str) -> None:
    assert is_allowed(ip_address(address), (private,))
    assert not is_allowed(ip_address("192.168.0.1"), (private,))


def test_a_name_is_as_good_as_what_it_leads_to() -> None:
    with pytest.raises(TargetForbidden, match=r"localhost \(.+\) is not public; DEALTRACE_WEBHOOK_PRIVATE_TARGETS"):
        run(lambda: find_address("localhost", 80, ()))
    assert run(lambda: find_address("localhost", 80, ("127.0.0.0/8", "::1/128"))) in ("127.0.0.1", "::1")


@pytest.mark.parametrize("host", ["0x7f.1", "2130706433", "127.1", "0177.0.0.1"])
def test_odd_ways_to_write_loopback_lead_nowhere_else(host: str) -> None:
    with pytest.raises(TargetForbidden):
        run(lambda: find_address(host, 80, ()))


@pytest.mark.parametrize("host", ["no-such-host.invalid", "x" * 64 + ".example"])
def test_a_name_that_leads_nowhere_is_told(host: str) -> None:
    with pytest.raises(TargetUnknown, match="cannot be resolved"):
        run(lambda: find_address(host, 80, ()))
