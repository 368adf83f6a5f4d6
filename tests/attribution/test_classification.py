"""Where a visit came from."""

from dataclasses import replace
from itertools import permutations
from time import process_time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dealtrace.attribution.classification import REFERRAL, classify
from dealtrace.attribution.known_hosts import ASSISTANTS, SEARCH_ENGINES, SOCIAL_NETWORKS, HostKind
from dealtrace.attribution.landing_tags import CLICK_IDS
from dealtrace.attribution.site_hosts import NO_HOSTS, hosts_of
from dealtrace.attribution.traffic_source import DIRECT, TrafficSource
from dealtrace.attribution.urls import PART_LENGTH_MAX

SHOP = "https://shop.example.com/sale"
YANDEX, GOOGLE = TrafficSource("yandex", "organic"), TrafficSource("google", "organic")


def social(name: str) -> TrafficSource:
    return TrafficSource(name, "social")


def referral(host: str) -> TrafficSource:
    return TrafficSource(host, REFERRAL)


def check(landing: str, referrer: str, source: TrafficSource) -> None:
    assert classify(landing, referrer) == source


@pytest.mark.parametrize(
    ("landing", "referrer", "source"),
    [
        (SHOP, "", DIRECT),
        ("", "", DIRECT),
        (f"{SHOP}?utm_source=ya&utm_medium=cpc", "", TrafficSource("ya", "cpc")),
        (f"{SHOP}?utm_source=ya", "", TrafficSource("ya", "(not set)")),
        (
            f"{SHOP}?utm_term=t&utm_source=ya&utm_medium=m&utm_campaign=c&utm_content=o",
            "https://yandex.ru/",
            TrafficSource("ya", "m", "c", "o", "t"),
        ),
        (f"{SHOP}?utm_source=%D0%B2%D0%B5%D1%81%D0%BD%D0%B0+2018", "", TrafficSource("весна 2018", "(not set)")),
        (f"{SHOP}?utm_source=&yclid=1", "", TrafficSource("yandex", "cpc")),
        (f"{SHOP}?utm_source=ya&yclid=1&_openstat=a;b;c;d", "https://vk.com/", TrafficSource("ya", "(not set)")),
        (f"{SHOP}?UTM_SOURCE=Yandex&UTM_MEDIUM=CPC", "", TrafficSource("Yandex", "CPC")),
        (f"{SHOP}?utm_source=mail&amp;utm_medium=email", "", TrafficSource("mail", "email")),
        (f"{SHOP}#utm_source=yandex&utm_medium=cpc", "https://ya.ru/", TrafficSource("yandex", "cpc")),
        (f"{SHOP}?utm_source=ya", "https://accounts.google.com/", TrafficSource("ya", "(not set)")),
        ("https://[broken/?utm_source=x", "https://ya.ru/", YANDEX),
        (f"{SHOP}?utm_source%3Dyandex%26utm_medium%3Dcpc", "", TrafficSource("yandex", "cpc")),
        (f"{SHOP}?utm_source=yandex%26utm_medium%3Dcpc", "", TrafficSource("yandex", "cpc")),
        (f"{SHOP}?utm_source%253Dyandex%2526utm_medium%253Dcpc", "", TrafficSource("yandex", "cpc")),
        (f"{SHOP}sale&utm_source=yandex&utm_medium=cpc", "https://ya.ru/", TrafficSource("yandex", "cpc")),
        (f"{SHOP}sale&utm_source=yandex&utm_medium=cpc/", "", TrafficSource("yandex", "cpc")),
        (f"{SHOP}sale&utm_source=a?utm_source=b", "", TrafficSource("b", "(not set)")),
        (f"{SHOP}sale&utm_campaign=x?utm_source=b#utm_medium=m", "", TrafficSource("b", "(not set)")),
        (f"{SHOP}?next=%2Fa%3Futm_source%3Dx", "", DIRECT),
        (f"{SHOP}?back=%3Futm_source%3Dx", "", DIRECT),
    ],
)
def test_utm_tags_come_first(landing: str, referrer: str, source: TrafficSource) -> None:
    check(landing, referrer, source)


