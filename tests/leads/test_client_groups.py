"""Which contacts belong to one client, against a plain model."""

import random
from collections.abc import Sequence
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from dealtrace.leads.client_groups import (
    SHARED_BY_MAX,
    ContactLinks,
    UnlinkedReason,
    group_contacts,
    is_filler,
    is_shared,
    owning_contact,
)
from write_commands import NOON

PHONES = [f"7920555{number:04}" for number in range(30)]
LEADS = st.lists(
    st.one_of(
        st.frozensets(st.sampled_from(PHONES[:8]), min_size=1, max_size=3),
        st.sampled_from(PHONES).map(lambda phone: frozenset({PHONES[0], phone})),
    ),
    max_size=60,
)


def stated(leads: Sequence[frozenset[str]], owners: Sequence[int] = (1, 1, 2)) -> list[ContactLinks]:
    contacts = sorted({contact for lead in leads for contact in lead})
    return [
        ContactLinks(
            contact,
            1,
            owners[number % len(owners)],
            min(NOON + timedelta(minutes=minute) for minute, lead in enumerate(leads) if contact in lead),
            frozenset(other for lead in leads if contact in lead for other in lead) - {contact},
        )
        for number, contact in enumerate(contacts)
    ]


def modelled(leads: Sequence[frozenset[str]]) -> set[frozenset[str]]:
    """Join sets that overlap until none do, with shared contacts taken out."""
    contacts = {contact for lead in leads for contact in lead}
    beside = {contact: {other for lead in leads if contact in lead for other in lead} for contact in contacts}
    shared = {contact for contact in contacts if len(beside[contact] - {contact}) > SHARED_BY_MAX}
    groups = [set(lead) - shared for lead in leads if set(lead) - shared] + [{contact} for contact in shared]
    while pair := next(((a, b) for a in groups for b in groups if a is not b and a & b), None):
        groups = [group for group in groups if group is not pair[0] and group is not pair[1]]
        groups.append(pair[0] | pair[1])
    return {frozenset(group) for group in groups}


@given(LEADS)
def test_contacts_are_grouped_as_a_plain_model_joins_them(leads: list[frozenset[str]]) -> None:
    groups = group_contacts(stated(leads))
    assert {frozenset(group.contacts) for group in groups} == modelled(leads)


@given(LEADS, st.lists(st.integers(1, 5), min_size=1, max_size=9), st.randoms(use_true_random=False))
def test_the_order_of_contacts_never_matters_and_no_id_stands_for_two_groups(
    leads: list[frozenset[str]], owners: list[int], shuffler: random.Random
) -> None:
    contacts = stated(leads, owners)
    groups = group_contacts(contacts)
    assert group_contacts(shuffler.sample(contacts, len(contacts))) == groups
    ids = [client_id for group in groups for client_id in (group.client_id, *group.aliases) if client_id is not None]
    assert len(set(ids)) == len(ids)
    assert set(ids) == {contact.own_client_id for contact in contacts}


def test_the_earliest_leads_client_leads() -> None:
    later = ContactLinks("a", 1, 1, NOON, frozenset("b"))
    earlier = ContactLinks("b", 2, 2, NOON - timedelta(hours=1), frozenset("a"))
    (group,) = group_contacts([later, earlier])
    assert (group.contacts, group.client_id, group.aliases) == (("b", "a"), 2, {1})


def test_the_later_of_two_groups_that_were_one_needs_another_id() -> None:
    first, second = (ContactLinks(name, 1, 1, NOON, frozenset()) for name in "ab")
    assert [group.client_id for group in group_contacts([first, second])] == [1, None]


def test_a_contact_is_shared_beside_more_than_so_many_others() -> None:
    assert not is_shared(PHONES[:20])
    assert is_shared(PHONES[:21])
    assert not is_shared(PHONES[:20] * 2)


def test_fillers_are_e_mails_only() -> None:
    assert is_filler("1@1.ru")
    assert not is_filler("ivan@example.ru")
    assert not is_filler("79205550055")


def test_a_lead_belongs_to_the_contact_that_is_a_persons() -> None:
    set_apart = {"7900": UnlinkedReason.SHARED, "7901": UnlinkedReason.SHARED}
    assert owning_contact(["7900", "ivan@example.ru", "1@1.ru"], set_apart) == "ivan@example.ru"
    assert owning_contact(["7901", "7900", "1@1.ru"], set_apart) == "7900"
    assert owning_contact(["1@1.ru"], set_apart) is None
