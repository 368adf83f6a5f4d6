"""Who gets mails."""

import pytest

from dealtrace.errors import InvalidSetting
from dealtrace.mails.recipient import RECIPIENTS_MAX, Recipient, format_recipients, is_address, parse_recipients


def test_addresses_are_read_with_their_languages_each_once() -> None:
    read = parse_recipients("a@example.org en\n b@example.org ; A@example.org, c@example.org ru\n\n", "ru")
    assert read == (Recipient("a@example.org", "en"), Recipient("b@example.org"), Recipient("c@example.org"))
    assert parse_recipients(format_recipients(read), "en") == read


def test_the_language_of_the_writer_counts_where_none_is_said() -> None:
    assert parse_recipients("a@example.org", "en")[0].language == "en"


@pytest.mark.parametrize(
    "text",
    [
        "a", "a@b", "a@example.org de", "a@-example.org", '"a b"@example.org', "я@example.org", "a@пример.рф",
        "@example.org", "a@example.org\rBcc: b@example.org", "a b@example.org", f"{'a' * 65}@example.org",
        f"a@{'b.' * 130}org", "a@example.org\x00", "a..b@example.org", "a.@example.org", ".a@example.org",
        "=?utf-8?q?abc?=@example.org",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(InvalidSetting) as refused:
        parse_recipients(text, "ru")
    assert refused.value.facts["key"] == "recipients"
    assert not is_address(text)


def test_there_are_not_too_many() -> None:
    listed = [f"a{number}@example.org" for number in range(RECIPIENTS_MAX + 1)]
    assert len(parse_recipients("\n".join(listed[:-1]), "ru")) == RECIPIENTS_MAX
    with pytest.raises(InvalidSetting, match="at most 20"):
        parse_recipients("\n".join(listed), "ru")