@pytest.mark.parametrize(
    ("landing", "referrer", "source"),
    [
        (f"{SHOP}?utm_campaign=x", "https://yandex.ru/", replace(YANDEX, campaign="x")),
        (f"{SHOP}?utm_campaign=x", "", replace(DIRECT, campaign="x")),
        (f"{SHOP}?utm_campaign=x", f"{SHOP}/cart", replace(DIRECT, campaign="x")),
        (f"{SHOP}?utm_campaign=x&gclid=1", "https://www.google.ru/", TrafficSource("google", "cpc", "x")),
        (f"{SHOP}?utm_content=b&utm_term=t", "https://forum.ru/", TrafficSource("forum.ru", REFERRAL, "", "b", "t")),
        (f"{SHOP}?utm_term=mine", "https://yandex.ru/search?text=theirs", replace(YANDEX, term="mine")),
        (f"{SHOP}?utm_campaign=x&_openstat=a;1;2", "", TrafficSource("a", "cpc", "x", "2")),
        (f"{SHOP}?utm_campaign=x&fbclid=1", "", replace(social("facebook"), campaign="x")),
        (f"{SHOP}?utm_campaign=%EE%EA%ED%E0", "https://ya.ru", replace(YANDEX, campaign="окна")),
        (f"{SHOP}?utm_medium=cpc", "https://ya.ru/", YANDEX),
        (f"{SHOP}?utm_campaign=%25D0%25BE%25D0%25BA%25D0%25BD%25D0%25B0", "", replace(DIRECT, campaign="окна")),
        (f"{SHOP}?utm_campaign=%u043E%u043a%u043D%u0430+2", "", replace(DIRECT, campaign="окна 2")),
    ],
)
def test_tags_without_a_source_add_to_the_source_found_otherwise(
    landing: str, referrer: str, source: TrafficSource
) -> None:
    check(landing, referrer, source)


@pytest.mark.parametrize(
    ("tail", "referrer", "source"),
    [
        ("?yclid=1", "", TrafficSource("yandex", "cpc")),
        ("?YCLID=1", "https://yandex.ru/", TrafficSource("yandex", "cpc")),
        ("?gad_source=1", "https://www.google.com/", TrafficSource("google", "cpc")),
        ("?gclid=1&gad_source=1&srsltid=2", "", TrafficSource("google", "cpc")),
        ("?dclid=1", "https://news.example.org/", TrafficSource("google", "display")),
        ("?vkclid=1", "https://vk.com/", TrafficSource("vk", "cpc")),
        ("?rb_clickid=1", "", TrafficSource("vk", "cpc")),
        ("?twclid=1", "https://t.co/", TrafficSource("x", "cpc")),
        ("?li_fat_id=1", "", TrafficSource("linkedin", "cpc")),
        ("?fbclid=1", "https://l.facebook.com/", social("facebook")),
        ("?fbclid=1", "", social("facebook")),
        ("?fbclid=1", "https://l.instagram.com/", social("instagram")),
        ("?fbclid=1", "https://www.threads.net/", social("threads")),
        ("?fbclid=1", "https://news.example.org/", social("facebook")),
        ("?fbclid=1", "https://www.google.com/", GOOGLE),
        ("?fbclid=1", "https://l.wl.co/", social("whatsapp")),
        ("?fbclid=1", "https://chatgpt.com/", TrafficSource("chatgpt", "ai")),
        ("?ysclid=1", "https://dzen.ru/", social("dzen")),
        ("?ysclid=1", "https://e.mail.ru/", TrafficSource("e.mail.ru", "email")),
        ("?ysclid=1", "https://forum.example.org/", YANDEX),
        ("?ysclid=1", "https://accounts.google.com/", YANDEX),
        ("?srsltid=1", "https://ya.ru/", YANDEX),
        ("?gad_campaignid=1", "", TrafficSource("google", "cpc")),
        ("?yclid=1", "https://dzen.ru/", TrafficSource("yandex", "cpc")),
        ("?fbclid=1&gclid=2", "https://l.facebook.com/", TrafficSource("google", "cpc")),
        ("?igshid=1", "", social("instagram")),
        ("?ysclid=1", "", YANDEX),
        ("?ysclid=1", "https://yandex.ru/search/?text=boots", replace(YANDEX, term="boots")),
        ("?etext=1", "", YANDEX),
        ("?ysclid=1&yclid=2", "https://yandex.ru/", TrafficSource("yandex", "cpc")),
        ("?srsltid=1", "https://www.google.com/", GOOGLE),
        ("?a=1&amp;ysclid=1", "", YANDEX),
        ("#yclid=1", "", TrafficSource("yandex", "cpc")),
        ("?yclid=", "https://ya.ru/", YANDEX),
        ("?_openstat=ZGlyZWN0LnlhbmRleC5ydTsxOzI7eWE", "https://ya.ru/", TrafficSource("yandex", "cpc", "1", "2")),
        ("?yclid=1&_openstat=direct.yandex.ru%3B1%3B2%3Bya", "", TrafficSource("yandex", "cpc", "1", "2")),
        ("?_openstat=rubbish", "https://ya.ru/", YANDEX),
    ],
)
def test_click_ids_name_the_system_that_led_there(tail: str, referrer: str, source: TrafficSource) -> None:
    check(SHOP + tail, referrer, source)


