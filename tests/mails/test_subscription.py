"""Links that end a subscription: only the key of the installation makes them, and they say what they said."""

from hypothesis import given
from hypothesis import strategies as st

from dealtrace.mails.recipient import is_address
from dealtrace.mails.subscription import MailList, Subscription, link_key, parse_link_key

KEY, OTHER = b"k" * 32, b"o" * 32
NAMES = st.text("abcXYZ019!#$%&'*+/=?^_`{|}~.-", min_size=1, max_size=64)
SUBSCRIPTIONS = st.builds(
    Subscription,
    st.integers(1, 2**53),
    st.sampled_from(MailList),
    st.integers(1, 2**53),
    st.builds("{}@{}.example".format, NAMES, st.from_regex("[a-z0-9]{1,60}", fullmatch=True)).filter(is_address),
)
ANNA = Subscription(1, MailList.REPORT, 7, "anna@example.com")


@given(SUBSCRIPTIONS)
def test_a_link_says_what_it_ends(subscription: Subscription) -> None:
    key = link_key(subscription, KEY)
    assert parse_link_key(key, KEY) == subscription
    assert parse_link_key(key, OTHER) is None
    assert set(key) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")


@given(st.text() | st.integers(0, 200).map(lambda at: link_key(ANNA, KEY)[:at]) | SUBSCRIPTIONS.map(str))
def test_what_was_not_signed_ends_nothing(text: str) -> None:
    assert parse_link_key(text, KEY) in ({ANNA, None} if text == link_key(ANNA, KEY) else {None})


def test_every_part_of_a_link_is_signed() -> None:
    key = link_key(ANNA, KEY)
    for at in range(len(key)):
        changed = key[:at] + ("b" if key[at] == "a" else "a") + key[at + 1 :]
        assert parse_link_key(changed, KEY) is None
