"""Parameters read by their table: all faults at once, absent and empty told apart."""

from typing import Any

import pytest

from dealtrace.calltouch.parameters import CLIENT_API_ID, CUSTOM
from dealtrace.calltouch.wire_types import Tags
from dealtrace.errors import InvalidParameters
from dealtrace.http.parameter_table import Parameter, ParameterTable, Repeated, Sent
from dealtrace.http.parameter_types import Integer, Text
from dealtrace.http.query_string import read_pairs
from dealtrace.leads.limits import CUSTOM_VALUES_MAX

PARAMETERS = (
    CLIENT_API_ID,
    Parameter("key", Integer(), "Ключ.", "The key.", absent_when_empty=True, gives_way_to="alias"),
    Parameter("alias", Text(5), "Иначе.", "Otherwise.", absent_when_empty=True),
    Parameter("words", Text(5), "Слова.", "Words.", required=True),
    Parameter("tags", Tags(), "Теги.", "Tags."),
)
KEEPS = ParameterTable(PARAMETERS, family=CUSTOM)
ERASES = ParameterTable(PARAMETERS, family=CUSTOM, empty_erases=True)
PLAIN = ParameterTable(PARAMETERS)


def faults(table: ParameterTable, encoded: str) -> list[str]:
    """Name the fields that are at fault."""
    with pytest.raises(InvalidParameters) as refused:
        table.read(read_pairs(encoded.encode()))
    return [violation.field for violation in refused.value.violations]


def read(table: ParameterTable, encoded: str) -> Sent:
    """Read what was sent."""
    return table.read(read_pairs(encoded.encode()))


@pytest.mark.parametrize(
    ("table", "encoded", "values", "custom"),
    [
        (KEEPS, "words=a&key=&tags=", {"words": "a"}, {}),
        (KEEPS, "words=a&custom[x]=&custom[y]=1", {"words": "a"}, {"y": "1"}),
        (KEEPS, "words=a&unknown=%zz", {"words": "a"}, {}),
        (KEEPS, "words=a&key=%20&tags=%C2%A0+&alias=%E2%80%8B%EF%BB%BF%09", {"words": "a"}, {}),
        (KEEPS, "words=%20a%20&custom[x]=%20&custom[y]=%201", {"words": " a "}, {"y": " 1"}),
        (KEEPS, "words=a&custom[%20x%C2%A0]=1&custom%5B%E2%80%8By]=2", {"words": "a"}, {"x": "1", "y": "2"}),
        (ERASES, "words=%20&key=%20&tags=%20&alias=%20", {"words": " "}, {}),
        (ERASES, "words=%E2%80%8B&custom[x]=%20", {"words": "\u200b"}, {"x": " "}),
        (KEEPS, "words=a&key=x&alias=b", {"words": "a", "alias": "b"}, {}),
        (KEEPS, "words=a&key=%zz&alias=b", {"words": "a", "alias": "b"}, {}),
        (KEEPS, "words=a&key=-1&alias=b", {"words": "a", "alias": "b"}, {}),
        (ERASES, "words=&key=&tags=", {"words": "", "tags": ()}, {}),
        (ERASES, "words=a&custom[x]=", {"words": "a"}, {"x": ""}),
        (PLAIN, "words=a&custom[x]=1&custom[]=2", {"words": "a"}, {}),
    ],
)
def test_it_tells_absent_from_empty(
    table: ParameterTable, encoded: str, values: dict[str, Any], custom: dict[str, str]
) -> None:
    sent = read(table, encoded)
    assert (sent.values, sent.custom) == (values, custom)


@pytest.mark.parametrize(
    ("encoded", "named"),
    [
        ("", ["words"]),
        ("words=", ["words"]),
        ("words=%20", ["words"]),
        ("words=a&key=x", ["key"]),
        ("words=a&key=x&alias=", ["key"]),
        ("words=a&key=x&alias=%20", ["key"]),
        ("words=a&key=x&alias=abcdef", ["key", "alias"]),
        ("words=toolong&key=x", ["words", "key"]),
        ("words=%zz", ["words"]),
        ("words=a%00b", ["words"]),
        ("words=a&custom[]=1", ["custom[]"]),
        ("words=a&custom[x=1", ["custom[x"]),
        ("words=a&custom[%FF]=1", ["custom[\ufffd]"]),
        ("words=a&custom[x%00]=1", ["custom[x\0]"]),
        ("words=a&custom[x]=%zz", ["custom[x]"]),
    ],
)
def test_it_names_every_fault(encoded: str, named: list[str]) -> None:
    assert faults(KEEPS, encoded) == named


