"""What advertising adds to the addresses it leads to."""

from base64 import b64encode, urlsafe_b64encode
from urllib.parse import quote

import pytest

from dealtrace.attribution.landing_tags import CLICK_IDS, click_ids_of, tags_of, utm_of
from dealtrace.attribution.traffic_source import NOWHERE, TrafficSource

SHOP = "https://shop.example/sale"
SPRING = TrafficSource("mail", "email", "spring")
LABEL = "direct.yandex.ru;12345;67890;yandex.ru:premium"


@pytest.mark.parametrize(
    ("tail", "utm"),
    [
        ("?utm_medium=CPC&utm_source=", TrafficSource(medium="CPC")),
        ("", NOWHERE),
        ("?utm_source=a%00b", TrafficSource("ab")),
        ("?utm_source=one&utm_source=two", TrafficSource("one")),
        ("?UTM_SOURCE=Yandex&Utm_Medium=CPC", TrafficSource("Yandex", "CPC")),
        ("?utm_source=mail&amp;utm_medium=email&amp;utm_campaign=spring", SPRING),
        ("?utm_source=mail&amp;amp;utm_medium=email&AMP;utm_campaign=spring", SPRING),
        ("?utm_source=mail&#38;utm_medium=email&#038;utm_campaign=spring", SPRING),
        ("?utm_source=mail&#x26;utm_medium=email&utm_campaign=spring", SPRING),
        ("#utm_source=mail&utm_medium=email&utm_campaign=spring", SPRING),
        ("#!/sale?utm_source=mail&utm_medium=email&utm_campaign=spring", SPRING),
        ("?utm_source=mail&amp%3Butm_medium=email&amp%3butm_campaign=spring", SPRING),
        ("?utm_source=mail%26amp%3Butm_medium=email%26amp;utm_campaign=spring", SPRING),
        ("?utm_source=mail%2526amp%253Butm_medium=email%2526utm_campaign=spring", SPRING),
        (r"?utm_source=mail\u0026utm_medium=email\\u0026utm_campaign=spring", SPRING),
        ("?utm_source=mail%5Cu0026utm_medium=email&%2338;utm_campaign=spring", SPRING),
        (r"?utm_source=mail\u0026amp;utm_medium=email&amp;amp%3Bamp;utm_campaign=spring", SPRING),
        ("?a=1#utm_source=mail&amp%3Butm_medium=email%26amp%3Butm_campaign=spring", SPRING),
        ("?a=1#?utm_source=mail&amp;utm_medium=email&utm_campaign=spring", SPRING),
        ("?utm_source=mail#utm_source=other&utm_medium=cpc", TrafficSource("mail")),
        ("?utm_campaign=spring#utm_source=mail&utm_medium=email", SPRING),
        ("?utm_campaign=spring#utm_source=mail&utm_medium=email&utm_campaign=other", SPRING),
        ("?utm_source=&utm_campaign=spring#/sale?utm_source=mail&utm_medium=email", SPRING),
        ("?utm_campaign=%EE%EA%ED%E0", TrafficSource(campaign="окна")),
        ("?utm_campaign=%D0%BE%D0%BA%D0%BD%D0%B0&utm_term=%EF%E2%F5", TrafficSource(campaign="окна", term="пвх")),
        ("?utm_campaign=весна", TrafficSource(campaign="весна")),
        ("?utm_source=%7Bsource%7D", TrafficSource("{source}")),
        ("?my_utm_source=x", NOWHERE),
        ("?page=2?utm_source=mail&utm_medium=email&utm_campaign=spring", SPRING),
        ("?to=https://a.ru/?utm_source=vk&utm_source=mail&utm_medium=email&utm_campaign=spring", SPRING),
        ("?to=%2Fa?utm_source=vk&utm_source=mail&utm_medium=email&utm_campaign=spring", SPRING),
        ("?utm_source=mail?utm_medium=email?utm_campaign=spring", SPRING),
        ("?utm_source=mail;utm_medium=email%26utm_campaign=spring", SPRING),
        ("?to=https://other.ru/?utm_source=x", NOWHERE),
        ("?utm_term=why?", TrafficSource(term="why?")),
        ("?utm_term=a%2526b", TrafficSource(term="a%26b")),
        ("?to=https://other.ru/?a=1%26amp%3Butm_source=x", NOWHERE),
    ],
)
def test_utm_tags_are_read_as_they_were_written(tail: str, utm: TrafficSource) -> None:
    assert utm_of(SHOP + tail) == utm


def test_a_url_without_a_host_has_tags_as_well() -> None:
    assert utm_of("/sale?utm_source=x") == TrafficSource("x")
    assert utm_of("shop.ru/?utm_source=x#a") == TrafficSource("x")
    assert utm_of("https://[broken/?utm_source=x") == NOWHERE


@pytest.mark.parametrize(
    ("label", "source"),
    [
        (b64encode(LABEL.encode()).decode(), TrafficSource("yandex", "cpc", "12345", "67890")),
        (b64encode(LABEL.encode()).decode().rstrip("="), TrafficSource("yandex", "cpc", "12345", "67890")),
        (LABEL, TrafficSource("yandex", "cpc", "12345", "67890")),
        (LABEL.replace(";", "%3B"), TrafficSource("yandex", "cpc", "12345", "67890")),
        (urlsafe_b64encode("сеть.рф;окна;?>".encode()).decode(), TrafficSource("сеть.рф", "cpc", "окна", "?>")),
        (quote(b64encode("сеть.рф;окна;?>".encode("cp1251"))), TrafficSource("сеть.рф", "cpc", "окна", "?>")),
        (b64encode(b"Begun.ru;1").decode(), TrafficSource("begun", "cpc", "1")),
        ("not-base64", NOWHERE),
        (b64encode(b"no label").decode(), NOWHERE),
        (";;;", NOWHERE),
        ("я", NOWHERE),
        ("a", NOWHERE),
    ],
)
def test_an_openstat_label_is_decoded(label: str, source: TrafficSource) -> None:
    assert tags_of(f"{SHOP}?_openstat={label}").openstat == source
    assert tags_of(f"{SHOP}#_OPENSTAT={label}").openstat == source


@pytest.mark.parametrize("name", CLICK_IDS)
def test_every_click_id_is_kept_by_its_name(name: str) -> None:
    assert name == name.lower()
    for address in (f"{SHOP}?{name}=AbC", f"{SHOP}?a=1&amp;{name.upper()}=AbC", f"{SHOP}?a=1#{name}=AbC"):
        assert click_ids_of(address) == {name: "AbC"}
    assert click_ids_of(f"{SHOP}?{name}=") == {}
