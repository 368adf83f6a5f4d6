"""Filters as they are written, and read back."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealtrace.attribution.credit import AttributionModel
from dealtrace.errors import InvalidValue
from dealtrace.reports.dimensions import DIMENSIONS, Dimension, Kind, field_dimension
from dealtrace.reports.filters import (
    Filter,
    Operator,
    by_dimension,
    escaped,
    format_filter,
    key_of_value,
    parse_condition,
    split_escaped,
    unescaped,
)
from dealtrace.reports.question import QuestionContext
from dealtrace.reports.question_parser import parse_filters

TODAY, MODEL = date(2026, 11, 26), AttributionModel.LAST_INTERACTION
TEXTS = st.text(st.sampled_from("a:,|\\ бЮ()") | st.characters(codec="utf-8"), max_size=12)
NAMES = TEXTS.filter(bool)


@given(st.lists(TEXTS, min_size=1), st.sampled_from(":,|"))
def test_what_was_escaped_is_split_and_read_back(texts: list[str], separator: str) -> None:
    written = separator.join(map(escaped, texts))
    assert [unescaped(part) for part in split_escaped(written, separator)] == texts


@given(TEXTS, st.sampled_from(":,|"), st.integers(0, 3))
def test_no_character_is_lost_by_splitting(text: str, separator: str, limit: int) -> None:
    parts = split_escaped(text, separator, limit)
    assert separator.join(parts) == text
    assert len(parts) <= limit + 1


@st.composite
def filters(draw: st.DrawFn) -> Filter:
    plain = [dimension for dimension in DIMENSIONS.values() if not dimension.is_time]
    dimension = draw(st.sampled_from(plain) | st.builds(field_dimension, NAMES))
    operator = draw(st.sampled_from(list(Operator)))
    most = 4 if operator is Operator.AMONG else 1
    is_closed = dimension.keys and operator is not Operator.CONTAINS
    texts = st.sampled_from([*dimension.keys, ""]) if is_closed else TEXTS
    values = draw(st.lists(texts, min_size=1, max_size=most)) if operator.takes_value else []
    return Filter(dimension, operator, tuple(values))


@given(filters())
def test_every_filter_is_read_back_as_it_was_written(condition: Filter) -> None:
    known = QuestionContext(TODAY, MODEL, [condition.dimension.field])
    assert parse_filters([format_filter(condition)], known) == (condition,)


@pytest.mark.parametrize(
    ("rest", "found"),
    [
        ("is:a:b", Filter(DIMENSIONS["source"], Operator.IS, ("a:b",))),
        ("is:", Filter(DIMENSIONS["source"], Operator.IS, ("",))),
        ("among:a|b\\|c|", Filter(DIMENSIONS["source"], Operator.AMONG, ("a", "b|c", ""))),
        ("contains:a|b", Filter(DIMENSIONS["source"], Operator.CONTAINS, ("a|b",))),
        ("empty", Filter(DIMENSIONS["source"], Operator.EMPTY)),
    ],
)
def test_a_condition_is_read(rest: str, found: Filter) -> None:
    assert parse_condition(DIMENSIONS["source"], rest) == found


@pytest.mark.parametrize("rest", ["", "like:a", "is", "empty:", "filled:x", "IS:a", "among:" + "|" * 1000])
def test_what_is_no_condition_is_refused(rest: str) -> None:
    with pytest.raises(InvalidValue):
        parse_condition(DIMENSIONS["source"], rest)


@pytest.mark.parametrize(
    ("name", "rest", "said"),
    [
        ("lead_kind", "is:calls", "lead_kind: unknown value “calls” (did you mean call?); available: call, request"),
        ("lead_kind", "not:lead_request", "available: call, request"),
        ("lead_kind", "among:call|requests", "unknown value “requests”"),
        ("client_kind", "is:old", "available: new, returning"),
        ("match_reason", "is:zzz", "no_lead_near"),
    ],
)
def test_a_value_that_no_fact_can_have_is_refused_with_those_there_are(name: str, rest: str, said: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        parse_condition(DIMENSIONS[name], rest)
    assert said in caught.value.en
    assert "есть: " in caught.value.ru


@pytest.mark.parametrize(
    ("name", "rest"),
    [
        ("lead_kind", "among:call|request"), ("lead_kind", "is:"), ("lead_kind", "contains:req"),
        ("client_kind", "not:returning"), ("match_reason", "is:(not set)"), ("device", "is:fridge"),
    ],
)  # fmt: skip
def test_a_value_that_a_fact_can_have_is_taken(name: str, rest: str) -> None:
    assert format_filter(parse_condition(DIMENSIONS[name], rest)).endswith(rest)


@pytest.mark.parametrize(
    ("name", "value", "key"),
    [
        ("source", " Yandex ", "yandex"), ("source", "(Not Set)", None), ("source", "(direct)", "(direct)"),
        ("status", " Оплачен", "оплачен"), ("manager", "Коля", "Коля"), ("manager", "‹не заполнено›", None),
        ("hour", "09", 9), ("tag", "", None),
    ],
)  # fmt: skip
def test_a_value_means_a_key(name: str, value: str, key: object) -> None:
    assert key_of_value(DIMENSIONS[name], value) == key


def test_of_one_dimension_negatives_stand_apart() -> None:
    source, manager = DIMENSIONS["source"], DIMENSIONS["manager"]
    a, b = Filter(source, Operator.IS, ("a",)), Filter(source, Operator.FILLED)
    c, d = Filter(source, Operator.NOT, ("c",)), Filter(manager, Operator.IS, ("d",))
    assert by_dimension([a, c, d, b]) == {source: ([a, b], [c]), manager: ([d], [])}


def test_only_tags_have_several_keys() -> None:
    several: list[Dimension] = [dimension for dimension in DIMENSIONS.values() if not dimension.adds_up]
    assert [dimension.kind for dimension in several] == [Kind.TAG]
