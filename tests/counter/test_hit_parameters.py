"""What may be said of a page that was opened, and what is left out."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealtrace.attribution.visits_from_hits import ATTRS_LENGTH_MAX, ATTRS_MAX
from dealtrace.counter.hit_parameters import TABLE
from dealtrace.errors import InvalidParameters
from dealtrace.http.parameter_types import Text
from dealtrace.http.query_string import Pairs, read_pairs

REQUIRED = {"siteId": "1", "url": "https://shop.ru/"}


def read(**sent: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Read what was sent beside what is required: the values kept, and the names of which not all could be read."""
    read = TABLE.read(Pairs(REQUIRED | sent))
    return {name: value for name, value in read.values.items() if name not in REQUIRED}, read.unreadable


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("visitorId", "77", "77"),
        ("visitorId", "1400000000123456789", "1400000000123456789"),
        ("visitorId", "99999999999999999999", "99999999999999999999"),
        ("visitorId", "9007199254740992", "9007199254740992"),
        ("visitorId", " 77 ", "77"),
        ("ip", " 2001:DB8::1 ", "2001:db8::1"),
        ("ip", "fe80::1%eth0", "fe80::1"),
        ("ip", "fe80::1%" + "x" * 5000, "fe80::1"),
        ("ip", "fe80::1%\0", "fe80::1"),
        ("ip", "::ffff:192.0.2.1", "192.0.2.1"),
        (
            "attrs",
            '{"a": 1, "b": null, "c": "x", "d": true, "e": 1.5}',
            {"a": 1, "b": None, "c": "x", "d": True, "e": 1.5},
        ),
        ("googleClientId", "1.2", "1.2"),
        ("referrer", "x" * 8192, "x" * 8192),
    ],
)
def test_a_value_is_read(name: str, text: str, value: Any) -> None:
    assert read(**{name: text}) == ({name: value}, ())


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("visitorId", "0"),
        ("visitorId", "00000"),
        ("visitorId", "-1"),
        ("visitorId", "abc"),
        ("visitorId", "９"),
        ("visitorId", "1.5"),
        ("visitorId", "1" * 21),
        ("visitorId", "1\0"),
        ("ip", "300.1.1.1"),
        ("ip", "unknown"),
        ("attrs", "[1]"),
        ("attrs", "{"),
        ("attrs", "1"),
        ("attrs", '{"a": {"b": 1}}'),
        ("attrs", '{"a": [1]}'),
        ("attrs", '{"a": "\\u0000"}'),
        ("attrs", '{"a": "' + "x" * 5000 + '"}'),
        ("attrs", "[" * 4000),
        ("attrs", '{"a":' * 4000),
        ("googleClientId", "x" * 101),
        ("googleClientId", "1\0"),
        ("yandexClientId", "x" * 101),
        ("referrer", "\0"),
    ],
)
def test_a_value_that_cannot_be_read_is_passed_over_and_named(name: str, text: str) -> None:
    assert read(**{name: text}) == ({}, (name,))


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("referrer", "x" * 8193, "x" * 8192),
        ("referrer", "https://a\0.ru/", "https://a.ru/"),
        ("userAgent", "x" * 2000, "x" * 1024),
        ("attrs", '{"a": {"b": 1}, "c": 2, "d": [], "e": "\\u0000", "f": null}', {"c": 2, "f": None}),
        ("attrs", json.dumps({str(n): n for n in range(ATTRS_MAX + 1)}), {str(n): n for n in range(ATTRS_MAX)}),
        ("attrs", json.dumps({"a": "x" * ATTRS_LENGTH_MAX, "b": 1}), {"b": 1}),
    ],
)
def test_what_can_be_read_of_a_value_is_kept_and_the_value_is_named(name: str, text: str, value: Any) -> None:
    assert read(**{name: text}) == ({name: value}, (name,))


def test_a_broken_encoding_costs_only_the_value_that_has_it() -> None:
    sent = TABLE.read(read_pairs(b"siteId=1&url=x&referrer=%E0%A4&attrs=%zz&ip=192.0.2.1&googleClientId="))
    assert (sent.unreadable, sent.get("ip"), sent.get("referrer")) == (("attrs", "referrer"), "192.0.2.1", None)


@pytest.mark.parametrize(
    ("encoded", "field"),
    [
        (b"siteId=1", "url"),
        (b"siteId=1&url=", "url"),
        (b"siteId=1&url=%00", "url"),
        (b"siteId=1&url=%zz", "url"),
        (b"siteId=a&url=x", "siteId"),
    ],
)
def test_what_is_required_is_refused_as_everywhere(encoded: bytes, field: str) -> None:
    with pytest.raises(InvalidParameters) as refused:
        TABLE.read(read_pairs(encoded))
    assert [violation.field for violation in refused.value.violations] == [field]


@pytest.mark.parametrize(
    ("sent", "kept"), [("x" * 8193, "x" * 8192), ("x" * 60_000, "x" * 8192), ("https://a\0.ru/\0", "https://a.ru/")]
)
def test_a_url_that_is_too_long_or_has_null_characters_is_cut_and_named(sent: str, kept: str) -> None:
    read = TABLE.read(Pairs(REQUIRED | {"url": sent}))
    assert (read["url"], read.texts["url"], read.unreadable) == (kept, kept, ("url",))


_OPENINGS = st.sampled_from(["", "7", "fe80::1%", "[::1%", "192.0.2.1:", '{"a": "', "1.2"])
_TEXTS = st.builds(lambda opening, text, times: opening + text * times, _OPENINGS, st.text(max_size=60), st.just(1))
_LONG = st.builds(lambda opening, text, times: opening + text * times, _OPENINGS, st.text(max_size=9), st.just(2000))


@given(st.dictionaries(st.sampled_from(sorted(set(TABLE.named) - set(REQUIRED))), st.one_of(_TEXTS, _LONG), max_size=7))
def test_no_optional_value_costs_the_visit(sent: dict[str, str]) -> None:
    kept, passed_over = read(**sent)
    said = {name for name, text in sent.items() if text}
    if re.sub(r"[ \t\r\n]", "", sent.get("attrs", "")) == "{}":
        said.remove("attrs")  # it is read, and says nothing
    assert {*kept, *passed_over} == said
    for name, value in kept.items():
        assert "\0" not in str(value)
        if isinstance(value, str):
            wire_type = TABLE.named[name].type
            assert isinstance(wire_type, Text)
            assert len(value) <= wire_type.length_max
