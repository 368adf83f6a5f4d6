"""Statuses mean the same however they are spelt, and what a site has not set is open."""

import pytest

from dealtrace.reports.statuses import (
    Meaning,
    Status,
    StatusGroup,
    group_statuses,
    meanings_by_key,
    status_key,
    status_meaning,
    unclassified_keys,
)


@pytest.mark.parametrize("spelling", ["Оплачено", " оплачено", "ОПЛАЧЕНО\u00a0", "\tоплаченО\n"])
def test_blanks_around_a_status_and_the_case_of_its_letters_make_no_difference(spelling: str) -> None:
    assert status_key(spelling) == "оплачено"
    assert status_meaning(spelling, {"оплачено": Meaning.WON}) is Meaning.WON


@pytest.mark.parametrize("spelling", ["", " ", "в работе", "опла чено"])
def test_what_is_not_set_is_open(spelling: str) -> None:
    assert status_meaning(spelling, {"оплачено": Meaning.WON}) is Meaning.OPEN


def test_meanings_are_found_by_what_spellings_have_in_common() -> None:
    known = [Status("Won ", Meaning.WON), Status("WON", Meaning.WON), Status("new", Meaning.OPEN)]
    assert meanings_by_key(known) == {"won": Meaning.WON, "new": Meaning.OPEN}


def test_a_status_is_classified_if_somebody_set_the_meaning_of_any_spelling() -> None:
    known = [Status("new", Meaning.OPEN), Status("NEW ", Meaning.OPEN, is_classified=True), Status("old", Meaning.OPEN)]
    assert unclassified_keys([*known, Status("(Not set)", Meaning.OPEN)]) == {"old"}
    assert [(group.name, group.is_classified) for group in group_statuses(known, {"new": 2, "unseen": 1})] == [
        ("new", True),
        ("unseen", False),
        ("old", False),
    ]


def test_spellings_of_a_status_are_listed_together_under_the_commonest() -> None:
    known = [Status("WON", Meaning.WON), Status("won ", Meaning.WON), Status("lost", Meaning.LOST)]
    deals = {"won ": 3, "WON": 2, "new": 7, " ": 4, "NEW": 1, "(not set)": 9}
    assert group_statuses(known, deals) == [
        StatusGroup(("new", "NEW"), Meaning.OPEN, 8),
        StatusGroup(("won ", "WON"), Meaning.WON, 5),
        StatusGroup(("lost",), Meaning.LOST, 0),
    ]
    assert group_statuses(known, deals)[1].name == "won"
