"""References are looked up without the blanks around them, then as they were sent."""

import pytest

from dealtrace.leads.reference_spelling import all_spellings, find_spelt, spellings


@pytest.mark.parametrize(
    ("reference", "spelt"),
    [
        ("a", ("a",)),
        (" a", ("a", " a")),
        ("a\u00a0", ("a", "a\u00a0")),
        ("\ufeffa b", ("a b", "\ufeffa b")),
        ("", ("",)),
    ],
)
def test_a_reference_has_at_most_two_spellings(reference: str, spelt: tuple[str, ...]) -> None:
    assert spellings(reference) == spelt
    assert all_spellings([reference, "x"]) == [*spelt, "x"]


def test_what_is_stored_without_blanks_comes_first() -> None:
    assert find_spelt(" a", {"a": 1, " a": 2}) == 1
    assert find_spelt(" a", {" a": 2}) == 2
    assert find_spelt("a", {" a": 2}) is None
