"""Whose request it is: the nearest address that no trusted proxy has, however the proxies write it."""

from collections.abc import Callable
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealtrace.http.client_address import Proxies
from dealtrace.settings import Settings
from engines import on_one_engine
from server import ServerProcess
from waiting import wait_until

PROXY = "10.0.0.2"
CLIENT = "203.0.113.7"


def client_ip(*lines: str, peer: str = PROXY, trusted: str = "10.0.0.0/8,fd00::/8") -> str:
    """Return the client's address of a request with these lines of `X-Forwarded-For`."""
    scope = {"client": (peer, 4711), "headers": [(b"x-forwarded-for", line.encode("latin-1")) for line in lines]}
    return Proxies(Settings(trusted_proxies=trusted).trusted_proxies).client_ip(scope)


@pytest.mark.parametrize(
    "lines",
    [
        [CLIENT],
        [f"198.51.100.1, {CLIENT}"],
        [f"198.51.100.1, {CLIENT}, 10.0.0.3"],
        ["198.51.100.1", CLIENT],
        ["198.51.100.1, 198.51.100.2", f"{CLIENT}, 10.0.0.3", "10.0.0.4"],
        [CLIENT, ""],
        [f"{CLIENT},", ", ,"],
        [f"198.51.100.1,{CLIENT}:51234"],
        [f"[::ffff:{CLIENT}]:51234"],
        [f"::ffff:{CLIENT}"],
        [f'"{CLIENT}:443"'],
        [f"198.51.100.1, {CLIENT}, [fd00::7]:8080", "10.0.0.3:80"],
        [f"unknown, {CLIENT}"],
        [f"198.51.100.1, {CLIENT}, ::ffff:10.0.0.3"],
    ],
)
def test_the_nearest_address_that_is_no_trusted_proxy_counts(lines: list[str]) -> None:
    assert client_ip(*lines) == CLIENT


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("2001:db8::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:DB8:0::1]:443", "2001:db8::1"),
        ('"[2001:db8::1]:443"', "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
    ],
)
def test_ports_brackets_quotes_and_zones_are_taken_off(written: str, address: str) -> None:
    assert client_ip(written) == address


@pytest.mark.parametrize("peer", ["::ffff:10.0.0.2", "::ffff:a00:2", "10.0.0.2"])
@pytest.mark.parametrize("trusted", ["10.0.0.2", "10.0.0.0/8", "::ffff:10.0.0.2", "::ffff:10.0.0.0/104"])
def test_an_ipv4_proxy_is_known_however_it_is_written(peer: str, trusted: str) -> None:
    assert client_ip(f"198.51.100.1, {CLIENT}", peer=peer, trusted=trusted) == CLIENT


@pytest.mark.parametrize("trusted", ["", "192.0.2.1", "::/96", "fd00::/8"])
def test_nobody_else_speaks_for_another(trusted: str) -> None:
    assert client_ip("198.51.100.1", peer="203.0.113.9", trusted=trusted) == "203.0.113.9"
    assert client_ip("198.51.100.1", peer="::ffff:203.0.113.9", trusted=trusted) == "203.0.113.9"


@pytest.mark.parametrize(
    "hop", ["unknown", "_hidden", "10.0.0.300", "[10.0.0.1", "1.2.3.4:port", "имя".encode().decode("latin-1")]
)
def test_what_is_no_address_ends_at_the_proxy_that_wrote_it(hop: str) -> None:
    assert client_ip(f"198.51.100.1, {hop}") == PROXY
    assert client_ip(f"198.51.100.1, {hop}, 10.0.0.3") == "10.0.0.3"


def test_a_chain_of_proxies_alone_ends_at_its_first() -> None:
    assert client_ip("10.0.0.5, 10.0.0.4", "10.0.0.3") == "10.0.0.5"
    assert client_ip() == PROXY


def test_a_request_without_an_address_has_none() -> None:
    assert Proxies(["10.0.0.0/8"]).client_ip({"client": None, "headers": []}) == ""


