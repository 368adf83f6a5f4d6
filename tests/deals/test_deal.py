"""Which deal a key names."""

import pytest

from dealtrace.deals.deal import Deal, DealId
from dealtrace.deals.deal_key import DealKey, choose_deal
from domain_records import deal

FIRST = deal(id=DealId(1), number="number of one")
SECOND = deal(id=DealId(2), number="number of two")
BY_ID = {item.id: item for item in (FIRST, SECOND)}
BY_NUMBER = {item.number: item for item in (FIRST, SECOND)}


@pytest.mark.parametrize(
    ("key", "named"),
    [
        (DealKey(1, None), FIRST),
        (DealKey(3, None), None),
        (DealKey(0, None), None),
        (DealKey(None, "number of two"), SECOND),
        (DealKey(None, "unheard of"), None),
        (DealKey(None, ""), None),
        (DealKey(1, "number of two"), FIRST),
        (DealKey(1, "unheard of"), FIRST),
        (DealKey(3, "number of two"), SECOND),
        (DealKey(3, "unheard of"), None),
        (DealKey(None, "1"), None),
        (DealKey(None, None), None),
    ],
)
def test_it_finds_a_deal_by_id_and_failing_that_by_number(key: DealKey, named: Deal | None) -> None:
    assert choose_deal(key, BY_ID, BY_NUMBER) is named


def test_a_deal_without_a_number_of_its_own_is_found_by_its_id_as_a_number() -> None:
    plain = deal(id=DealId(7812899), number="7812899")
    assert choose_deal(DealKey(None, "7812899"), {}, {plain.number: plain}) is plain


def test_a_new_deal_is_its_first_version_and_belongs_to_no_lead() -> None:
    new = deal()
    assert (new.version, new.lead, new.changed_at, new.deleted_at) == (1, None, None, None)
