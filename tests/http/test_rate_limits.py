"""Under which name the requests of an address are counted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealtrace.http.client_address import rate_key


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("95.66.182.68", "95.66.182.68"),
        ("0.0.0.0", "0.0.0.0"),  # noqa: S104 - nobody listens here
        ("::ffff:95.66.182.68", "95.66.182.68"),
        ("::FFFF:5F42:B644", "95.66.182.68"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::", "2001:db8:1:2::/64"),
        ("2001:0db8:0001:0002:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::", "2001:db8:1:3::/64"),
        ("::1", "::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("unix:/run/dealtrace.sock", "unix:/run/dealtrace.sock"),
        ("testclient", "testclient"),
        ("1.2.3", "1.2.3"),
        ("1.2.3.256", "1.2.3.256"),
        ("1.2.3.4:8000", "1.2.3.4:8000"),
    ],
)
def test_it_counts_an_ipv4_by_itself_an_ipv6_by_its_network_and_the_rest_by_its_text(address: str, key: str) -> None:
    assert rate_key(address) == key


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_counted_alike_in_either_family(address: object) -> None:
    assert rate_key(str(address)) == rate_key(f"::ffff:{address}") == str(address)


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_all_addresses_of_a_network_are_counted_together(first: int, second: int) -> None:
    def within(part: int) -> str:
        groups = [f"{part >> shift & 0xFFFF:x}" for shift in (48, 32, 16, 0)]
        return ":".join(["2001", "db8", "1", "2", *groups])

    assert rate_key(within(first)) == rate_key(within(second)) == "2001:db8:1:2::/64"
