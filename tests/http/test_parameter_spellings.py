"""Names of parameters as other programs write them: in another case, as lists, with words for missing values."""

from typing import Any

import pytest

from dealtrace.calltouch.parameters import REGISTER
from dealtrace.calltouch.routes import ENDPOINTS
from dealtrace.counter.routes import ENDPOINTS as COUNTER
from dealtrace.errors import InvalidParameters
from dealtrace.http.endpoint import Endpoint
from dealtrace.http.parameter_spellings import SPELT_LENGTH_MAX
from dealtrace.http.parameter_table import ParameterTable, Sent
from dealtrace.http.query_string import read_pairs

TABLE = next(each.table for each in ENDPOINTS if each.shown_name == "register")
NEEDED = "orderSum=1&orderStatus=new&orderDate=26.03.2018 10:00:00&service=x"


def read(encoded: str, table: ParameterTable = TABLE) -> Sent:
    return table.read(table.respelt(read_pairs(f"{NEEDED}&{encoded}".encode())))


@pytest.mark.parametrize(
    ("encoded", "values", "custom"),
    [
        ("OrderNumber=A-1", {"orderNumber": "A-1"}, {}),
        ("ORDERNUMBER=A-1&ordernumber=A-2", {"orderNumber": "A-1"}, {}),
        ("OrderNumber=A-2&orderNumber=A-1", {"orderNumber": "A-1"}, {}),
        ("orderNumber[]=A-1", {"orderNumber": "A-1"}, {}),
        ("orderNumber%5B0%5D=A-1", {"orderNumber": "A-1"}, {}),
        ("tags=a&tags=b", {"tags": ("a", "b")}, {}),
        ("tags[]=a&tags[]=b, c", {"tags": ("a", "b", "c")}, {}),
        ("Tags[0]=a&Tags[1]=b", {"tags": ("a", "b")}, {}),
        ("tags=a&Tags=b", {"tags": ("a", "b")}, {}),
        ("TAGS=c&tags=a&tags=b", {"tags": ("c", "a", "b")}, {}),
        ("tags[]=a&tags=b&tags[]=c&Tags=a, d", {"tags": ("a", "c", "b", "d")}, {}),
        ("tags=&Tags=b&x=1", {"tags": ("b",)}, {}),
        ("phoneNumber=1&PhoneNumber=2", {"phoneNumber": "1"}, {}),
        ("phoneNumber[]=79205550055&phoneNumber[]=79205550066", {"phoneNumber": "79205550055,79205550066"}, {}),
        ("phoneNumber=1&phoneNumber=2", {"phoneNumber": "1"}, {}),
        ("Custom[city]=x", {}, {"city": "x"}),
        ("custom[city][]=x&custom[city][]=y", {}, {"city": "x,y"}),
        ("custom[city][0]=x&custom[city][1]=y", {}, {"city": "x,y"}),
        ("custom[5]=x&custom[5]=y", {}, {"5": "x"}),
        *((f"orderNumber={word}&requestNumber={word}", {}, {}) for word in ("undefined", "NULL", "None", " NaN ")),
        *((f"orderNumber={word}", {}, {}) for word in ("[object Object]", "Array", "%23N/A", "\u200bnull")),
        ("orderNumber=null-1", {"orderNumber": "null-1"}, {}),
        ("manager=undefined", {"manager": "undefined"}, {}),
    ],
)
def test_what_is_meant_is_read(encoded: str, values: dict[str, Any], custom: dict[str, str]) -> None:
    sent = read(encoded)
    required = ("orderSum", "orderStatus", "orderDate", "service")
    assert ({name: value for name, value in sent.values.items() if name not in required}, sent.custom) == (
        values,
        custom,
    )


@pytest.mark.parametrize(
    ("encoded", "named"),
    [
        ("orderNumber[]=1&orderNumber[]=2", ["orderNumber"]),
        ("callId[]=1&callId[]=2", ["callId"]),
        ("CallId=x", ["callId"]),
        ("Manager=%FF", ["manager"]),
        ("manager[]=a&manager[]=%zz", ["manager"]),
        ("tags=a&Tags=%zz", ["tags"]),
        ("tags=%zz&Tags=a", ["tags"]),
        ("custom[]=1", ["custom[]"]),
        ("Custom[x=1", []),
    ],
)
def test_a_fault_names_the_parameter(encoded: str, named: list[str]) -> None:
    if not named:
        assert read(encoded).unknown == ["Custom[x"]
        return
    with pytest.raises(InvalidParameters) as refused:
        read(encoded)
    assert [violation.field for violation in refused.value.violations] == named


def test_two_amounts_are_not_one() -> None:
    """`1,2` would be one ruble and twenty kopecks."""
    pairs = TABLE.respelt(
        read_pairs(b"orderSum[]=1&orderSum[]=2&orderStatus=n&service=x&orderDate=26.03.2018 10:00:00")
    )
    with pytest.raises(InvalidParameters) as refused:
        TABLE.read(pairs)
    assert [violation.field for violation in refused.value.violations] == ["orderSum"]


def test_what_is_unknown_stays_as_it_was_sent() -> None:
    name = "x" * SPELT_LENGTH_MAX + "[0]" * 100_000
    pairs = read_pairs(f"orderNumbr=1&other[]=2&{name}=3".encode())
    assert TABLE.respelt(pairs) == pairs


def test_an_unknown_parameter_changes_nothing_for_repeated_ones() -> None:
    """Further values that cannot be read stay where they were, whatever else is sent."""
    alone, beside = (TABLE.respelt(read_pairs(text)) for text in (b"tags=a&tags=%FF", b"tags=a&tags=%FF&x=1"))
    assert alone.broken == beside.broken == {}
    assert alone.broken_further == beside.broken_further
    assert alone.values["tags"] == beside.values["tags"]


def test_a_strict_table_refuses_other_spellings() -> None:
    table = ParameterTable(REGISTER, is_strict=True)
    pairs = read_pairs(b"Manager=a")
    assert table.respelt(pairs) is pairs


@pytest.mark.parametrize("endpoint", [*ENDPOINTS, *COUNTER], ids=lambda endpoint: endpoint.shown_name)
def test_no_two_parameters_of_an_endpoint_differ_in_case_alone(endpoint: Endpoint) -> None:
    names = [parameter.name for parameter in endpoint.table.parameters]
    assert len({name.lower() for name in names}) == len(names)


def test_every_token_in_parameters_is_in_its_table() -> None:
    """A token under a name in another case is found by the table."""
    for endpoint in ENDPOINTS:
        token = endpoint.auth_scheme.token
        if token is not None and not endpoint.auth_scheme.is_header and endpoint.batch is None:
            assert token.name in endpoint.table.named, endpoint.path


def test_references_are_marked() -> None:
    marked = {parameter.name for parameter in REGISTER if parameter.is_reference}
    assert marked == {"callReferenceId", "requestNumber", "orderNumber"}
