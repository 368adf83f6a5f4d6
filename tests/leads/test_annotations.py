"""Adding to what is said of a lead."""

import pytest

from dealtrace.leads.annotations import (
    NO_ANNOTATIONS,
    Addition,
    Annotations,
    restored_annotations,
    with_addition,
    without_values,
)

SAID = Annotations("Коля", "first", ("a", "b"), {"city": "Vladimir"})


@pytest.mark.parametrize(
    ("added", "name", "value"),
    [
        (Addition(tags=("b", "c")), "tags", ("a", "b", "c")),
        (Addition(tags=("b", "c"), overwrite=True), "tags", ("b", "c")),
        (Addition(managers=("Вася", "Коля")), "manager", "Коля, Вася"),
        (Addition(managers=("Вася",), overwrite=True), "manager", "Вася"),
        (Addition(comment="second"), "comment", "first\nsecond"),
        (Addition(custom_values={"city": "Suzdal", "size": "L"}), "custom_values", {"city": "Vladimir", "size": "L"}),
        (Addition(custom_values={"city": "Suzdal"}, overwrite=True), "custom_values", {"city": "Suzdal"}),
    ],
)
def test_one_thing_is_added_and_the_others_stay(added: Addition, name: str, value: object) -> None:
    after = with_addition(SAID, added, added.custom_values)
    assert getattr(after, name) == value
    for other in {"tags", "manager", "comment", "custom_values", "stated_source"} - {name}:
        assert getattr(after, other) == getattr(SAID, other)


def test_of_one_nobody_spoke_of_it_is_the_first() -> None:
    added = Addition(("a",), ("Коля",), "first", {"city": "Vladimir", "unknown": "x"})
    after = with_addition(NO_ANNOTATIONS, added, {"city": "Vladimir"})
    assert after == Annotations("Коля", "first", ("a",), {"city": "Vladimir"})


def test_nothing_added_changes_nothing() -> None:
    assert with_addition(SAID, Addition(overwrite=True), {}) == SAID


def test_fields_are_emptied() -> None:
    assert without_values(SAID, {"city", "size"}) == Annotations("Коля", "first", ("a", "b"))


def test_former_annotations_are_restored_and_the_others_stay() -> None:
    assert restored_annotations(SAID, {}) == SAID
    former = {"tags": ("x",), "manager": None}
    assert restored_annotations(SAID, former) == Annotations(None, "first", ("x",), {"city": "Vladimir"})
    with pytest.raises(AssertionError):
        restored_annotations(SAID, {"comment": ("a",)})
