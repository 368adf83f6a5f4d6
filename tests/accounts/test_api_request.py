"""What is kept of a request, and what is masked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealtrace.accounts.api_request import MASK, PARAMETERS_KEPT_MAX, VALUE_LENGTH_MAX, masked_parameters, masked_text


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
        ("orderStatus", "new", "new"),
        ("orderSum", "1000000", "1000000"),
        ("phoneNumber", "", ""),
    ],
)
def test_secrets_contacts_and_names_are_masked(name: str, value: str, kept: str) -> None:
    assert masked_parameters({name: value}) == {name: kept}


def test_a_long_request_is_cut() -> None:
    sent = {f"p{number}": "x" * 1000 for number in range(1000)}
    kept = masked_parameters(sent)
    assert len(kept) == PARAMETERS_KEPT_MAX
    assert {len(value) for value in kept.values()} == {VALUE_LENGTH_MAX}


@given(st.text(), st.from_regex(r"\+?7[0-9]{10}", fullmatch=True), st.text(alphabet=" ,.;«»абв"))
def test_no_phone_survives_in_a_text(before: str, phone: str, after: str) -> None:
    assert phone[-7:] not in masked_text(f"{before} {phone} {after}".replace(phone[-7:] * 2, ""))
