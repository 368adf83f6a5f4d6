"""Where a visit came from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealtrace.attribution.classification import (
    CLICK_IDS,
    PART_LENGTH_MAX,
    SEARCH_ENGINES,
    SOCIAL_NETWORKS,
    classify,
    utm_of,
)
from dealtrace.attribution.traffic_source import DIRECT, TrafficSource

SHOP = "https://shop.example/sale"


@pytest.mark.parametrize(
    ("landing", "referrer", "source"),
    [
        (SHOP, "", DIRECT),
        ("", "", DIRECT),
        (SHOP, "https://shop.example/", DIRECT),
        (SHOP, "http://www.SHOP.example:8080/cart", DIRECT),
        (f"{SHOP}?utm_source=ya&utm_medium=cpc", "", TrafficSource("ya", "cpc")),
        (f"{SHOP}?utm_source=ya", "", TrafficSource("ya", "(not set)")),
        (
            f"{SHOP}?utm_term=t&utm_source=ya&utm_medium=m&utm_campaign=c&utm_content=o",
            "https://yandex.ru/",
            TrafficSource("ya", "m", "c", "o", "t"),
        ),
        (f"{SHOP}?utm_source=%D0%B2%D0%B5%D1%81%D0%BD%D0%B0+2018", "", TrafficSource("весна 2018", "(not set)")),
        (f"{SHOP}?utm_source=one&utm_source=two", "", TrafficSource("one", "(not set)")),
        (f"{SHOP}?utm_source=&yclid=1", "", TrafficSource("yandex", "cpc")),
        (f"{SHOP}?utm_campaign=c&gclid=1", "https://www.google.ru/", TrafficSource("google", "cpc", "c")),
        (f"{SHOP}?fbclid=1", "https://l.facebook.com/", TrafficSource("facebook", "cpc")),
        (SHOP, "https://yandex.ru/search/?text=buy+boots", TrafficSource("yandex", "organic", term="buy boots")),
        (SHOP, "https://ya.ru/", TrafficSource("yandex", "organic")),
        (SHOP, "https://search.yandex.com.tr/", TrafficSource("yandex", "organic")),
        (SHOP, "https://www.google.co.uk/", TrafficSource("google", "organic")),
        (SHOP, "https://google.de/search?q=boots", TrafficSource("google", "organic", term="boots")),
        (SHOP, "https://go.mail.ru/search?q=x", TrafficSource("mail.ru", "organic", term="x")),
        (SHOP, "https://e.mail.ru/inbox", TrafficSource("e.mail.ru", "referral")),
        (SHOP, "https://m.vk.com/feed", TrafficSource("vk", "social")),
        (SHOP, "https://t.me/shop", TrafficSource("telegram", "social")),
        (SHOP, "https://notvk.com/", TrafficSource("notvk.com", "referral")),
        (SHOP, "https://google.blog.example.com/", TrafficSource("google.blog.example.com", "referral")),
        (SHOP, "https://Forum.Example.ORG./topic", TrafficSource("forum.example.org", "referral")),
        (SHOP, "https://президент.рф/", TrafficSource("президент.рф", "referral")),
        (SHOP, "https://xn--d1abbgf6aiiy.xn--p1ai/", TrafficSource("xn--d1abbgf6aiiy.xn--p1ai", "referral")),
        (SHOP, "android-app://org.telegram.messenger", TrafficSource("org.telegram.messenger", "referral")),
        (SHOP, "not an address", DIRECT),
        (SHOP, "https:// /", DIRECT),
        (SHOP, "https://[broken/", DIRECT),
        ("https://[broken/?utm_source=x", "https://ya.ru/", TrafficSource("yandex", "organic")),
    ],
)
def test_it_tells_the_source(landing: str, referrer: str, source: TrafficSource) -> None:
    assert classify(landing, referrer) == source


@pytest.mark.parametrize("parameter", CLICK_IDS)
def test_every_click_id_is_an_advert(parameter: str) -> None:
    assert classify(f"{SHOP}?{parameter}=abc", "") == TrafficSource(CLICK_IDS[parameter], "cpc")


@pytest.mark.parametrize("host", SEARCH_ENGINES)
def test_every_engine_tells_the_words_that_were_searched(host: str) -> None:
    name, words = SEARCH_ENGINES[host]
    for place in (f"https://{host}.com/", f"http://www.{host}.co.uk/"):
        assert classify(SHOP, f"{place}?{words}=boots") == TrafficSource(name, "organic", term="boots")


@pytest.mark.parametrize("host", SOCIAL_NETWORKS)
def test_every_network_is_social(host: str) -> None:
    assert classify(SHOP, f"https://{host}/") == TrafficSource(SOCIAL_NETWORKS[host], "social")


def test_utm_tags_stand_as_they_were() -> None:
    assert utm_of(f"{SHOP}?utm_medium=CPC&utm_source=") == TrafficSource(medium="CPC")
    assert utm_of(SHOP) == TrafficSource()
    assert utm_of(f"{SHOP}?utm_source=a%00b") == TrafficSource("ab")


@given(st.text(max_size=60), st.text(max_size=60))
def test_it_always_answers_within_its_limits(landing: str, referrer: str) -> None:
    told = classify(f"{SHOP}?utm_source={landing}", f"https://{referrer}")
    for part in (told.source, told.medium, told.campaign, told.content, told.term):
        assert len(part) <= PART_LENGTH_MAX
        assert "\0" not in part
    assert told.source
    classify(landing, referrer)


def test_what_is_too_long_is_cut() -> None:
    told = classify(f"{SHOP}?utm_source={'x' * 5000}", "")
    assert told.source == "x" * PART_LENGTH_MAX
