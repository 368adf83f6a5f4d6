"""Phones and e-mails in the one form in which they are compared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealtrace.leads.contact import StatedContact, normal_email, normal_phone, stated_email, stated_phone

TEXTS = st.text(max_size=40) | st.text("0123456789+-() ;,доб.#", max_size=25)


@pytest.mark.parametrize(
    "text",
    [
        "79205550055",
        "+79205550055",
        "89205550055",
        "9205550055",
        "8 (920) 555-00-55",
        "+7 920 555-00-55",
        " 7-920-555-00-55\n",
        "7\u00a0920\u00a0555\u00a000\u00a055",
        "8.920.555.00.55",
        "+8 920 555-00-55",
        "tel:+7-920-555-00-55",
        "89205550055 доб. 12",
        "٧٩٢٠٥٥٥٠٠٥٥",
    ],
)
def test_it_reads_a_russian_phone_however_it_is_written(text: str) -> None:
    assert normal_phone(text) == "79205550055"


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("+375 29 123-45-67", "375291234567"),
        ("+380 50 123 45 67", "380501234567"),
        ("+7 727 250 00 00", "77272500000"),
        ("+1 202 555 0123", "12025550123"),
        ("+39 06 698 1234", "39066981234"),
        ("+49 30 123456", "4930123456"),
        ("8-10-49-30-123456", "4930123456"),
        ("+45 32 12 34 56", "4532123456"),
    ],
)
def test_it_reads_a_foreign_phone_by_its_country_code(text: str, normal: str) -> None:
    assert normal_phone(text) == normal


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("+81 3 1234 5678", "81312345678"),
        ("+84 912 345 678", "84912345678"),
        ("+852 5123 4567", "85251234567"),
    ],
)
def test_a_country_code_that_begins_with_eight_is_no_trunk_prefix(text: str, normal: str) -> None:
    """Read as Russian, a caller from Tokyo would share the deals of a stranger."""
    assert normal_phone(text) == normal


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "+",
        "anonymous",
        "скрыт",
        "112",
        "7920555005512",
        "+7920555005",
        "79205550055, 79205550056",
        "0" * 300,
        "9" * 300,
        "ivan@example.org",
    ],
)
def test_it_reads_no_phone_from_what_is_none(text: str) -> None:
    assert normal_phone(text) is None


@given(TEXTS)
def test_a_phone_is_digits_or_none_whatever_is_written(text: str) -> None:
    normal = normal_phone(text)
    assert normal is None or (normal.isascii() and normal.isdigit() and len(normal) <= 20)


@given(st.from_regex("7[0-9]{10}", fullmatch=True))
def test_the_form_of_the_seed_is_its_own_normal_form_with_or_without_a_plus(text: str) -> None:
    """Seed: «Номер телефон клиента в формате 7XXXXXXXXXX»."""
    assert normal_phone(text) == text
    assert normal_phone(f"+{text}") == text
    assert normal_phone(f"8{text[1:]}") == text
    assert normal_phone(text[1:]) == text


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("ivan@example.org", "ivan@example.org"),
        (" Ivan@Example.ORG\n", "ivan@example.org"),
        ("ivan+shop@mail.example.org", "ivan+shop@mail.example.org"),
        ("Почта@Пример.РФ", "почта@пример.рф"),
        ("a@b.c", "a@b.c"),
        ("", None),
        (" ", None),
        ("ivan", None),
        ("ivan@", None),
        ("@example.org", None),
        ("ivan@example", None),
        ("ivan@example.", None),
        ("ivan@.", None),
        ("ivan@@example.org", None),
        ("ivan@example.org, olga@example.org", None),
        ("iv an@example.org", None),
        ("Ivan <ivan@example.org>", None),
        ("79205550055", None),
    ],
)
def test_it_compares_emails_trimmed_and_without_regard_to_case(text: str, normal: str | None) -> None:
    assert normal_email(text) == normal


@given(st.text(max_size=20) | st.from_regex(r"\s?[^@\s]+@[^@\s]+\.[^@\s]+\s?", fullmatch=True))
def test_the_normal_form_of_an_email_is_its_own(text: str) -> None:
    normal = normal_email(text)
    assert normal is None or normal_email(normal) == normal


def test_it_keeps_what_was_written_beside_the_normal_form() -> None:
    assert stated_phone("8 (920) 555-00-55") == StatedContact("8 (920) 555-00-55", "79205550055")
    assert stated_phone("нет") == StatedContact("нет", None)
    assert stated_email(" Ivan@Example.org") == StatedContact(" Ivan@Example.org", "ivan@example.org")
    assert stated_email("нет") == StatedContact("нет", None)


@pytest.mark.parametrize("text", ["375291234567", "12025550123", "00375291234567", "+375 29 123-45-67"])
def test_a_foreign_phone_may_come_without_its_plus(text: str) -> None:
    normal = normal_phone(text)
    assert normal is not None
    assert normal == normal_phone(f"+{normal}") == normal_phone(normal)


def test_a_number_dialled_inside_a_city_names_nobody() -> None:
    assert normal_phone("3080100") is None