@pytest.mark.parametrize(
    ("referrer", "kept", "source"),
    [
        ("", "https%3A%2F%2Fyandex.ru%2Fsearch%2F%3Ftext%3Dboots", replace(YANDEX, term="boots")),
        (SHOP, "https://www.google.com/", GOOGLE),
        ("https://accounts.google.com/", "https%3A%2F%2Ft.me%2F", social("telegram")),
        (SHOP, "https%3A%2F%2Fforum.example.org%2F", referral("forum.example.org")),
        (SHOP, "https%3A%2F%2Fblog.shop.example.com%2F", DIRECT),
        (SHOP, "", DIRECT),
        (SHOP, "yandex", DIRECT),
        ("https://vk.com/", "https://ya.ru/", social("vk")),
        ("", "https%3A%2F%2Fa.example.org%2F%3Futm_campaign%3Dtheirs", referral("a.example.org")),
        ("", "https%3A%2F%2Fa.example.org%2F%3Fb%3D1%26utm_source%3Dtheirs", referral("a.example.org")),
        ("", "https%3A%2F%2Fa.example.org%2F%3Fb%3D1%26utm_source=theirs", referral("a.example.org")),
        ("", "https://a.example.org/?utm_source=theirs", referral("a.example.org")),
    ],
)
def test_a_redirect_keeps_the_page_that_people_came_from(referrer: str, kept: str, source: TrafficSource) -> None:
    check(f"{SHOP}?utm_referrer={kept}", referrer, source)
    check(f"{SHOP}?utm_source=x&utm_medium=y&utm_referrer={kept}", referrer, TrafficSource("x", "y"))


def test_tags_that_never_end_cost_no_time() -> None:
    begun = process_time()
    for number in range(10):
        classify(f"{SHOP}?{'utm_' * 2000}=%{number}", "")
    assert process_time() - begun < 0.3


@pytest.mark.parametrize("name", CLICK_IDS)
def test_every_click_id_is_a_source(name: str) -> None:
    assert classify(f"{SHOP}?{name}=abc", "") == CLICK_IDS[name]


