"""What is kept of a request, and what is masked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealtrace.accounts.api_request import (
    PARAMETERS_KEPT_MAX,
    REASON_LENGTH_MAX,
    VALUE_LENGTH_MAX,
    masked_parameters,
    masked_reason,
)
from dealtrace.accounts.masking import IDENTIFIERS, MASK, masked_text


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("phoneNumber", "79205550055", f"7920{MASK}"),
        ("phoneNumber", "+7 (920) 555-00-55", f"7920{MASK}"),
        ("phoneNumber", "abc", f"a{MASK}"),
        ("email", "ivan@example.ru", f"i{MASK}@example.ru"),
        ("fio", "Иван Петров", f"И{MASK}"),
        ("clientApiId", "a secret token", MASK),
        ("orderComment", "звонить 8 920 555 00 55 или a.b@c.ru", f"звонить 8920{MASK} или a{MASK}@c.ru"),
        ("orderNumber", "79205550055", "79205550055"),
        ("orderNumber", "ivan@example.ru", f"i{MASK}@example.ru"),
        ("requestUrl", "https://a.ru/?email=ivan%40example.ru", f"h{MASK}%40example.ru"),
        ("orderComment", "x" * 190 + " ivan.petrov@example.ru", "x" * 190 + f" i{MASK}@exam"),
        ("orderStatus", "new", "new"),
        ("orderSum", "1000000", "1000000"),
        ("phoneNumber", "", ""),
    ],
)
def test_secrets_contacts_and_names_are_masked(name: str, value: str, kept: str) -> None:
    assert masked_parameters({name: value}) == {name: kept}


@pytest.mark.parametrize(
    ("name", "kept"), [("+79205550055", f"7920{MASK}"), ("ivan@example.ru", f"i{MASK}@example.ru"), ("a b", "a b")]
)
def test_a_contact_in_the_place_of_a_name_is_masked(name: str, kept: str) -> None:
    assert masked_parameters({name: "x"}) == {kept: "x"}


def test_the_reason_of_a_refusal_is_masked_cut_and_storable() -> None:
    reason = masked_reason("custom[a\0]: ivan@example.ru; " + "x: длина; " * 1000)
    assert reason.startswith(f"custom[a]: i{MASK}@example.ru; x")
    assert len(reason) == REASON_LENGTH_MAX


def test_a_long_request_is_cut() -> None:
    sent = {f"p{number}": "x" * 1000 for number in range(1000)}
    kept = masked_parameters(sent)
    assert len(kept) == PARAMETERS_KEPT_MAX
    assert {len(value) for value in kept.values()} == {VALUE_LENGTH_MAX}


@given(st.text(), st.from_regex(r"\+?7[0-9]{10}", fullmatch=True), st.text(alphabet=" ,.;«»абв"))
def test_no_phone_survives_in_a_text(before: str, phone: str, after: str) -> None:
    assert phone[-7:] not in masked_text(f"{before} {phone} {after}".replace(phone[-7:] * 2, ""))


CONTACTS = st.one_of(
    st.from_regex(r"\A\+?[78][ (-]?9[0-9]{2}[ )-]?[0-9]{3}[ -]?[0-9]{2}[ -]?[0-9]{2}\Z"),
    st.from_regex(r"\A[a-d][a-d0-9.]{4,30}(@|%40)[x-z]{3,9}\.ru\Z"),
)
NAMES = st.one_of(
    st.sampled_from(["orderComment", "phoneNumber", "EMAIL", "fio", "token", "requestUrl", "custom[Телефон]"]),
    st.text(st.characters(exclude_categories=["Nd", "Cs"]), max_size=20).filter(
        lambda name: not {name, name.lower()} & IDENTIFIERS
    ),
)


@given(NAMES, st.integers(0, 260), st.sampled_from("xж .;=/"), CONTACTS, st.booleans())
def test_no_contact_survives_in_the_journal(name: str, before: int, filler: str, contact: str, is_name: bool) -> None:
    text = f"{filler * before} {contact}; {filler}"
    kept = str(masked_parameters({text: "x"} if is_name else {name: text}))
    assert not any(contact[start : start + 8] in kept for start in (0, 1)), kept