@given(forged=st.lists(st.text(st.characters(codec="latin-1", exclude_characters=","), max_size=20), max_size=4))
def test_nothing_that_a_client_writes_changes_its_address(forged: list[str]) -> None:
    assert client_ip(*forged, CLIENT) == CLIENT
    assert client_ip(",".join([*forged, CLIENT])) == CLIENT


@on_one_engine
def test_two_lines_bypass_no_limit_of_a_running_server(start_server: Callable[..., ServerProcess]) -> None:
    server, numbers = start_server(rate_per_second=1, trusted_proxies="127.0.0.1"), count()

    def is_refused() -> bool:
        number = next(numbers)
        headers = [
            ("x-forwarded-for", f"198.51.100.{number % 256}"),
            ("x-forwarded-for", f"{CLIENT}:{4000 + number}"),
        ]
        return server.http.get("/calls-service/RestAPI/orders/update-by-id/", headers=headers).status_code == 429

    wait_until(is_refused, pause_seconds=0)


@pytest.mark.parametrize(
    ("peer", "scheme", "lines", "is_https"),
    [
        (PROXY, "http", ["https"], True),
        (PROXY, "http", ["HTTPS "], True),
        (PROXY, "http", ["http, https"], True),
        (PROXY, "http", ["http", "https,"], True),
        (PROXY, "http", ["https, http"], False),
        (PROXY, "http", ["https", "http"], False),
        (PROXY, "http", ["http"], False),
        (PROXY, "http", [], False),
        (PROXY, "http", [""], False),
        (PROXY, "https", [], True),
        (PROXY, "https", [","], True),
        (CLIENT, "http", ["https"], False),
        (CLIENT, "https", ["http"], True),
        ("", "http", ["https"], False),
    ],
)
def test_a_trusted_proxy_states_whether_the_browser_came_by_https(
    peer: str, scheme: str, lines: list[str], is_https: bool
) -> None:
    assert used_https(lines, peer=peer, scheme=scheme) is is_https


@pytest.mark.parametrize(
    ("hops", "schemes", "is_https"),
    [
        (CLIENT, "https", True),
        (f"{CLIENT}, 10.0.0.3", "https, http", True),
        (f"{CLIENT}, 10.0.0.3", "http, https, http", True),
        (f"198.51.100.1, {CLIENT}, 10.0.0.3", "https, http, https", False),
        (f"{CLIENT}, 10.0.0.4, 10.0.0.3", "https, http, http", True),
        (f"{CLIENT}, 10.0.0.3", "https", True),
        ("unknown, 10.0.0.3", "https, http", True),
        ("10.0.0.5, 10.0.0.3", "https, http", True),
        ("10.0.0.5", "https, http", False),
    ],
)
def test_the_proxy_to_which_the_client_connected_states_whether_by_https(
    hops: str, schemes: str, is_https: bool
) -> None:
    assert used_https([schemes], hops=hops) is is_https


@given(forged=st.lists(st.sampled_from(["http", "https", "", "ws", "https, http"]), max_size=4))
def test_nothing_that_a_client_writes_changes_its_scheme(forged: list[str]) -> None:
    assert used_https([*forged, "https"], hops=f"198.51.100.1, {CLIENT}")
    assert not used_https([*forged, "http"], hops=f"198.51.100.1, {CLIENT}")
    assert used_https([*forged, "https", "http"], hops=f"198.51.100.1, {CLIENT}, 10.0.0.3")


def used_https(lines: list[str], *, hops: str = "", peer: str = PROXY, scheme: str = "http") -> bool:
    """Return whether a request with these lines of `X-Forwarded-Proto` and these forwarded addresses used https."""
    headers = [(b"x-forwarded-proto", line.encode()) for line in lines] + [(b"x-forwarded-for", hops.encode())]
    scope = {"client": (peer, 4711) if peer else None, "scheme": scheme, "headers": headers}
    return Proxies(Settings(trusted_proxies="10.0.0.0/8").trusted_proxies).is_https(scope)