@pytest.mark.parametrize(
    "referrer",
    [
        "https://accounts.google.com/",
        "https://accounts.google.com/o/oauth2/v2/auth?client_id=1",
        "https://accounts.google.com.ua/",
        "https://accounts.google.kz/",
        "https://accounts.google.de/signin",
        "https://accounts.google.co.uk/",
        "https://accounts.google.by/",
        "https://passport.yandex.ru/auth",
        "https://oauth.yandex.com/",
        "https://id.vk.com/",
        "https://oauth.vk.com/authorize",
        "https://connect.ok.ru/",
        "https://account.mail.ru/",
        "https://appleid.apple.com/",
        "https://login.microsoftonline.com/",
        "https://esia.gosuslugi.ru/",
        "https://oauth.telegram.org/",
        "https://www.facebook.com.example.com/",
        "https://yookassa.ru/",
        "https://YooKassa.ru:443/payments",
        "https://yoomoney.ru/checkout/",
        "https://auth.robokassa.ru/Merchant/Index",
        "https://securepay.tinkoff.ru/",
        "https://widget.cloudpayments.ru/",
        "https://demo.paykeeper.ru/",
        "https://www.paypal.com/",
        "https://checkout.stripe.com/",
        "https://securepayments.sberbank.ru/",
        *(f"https://{host}/" for host in ("3ds.sberbank.ru", "acs1.sbrf.ru", "acs.tinkoff.ru", "acs.alfabank.ru")),
        *(f"https://{host}/" for host in ("acs-3.vtb.ru", "3ds2.mkb.ru", "3dsecure.bank.kz", "acs.rosbank.ru")),
        *(
            f"https://{host}/"
            for host in ("pay.ozon.ru", "pay.wildberries.ru", "3ds-acs.bank.by", "3-ds.raiffeisen.ru")
        ),
        *(f"https://{host}/" for host in ("3dsec.bank.by", "emv3ds.bank.ru", "3d-secure2.bank.ru", "acs-3ds.bank.ru")),
        "https://qr.nspk.ru/",
        *(f"https://{host}/" for host in ("payecom.ru", "3ds-ds1.mirconnect.ru", "engine.paymentgate.ru", "pay.ya.ru")),
        *(f"https://{host}/" for host in ("sudir.mos.ru", "id.x5.ru", "account.apple.com", "ecommerce.sberbank.ru")),
    ],
)
def test_sign_in_and_payment_pages_send_nobody(referrer: str) -> None:
    check(SHOP, referrer, DIRECT)


@pytest.mark.parametrize(
    ("referrer", "host"),
    [
        ("https://mail.google.com/mail/u/0/", "mail.google.com"),
        ("https://mail.yandex.ru/lite/", "mail.yandex.ru"),
        ("https://mail.yandex.com.tr/", "mail.yandex.com.tr"),
        ("https://e.mail.ru/inbox", "e.mail.ru"),
        ("https://touch.mail.ru/", "touch.mail.ru"),
        ("https://outlook.live.com/", "outlook.live.com"),
        ("https://outlook.cloud.microsoft/mail/", "outlook.cloud.microsoft"),
        ("https://mail.rambler.ru/", "mail.rambler.ru"),
        ("https://mail.yahoo.com/", "mail.yahoo.com"),
        ("android-app://com.google.android.gm/", "mail.google.com"),
    ],
)
def test_mail_is_e_mail(referrer: str, host: str) -> None:
    check(SHOP, referrer, TrafficSource(host, "email"))


@pytest.mark.parametrize(
    ("referrer", "source"),
    [
        ("https://yandex.ru/", YANDEX),
        ("https://yandex.ru", YANDEX),
        ("https://www.yandex.kz/", YANDEX),
        ("https://ya.ru/", YANDEX),
        ("https://m.yandex.ru/", YANDEX),
        ("https://search.yandex.com.tr/", YANDEX),
        ("https://yandex.ru/search/?text=buy+boots", replace(YANDEX, term="buy boots")),
        ("https://yandex.ru/search/?TEXT=%EE%EA%ED%E0", replace(YANDEX, term="окна")),
        ("https://www.google.co.uk/", GOOGLE),
        ("https://google.de/search?q=boots", replace(GOOGLE, term="boots")),
        ("https://images.google.com/", GOOGLE),
        ("android-app://com.google.android.googlequicksearchbox/", GOOGLE),
        ("https://com.google.android.googlequicksearchbox/", GOOGLE),
        ("https://go.mail.ru/search?q=x", TrafficSource("mail.ru", "organic", term="x")),
        ("https://nova.rambler.ru/search?query=x", TrafficSource("rambler", "organic", term="x")),
        ("https://search.yahoo.com/search?p=x", TrafficSource("yahoo", "organic", term="x")),
        ("https://ru.search.yahoo.com/search?p=x", TrafficSource("yahoo", "organic", term="x")),
        ("https://de.images.search.yahoo.com/", TrafficSource("yahoo", "organic")),
        ("https://r.search.yahoo.com/", TrafficSource("yahoo", "organic")),
        ("https://m.search.yahoo.co.jp/", TrafficSource("yahoo", "organic")),
        ("https://www.google.com/url?sa=t&q=https://shop.example.com/boots", GOOGLE),
        ("https://www.google.ru/url?q=shop.example.com&sa=D", GOOGLE),
        ("https://www.google.com/search?q=HTTPS%3A%2F%2Fshop.example.com%2F", GOOGLE),
        ("https://www.google.com/search?q=curl+http", replace(GOOGLE, term="curl http")),
        ("https://html.duckduckgo.com/html?q=x", TrafficSource("duckduckgo", "organic", term="x")),
        ("https://cn.bing.com/", TrafficSource("bing", "organic")),
        ("https://search.brave.com/", TrafficSource("brave", "organic")),
    ],
)
def test_engines_are_known_by_domain_and_search_host(referrer: str, source: TrafficSource) -> None:
    check(SHOP, referrer, source)


