"""A mistake in an argument of the client is stated by name when the client is made."""

from typing import Any

import pytest

from dealtrace_client import AsyncClient, Client, Retries

ADDRESS = "https://deals.example.com"
WRONG_TYPES: list[tuple[str, dict[str, Any]]] = [
    ("address: the URL of the server as a string, such as .* is expected, not None", {"address": None}),
    ("address: .* not bytes", {"address": b"https://deals.example.com"}),
    ("address: .* not 8000", {"address": 8000}),
    ("token: the token of a site as a string is expected, not None", {"token": None}),
    ("token: .* not 17", {"token": 17}),
    ("token: .* not bytes", {"token": b"secret"}),
    ("retries: an object such as .* is expected, not 3", {"retries": 3}),
    ("retries: .* not 0", {"retries": 0}),
    ("rate_per_second: a whole number, or None for no limit, is expected, not str", {"rate_per_second": "5"}),
    ("rate_per_second: .* not 0.5", {"rate_per_second": 0.5}),
    ("rate_per_second: .* not True", {"rate_per_second": True}),
    ("timeout_seconds: a number of seconds is expected, not None", {"timeout_seconds": None}),
    ("timeout_seconds: .* not str", {"timeout_seconds": "15"}),
]
WRONG_VALUES: list[tuple[str, dict[str, Any]]] = [
    ("address: a URL such as https", {"address": f"http://{'a' * 64}.example"}),
    ("address: a URL such as https", {"address": f"http://{'a.' * 130}example"}),
    ("address: a URL such as https", {"address": "http://deals..example"}),
    ("address: a URL such as https", {"address": "http://.example"}),
    ("address: a URL such as https", {"address": "http://xn--a"}),
    ("token: .* without blanks", {"token": "se cret"}),
    ("token: .* without blanks", {"token": "secret\n"}),
    ("token: .* without blanks", {"token": "секрет"}),
    ("timeout_seconds: a number of seconds, more than 0, is expected, not 0", {"timeout_seconds": 0}),
    ("timeout_seconds: .* not -1", {"timeout_seconds": -1}),
    ("timeout_seconds: .* not inf", {"timeout_seconds": float("inf")}),
]


@pytest.mark.parametrize("make", [Client, AsyncClient])
@pytest.mark.parametrize(("said", "wrong"), WRONG_TYPES)
def test_an_argument_of_a_wrong_type_is_named(make: Any, said: str, wrong: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match=said) as refused:
        make(**{"address": ADDRESS, "token": "token", **wrong})
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("make", [Client, AsyncClient])
@pytest.mark.parametrize(("said", "wrong"), WRONG_VALUES)
def test_an_argument_with_an_impossible_value_is_named(make: Any, said: str, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=said):
        make(**{"address": ADDRESS, "token": "token", **wrong})


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1:8000", "http://[::1]:8000/calls", "https://пример.рф", "http://deals.example.", "http://web_1"],
)
def test_an_address_that_can_exist_is_accepted(address: str) -> None:
    Client(address, "token").close()


@pytest.mark.parametrize(
    ("kind", "said", "wrong"),
    [
        (TypeError, "tries_max: a whole number is expected, not str", {"tries_max": "3"}),
        (TypeError, "tries_max: .* not 2.5", {"tries_max": 2.5}),
        (TypeError, "first_pause_seconds: a number of seconds is expected, not None", {"first_pause_seconds": None}),
        (ValueError, "longest_pause_seconds: a number of seconds, 0 or more", {"longest_pause_seconds": -1}),
    ],
)
def test_a_wrong_argument_of_the_retries_is_named(kind: type[Exception], said: str, wrong: dict[str, Any]) -> None:
    with pytest.raises(kind, match=said):
        Retries(**wrong)


def test_something_that_is_no_call_or_journal_is_named() -> None:
    nothing: Any = None
    with Client(ADDRESS, "token") as client:
        with pytest.raises(TypeError, match="call: a call, such as register"):
            client.send(nothing)
        with pytest.raises(TypeError, match="journal: a journal, such as deals"):
            next(client.each(nothing))
