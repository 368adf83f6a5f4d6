"""The schemas of the types that answers are built as."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Generic, Literal, NotRequired, TypedDict, TypeVar

import msgspec
import pytest
from jsonschema import Draft202012Validator
from msgspec import Meta

from dealtrace.http.openapi.json_schema import Components

Item = TypeVar("Item")


class Cat(TypedDict):
    """A cat."""

    name: Annotated[str, Meta(pattern="^[A-Z]")]
    price: int | Decimal | None
    nickname: NotRequired[str]


class Dog(TypedDict):
    kind: Literal["dog"]


class Shelf(TypedDict, Generic[Item]):
    items: Sequence[Item]


@dataclass(frozen=True)
class Point:
    x: int


def validator(described: Any) -> Draft202012Validator:
    components = Components()
    schema = {**components.describe(described), "components": {"schemas": components.schemas}}
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.mark.parametrize(
    ("described", "good"),
    [
        (Cat, {"name": "Tom", "price": None}),
        (Cat, {"name": "Tom", "price": Decimal("1.5"), "nickname": "t"}),
        (list[Cat | Dog], [{"kind": "dog"}, {"name": "Tom", "price": 1}]),
        (Shelf[Dog], {"items": [{"kind": "dog"}]}),
        (Point, {"x": 1}),
        (dict[str, Any], {"a": 1}),
    ],
)
def test_a_schema_admits_what_the_encoder_writes(described: Any, good: Any) -> None:
    encoded = msgspec.json.Encoder(decimal_format="number").encode(good)
    validator(described).validate(msgspec.json.decode(encoded))


@pytest.mark.parametrize(
    ("described", "bad"),
    [
        (Cat, {"name": "Tom"}),
        (Cat, {"name": "tom", "price": 1}),
        (Cat, {"name": "Tom", "price": "1.5"}),
        (Cat, {"name": "Tom", "price": 1, "tail": True}),
        (list[Cat | Dog], [{"kind": "cat"}]),
        (Shelf[Dog], {"items": [1]}),
        (Point, {"x": 1, "y": 1}),
    ],
)
def test_a_schema_refuses_a_missing_key_a_strange_key_and_a_wrong_value(described: Any, bad: Any) -> None:
    assert not validator(described).is_valid(bad)


def test_two_types_of_one_name_are_refused() -> None:
    class Dog(TypedDict):
        tail: bool

    components = Components()
    components.describe(Dog)
    with pytest.raises(AssertionError, match="two types named Dog"):
        components.describe(globals()["Dog"])


def test_an_object_is_anything_that_json_holds() -> None:
    anything = validator(dict[str, object])
    assert anything.is_valid({"a": 1, "b": [None, {"c": "d"}]})
    assert not anything.is_valid([])
    assert not validator(dict[str, str]).is_valid({"a": 1})