@pytest.mark.parametrize(
    "host",
    [
        "yandex.partner.ru",
        "google.evil.com",
        "ru.search.yahoo.com.evil.org",
        "research.yahoo.com",
        "yandex.ru.evil.com",
        "google.com.phishing.example",
        "notgoogle.com",
        "my-yandex.ru",
        "docs.google.com",
        "sites.google.com",
        "translate.google.com",
        "play.google.com",
        "metrika.yandex.ru",
        "market.yandex.ru",
        "direct.yandex.ru",
        "news.rambler.ru",
        "news.mail.ru",
        "mail.ru",
        "brave.com",
        "google.blog.example.org",
        "notvk.com",
        "vk.com.evil.org",
        "t.me.example.org",
        "mail.google.com.evil.org",
        "accounts.google.com.evil.org",
        "yookassa.ru.evil.org",
        "acs.org",
        "pubs.acs.org",
        "3ds.com",
        *("3ds.nintendo.com", "acs.utoronto.ca", "acs.mipt.ru", "acs.hh.ru", "acs2.example.org", "3-ds.example.org"),
        "acs.tilda.ws",
        "3dsec.tilda.ws",
        "acsgroup.example.org",
        "3ds-games.example.org",
        "forum.example.org",
        "someone.github.io",
        "президент.рф",
        "xn--d1abbgf6aiiy.xn--p1ai",
        "192.0.2.7",
        "localhost",
    ],
)
def test_any_other_page_is_a_referral_of_its_host(host: str) -> None:
    for referrer in (f"https://{host}/", f"http://www.{host}:8080/topic?q=words", f"//{host}."):
        check(SHOP, referrer, referral(host) if "." in host or "www" not in referrer else referral(f"www.{host}"))


@pytest.mark.parametrize(
    ("referrer", "source"),
    [
        ("https://zen.yandex.ru/", social("dzen")),
        ("https://dzen.ru/a/b", social("dzen")),
        ("https://m.vk.com/feed", social("vk")),
        ("https://away.vk.com/away.php", social("vk")),
        ("https://t.me/shop", social("telegram")),
        ("https://web.telegram.org/", social("telegram")),
        ("android-app://org.telegram.messenger/", social("telegram")),
        ("https://wa.me/79205550055", social("whatsapp")),
        ("https://web.whatsapp.com/", social("whatsapp")),
        ("https://t.co/abc", social("x")),
        ("https://youtu.be/abc", social("youtube")),
        ("https://m.youtube.com/", social("youtube")),
        ("https://max.ru/", social("max")),
        ("https://web.max.ru/", social("max")),
        ("https://lm.facebook.com/", social("facebook")),
        ("https://my.mail.ru/", social("moimir")),
        ("https://lnkd.in/", social("linkedin")),
        ("https://vkvideo.ru/", social("vk")),
        ("https://chatgpt.com/", TrafficSource("chatgpt", "ai")),
        ("https://chat.openai.com/", TrafficSource("chatgpt", "ai")),
        ("https://www.perplexity.ai/search", TrafficSource("perplexity", "ai")),
        ("https://gemini.google.com/", TrafficSource("gemini", "ai")),
        ("https://copilot.microsoft.com/", TrafficSource("copilot", "ai")),
        ("https://copilot.cloud.microsoft/chat", TrafficSource("copilot", "ai")),
        ("https://chat.deepseek.com/", TrafficSource("deepseek", "ai")),
        ("https://alice.yandex.ru/", TrafficSource("alice", "ai")),
        ("https://claude.ai/chat", TrafficSource("claude", "ai")),
    ],
)
def test_networks_messengers_and_assistants_are_known(referrer: str, source: TrafficSource) -> None:
    check(SHOP, referrer, source)