def test_the_token_is_the_doors_affair() -> None:
    assert "clientApiId" not in KEEPS.required


def test_it_keeps_the_texts_of_what_it_read() -> None:
    sent = read(ERASES, "words=a&tags=b, c&key=&custom[x]=&other=1")
    assert sent.texts == {"words": "a", "tags": "b, c", "custom[x]": ""}
    assert sent["words"] == "a"
    assert sent.get("key", "absent") == "absent"


def test_custom_values_have_a_limit() -> None:
    many = "&".join(f"custom[f{number}]=1" for number in range(CUSTOM_VALUES_MAX))
    assert len(read(KEEPS, f"words=a&{many}").custom) == CUSTOM_VALUES_MAX
    assert faults(KEEPS, f"words=a&{many}&custom[more]=1") == ["custom[more]"]


REPEATING = ParameterTable(
    (
        Repeated("filter", Text(5), "Условия.", "Conditions.", count_max=3),
        Repeated("key", Text(5), "Ключи.", "Keys.", count_max=3, keeps_empty=True),
        Parameter("words", Text(5), "Слова.", "Words."),
    )
)


@pytest.mark.parametrize(
    ("encoded", "values"),
    [
        ("filter=a&filter=%D0%B1&words=x&filter=a", {"filter": ["a", "б", "a"], "words": "x"}),
        ("filter=&filter=+&filter=a", {"filter": ["a"]}),
        ("key=&key=a&key=", {"key": ["", "a", ""]}),
        ("words=x&words=%zz&words=y", {"words": "x"}),
        ("filter=", {"filter": []}),
    ],
)
def test_a_parameter_that_may_repeat_keeps_all_its_values(encoded: str, values: dict[str, Any]) -> None:
    assert read(REPEATING, encoded).values == values


@pytest.mark.parametrize("encoded", ["filter=a&filter=%zz", "filter=%zz&filter=a", "key=a&key=%00", "filter=abcdef"])
def test_each_value_of_a_repeated_parameter_is_checked(encoded: str) -> None:
    assert faults(REPEATING, encoded) == [encoded.partition("=")[0]]


def test_a_repeated_parameter_has_a_limit() -> None:
    assert faults(REPEATING, "filter=a&filter=a&filter=a&filter=a") == ["filter"]


def test_a_repeated_parameter_of_the_body_replaces_that_of_the_query() -> None:
    pairs = read_pairs(b"filter=a&filter=b&key=k&key=l").overridden_by(read_pairs(b"filter=c&filter=%zz&key=m"))
    assert (pairs.all_of("filter"), pairs.all_of("key")) == (["c"], ["m"])
    assert set(pairs.broken_further) == {"filter"}


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ("orderSumm", "this parameter is required, but orderSumm was sent instead"),
        ("ordersum", "this parameter is required, but ordersum was sent instead"),
        ("colour", "this parameter is required"),
        ("orderDat", "this parameter is required"),
        ("order", "this parameter is required"),
        ("orderId", "this parameter is required"),
        ("orderSum" + "m" * 100, "this parameter is required"),
    ],
)
def test_a_missing_parameter_is_refused_with_its_misspelling(sent: str, message: str) -> None:
    table = ParameterTable(
        (
            Parameter("orderSum", Text(10), "сумма", "amount", required=True),
            Parameter("orderDate", Text(10), "дата", "date"),
        )
    )
    with pytest.raises(InvalidParameters) as refused:
        table.read(read_pairs(f"{sent}=1".encode()))
    assert [(fault.field, fault.en) for fault in refused.value.violations] == [("orderSum", message)]
