"""The digest under which a token is kept."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealtrace.accounts.token import TOKEN_LENGTH_MAX, TOKEN_LENGTH_MIN, token_digest

SEED_TOKEN = "GllU3tbwhrTkA1Chryud4xIT48WE8FPeNyrGQQswIb3nr"


def test_it_is_sha256_in_hexadecimal() -> None:
    """Were it another, every token handed out would open nothing."""
    assert token_digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert token_digest(SEED_TOKEN) == hashlib.sha256(SEED_TOKEN.encode()).hexdigest()


@pytest.mark.parametrize(("written", "arrived"), [("ab+cd", "ab cd"), ("+ab+", " ab "), ("++", "  ")])
def test_a_plus_that_was_not_encoded_is_the_same_token(written: str, arrived: str) -> None:
    assert token_digest(arrived) == token_digest(written)


@pytest.mark.parametrize("other", ["", SEED_TOKEN.lower(), SEED_TOKEN[:-1], f"{SEED_TOKEN}\n", f" {SEED_TOKEN}"])
def test_another_token_has_another_digest(other: str) -> None:
    assert token_digest(other) != token_digest(SEED_TOKEN)


@given(st.text(st.characters(codec="utf-8"), max_size=TOKEN_LENGTH_MAX))
def test_whatever_is_sent_as_a_token_has_a_digest_that_does_not_show_it(token: str) -> None:
    digest = token_digest(token)
    assert len(digest) == 64
    assert len(token) < TOKEN_LENGTH_MIN or token not in digest


def test_the_token_the_vendor_prints_is_of_a_length_we_take() -> None:
    assert TOKEN_LENGTH_MIN <= len(SEED_TOKEN) <= TOKEN_LENGTH_MAX