@pytest.mark.parametrize("engine", SEARCH_ENGINES, ids=lambda engine: engine.name)
def test_every_engine_names_the_words_that_were_searched(engine: object) -> None:
    known = next(search_engine for search_engine in SEARCH_ENGINES if search_engine is engine)
    domain, host = known.domains.split()[0], known.hosts.split()[0]
    expected = TrafficSource(known.name, "organic", term="boots")
    check(SHOP, f"https://{host}.{domain}/s?{known.search_words}=boots", expected)
    if known.is_domain_known:
        check(SHOP, f"http://www.{domain}/s?{known.search_words}=boots", expected)


def test_every_network_and_assistant_is_known_by_each_of_its_hosts() -> None:
    for table, medium in ((SOCIAL_NETWORKS, "social"), (ASSISTANTS, "ai")):
        for name, hosts in table.items():
            for host in hosts.split():
                check(SHOP, f"https://www.{host}/", TrafficSource(name, medium))


@pytest.mark.parametrize(
    ("landing", "referrer"),
    [
        (SHOP, "https://shop.example.com/"),
        (SHOP, "http://www.SHOP.example.com:8080/cart"),
        (SHOP, "https://sub.shop.example.com/"),
        (SHOP, "https://example.com/"),
        (SHOP, "https://other.example.com./"),
        ("https://shop.co.uk/", "https://blog.shop.co.uk/"),
        ("https://президент.рф/", "https://xn--d1abbgf6aiiy.xn--p1ai/a"),
        ("https://xn--d1abbgf6aiiy.xn--p1ai/", "https://www.ПРЕЗИДЕНТ.рф/"),
        ("https://президент.рф/", "https://магазин.президент.рф/"),
        ("http://192.0.2.1:8080/", "http://192.0.2.1/a"),
        ("http://localhost:8000/", "http://localhost:3000/"),
        ("https://shop.tilda.ws/", "https://shop.tilda.ws/cart"),
        ("https://shop.tilda.ws/", "https://www.shop.tilda.ws/cart"),
        ("shop.example.com/cart?a=1", "https://www.shop.example.com/"),
        ("shop.example.com:8080/cart", "https://blog.example.com/"),
        ("https%3A%2F%2Fshop.example.com%2Fcart", SHOP),
        (SHOP, "shop.example.com/cart"),
    ],
)
def test_the_sites_own_domain_sends_nobody(landing: str, referrer: str) -> None:
    check(landing, referrer, DIRECT)


@pytest.mark.parametrize("domain", ["tilda.ws", "insales.ru", "wixsite.com", "narod.ru", "clients.site", "github.io"])
def test_sites_of_one_builder_are_strangers(domain: str) -> None:
    check(f"https://shop.{domain}/", f"https://other.{domain}/", referral(f"other.{domain}"))
    check(f"https://shop.{domain}/", f"https://{domain}/", referral(domain))


@pytest.mark.parametrize(
    ("landing", "referrer"),
    [
        ("https://shop.co.uk/", "https://other.co.uk/"),
        ("http://192.0.2.1/", "http://198.51.2.1/"),
        ("https://shop.com.ru/", "https://other.com.ru/"),
        ("https://shop.ru/", "https://myshop.ru/"),
        ("https://shop.ru/", "https://shop.com/"),
        ("/sale", "https://shop.ru/"),
    ],
)
def test_others_are_not_the_site(landing: str, referrer: str) -> None:
    assert classify(landing, referrer).medium == REFERRAL


@pytest.mark.parametrize(
    "referrer",
    [
        "not an address", "https:// /", "https://[broken/", "about:client", "file:///C:/page.htm", "https:///path", "/",
        "chrome-extension://abcdefghijklmnop/page.html", "javascript:void(0)", "data:text/html,x", "https://", "\0",
        " ",
    ],
)  # fmt: skip
def test_what_is_no_page_sends_nobody(referrer: str) -> None:
    check(SHOP, referrer, DIRECT)


def test_invisible_marks_around_a_tag_are_no_part_of_it() -> None:
    source = TrafficSource("yandex", "cpc", "весна")
    check(f"{SHOP}?utm_source=yandex%E2%80%8B&utm_medium=%EF%BB%BFcpc&utm_campaign=%C2%A0весна%E2%80%8E", "", source)


def test_a_page_without_a_scheme_sends_as_one_with_it() -> None:
    check(SHOP, "yandex.ru/search?text=окна", TrafficSource("yandex", "organic", term="окна"))
    check(SHOP, "https%3A%2F%2Fwww.partner.ru%2Fa", referral("partner.ru"))


def test_a_program_nobody_knows_is_a_referral() -> None:
    check(SHOP, "android-app://com.example.reader/", referral("com.example.reader"))


HOSTS = hosts_of(
    [
        (HostKind.OWN, "shop-blog.ru", ""),
        (HostKind.OWN, "xn--d1abbgf6aiiy.xn--p1ai", ""),
        (HostKind.PAYMENT, "pay.smallbank.ru", ""),
        (HostKind.SIGN_IN, "login.partner.ru", ""),
        (HostKind.SEARCH, "find.portal.ru", "portal"),
        (HostKind.SOCIAL, "club.example.com", "club"),
        (HostKind.OWN, "vk.com", ""),
    ]
)


@pytest.mark.parametrize(
    ("referrer", "source"),
    [
        ("https://shop-blog.ru/", DIRECT),
        ("https://www.de.shop-blog.ru/", DIRECT),
        ("https://президент.рф/", DIRECT),
        ("https://pay.smallbank.ru/", DIRECT),
        ("https://smallbank.ru/", referral("smallbank.ru")),
        ("https://login.partner.ru/", DIRECT),
        ("https://partner.ru/", referral("partner.ru")),
        ("https://find.portal.ru/?q=boots", TrafficSource("portal", "organic", term="boots")),
        ("https://find.portal.ru/?query=boots", TrafficSource("portal", "organic", term="boots")),
        ("https://news.portal.ru/", referral("news.portal.ru")),
        ("https://club.example.com/", social("club")),
        ("https://forum.example.com/", DIRECT),
        ("https://m.vk.com/", DIRECT),
    ],
)
def test_what_a_site_says_of_hosts_comes_before_what_is_known(referrer: str, source: TrafficSource) -> None:
    assert classify(SHOP, referrer, HOSTS) == source
    assert classify(f"{SHOP}?utm_source=x&utm_medium=y", referrer, HOSTS) == TrafficSource("x", "y"), "tags come first"


@given(st.text(max_size=60), st.text(max_size=60))
@example("https://\ud800.ru/?utm_source=\ud800", "https://\ud800.ru/?q=\ud800")
@example("&#38;" * 2000, "%" * 9000)
def test_any_text_is_classified_within_the_limits(landing: str, referrer: str) -> None:
    for url, sender in (
        (f"{SHOP}?utm_source={landing}", f"https://{referrer}"),
        (f"{SHOP}?_openstat={landing}", f"https://{referrer}.ru/?q={landing}"),
        (landing, referrer),
        (f"https://{landing}", f"android-app://{referrer}"),
    ):
        source = classify(url, sender, HOSTS)
        for part in (source.source, source.medium, source.campaign, source.content, source.term):
            assert len(part) <= PART_LENGTH_MAX
            assert "\0" not in part
        assert source.source
        assert source.medium


LABELS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)


@given(
    st.lists(LABELS, max_size=3), st.lists(LABELS, max_size=3), st.sampled_from(["com", "ru", "co.uk", "рф", "com.tr"])
)
def test_hosts_of_one_owner_are_never_a_referral(first: list[str], other: list[str], suffix: str) -> None:
    hosts = [f"https://{'.'.join([*labels, 'own-shop', suffix])}/" for labels in (first, other)]
    for landing, referrer in permutations(hosts):
        assert classify(landing, referrer, NO_HOSTS) == DIRECT


def test_what_is_too_long_is_cut() -> None:
    assert classify(f"{SHOP}?utm_source={'x' * 5000}", "").source == "x" * PART_LENGTH_MAX
