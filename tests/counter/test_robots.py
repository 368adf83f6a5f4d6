"""Robots, by how they name themselves."""

import pytest
from crawleruseragents import CRAWLER_USER_AGENTS_DATA  # type: ignore[import-untyped]

from dealtrace.counter.device import equipment_of
from dealtrace.counter.robots import (
    LIBRARIES_OF_CRAWLERS,
    ONLY_AT_THE_BEGINNING,
    PATTERNS_OF_PEOPLE,
    USER_AGENTS_REMEMBERED,
    is_robot,
    is_server,
)

SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Version/17.0 Mobile/1 Safari/604"
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
)
WEBVIEW = "Mozilla/5.0 (Linux; Android 15; CPH2557 Build/AP3A.240617.008; wv) AppleWebKit/537.36 (KHTML, like Gecko)"


def test_every_robot_of_the_list_is_known() -> None:
    known = {item["pattern"] for item in CRAWLER_USER_AGENTS_DATA}
    assert known >= PATTERNS_OF_PEOPLE | LIBRARIES_OF_CRAWLERS | ONLY_AT_THE_BEGINNING, (
        "a pattern of ours has left the list"
    )
    agents = [
        agent
        for item in CRAWLER_USER_AGENTS_DATA
        if item["pattern"] not in PATTERNS_OF_PEOPLE
        for agent in item["instances"]
    ]
    assert len(agents) > 1800
    assert [agent for agent in agents if not equipment_of(agent).is_robot] == []


@pytest.mark.parametrize(
    "user_agent",
    [
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/142.0.0.0 Safari/537.36",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessEdg/142.0.0.0",
        "Mozilla/5.0 (linux) AppleWebKit/537.36 (KHTML, like Gecko) jsdom/24.0.0",
        "Mozilla/5.0 (X11; Linux x64) AppleWebKit/537.36 (KHTML, like Gecko) HappyDOM/15.0.0",
        f"{CHROME} Prerender (+https://github.com/prerender/prerender)",
        "Mozilla/5.0 (X11) AppleWebKit/537.36 (KHTML, like Gecko) Cypress/13.6.0 Chrome/114.0.0.0 Electron/25.8.4",
        "Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 HeadlessFirefox/115.0",
        "Mozilla/5.0 Chrome/10.0.613.0 Safari/534.15 Zombie.js/2.5.1",
        f"{CHROME} Rendertron",
        f"{CHROME} WebdriverIO",
        f"{CHROME} TestCafe",
        f"{CHROME} Chrome-Lighthouse",
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
        "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
        "Mozilla/5.0 (compatible; SemrushBot/7~bl; +http://www.semrush.com/bot.html)",
        "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
        "TelegramBot (like TwitterBot)",
        "Viber",
        "WhatsApp/2.23.20.0 A",
        "Mozilla/5.0 (compatible; vkShare; +http://vk.com/dev/Share)",
        "Mozilla/5.0 (compatible; YandexMetrika/2.0; +http://yandex.com/bots)",
        "Mozilla/5.0 (compatible; Mail.RU_Bot/2.0; +http://go.mail.ru/help/robots)",
        "Scrapy/2.11 (+https://scrapy.org)",
        "python-requests/2.31.0",
    ],
)
def test_robots_that_visit_shops_are_known(user_agent: str) -> None:
    assert equipment_of(user_agent).is_robot


@pytest.mark.parametrize(
    "user_agent",
    [
        "",
        CHROME,
        SAFARI,
        f"{WEBVIEW} Version/4.0 Chrome/142.0.7444.142 Mobile Safari/537.36",
        f"{CHROME} MetaIAB Facebook",
        f"{SAFARI} [FBAN/FBIOS;FBAV/440.0;FBBV/1]",
        f"{SAFARI} Instagram 300.0.0.0",
        f"{CHROME} YaBrowser/24.1.0",
        f"{CHROME} OPR/106.0.0.0",
        f"{CHROME} Edg/142.0.0.0",
        f"{CHROME} VKAndroidApp/8.50",
        f"{WEBVIEW} Version/4.0 Chrome/142.0.7444.142 Mobile Safari/537.36 Viber/21",
        f"{WEBVIEW} Version/4.0 Chrome/142.0.7444.142 Mobile Safari/537.36 Viber/21.0.0.0",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 WhatsApp/23",
        f"{WEBVIEW} Version/4.0 Chrome/142.0.7444.142 Mobile Safari/537.36 Telegram-Android/11.4.2",
        f"{SAFARI} Line/13.0.0",
        f"{SAFARI} MicroMessenger/8.0.40",
        f"{SAFARI} Snapchat/12.50.0.30",
        f"{SAFARI} Pinterest/12.0",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 OKApp",
        "Mozilla/5.0 (Linux; Android 13; CUBOT NOTE 30) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142 Mobile",
        "okhttp/4.12.0",
        "Dart/3.2 (dart:io)",
        "Shop/1.0 CFNetwork/1485 Darwin/23.1.0",
        "Bitrix24/1.0 CFNetwork/1485 Darwin/23.1.0",
        "Bitrix24/2.0 (iPhone; iOS 17.0)",
        "WooCommerce Android/15",
        "Dalvik/2.1.0 (Linux; U; Android 14; Pixel 8)",
        f"{CHROME} Splash/2.1",
    ],
)
def test_people_are_no_robots(user_agent: str) -> None:
    assert not equipment_of(user_agent).is_robot
    assert not is_server(user_agent)


@pytest.mark.parametrize(
    "user_agent",
    ["python-requests/2.31.0", "curl/8.5.0", "Go-http-client/2.0", "axios/1.6.0", "node-fetch/1.0", "Wget/1.21",
     "python-httpx/0.28", "Python/3.11 aiohttp/3.9", "WordPress/6.4; https://shop.ru", "Java/17.0.1",
     "GuzzleHttp/7", "Guzzle/5.3.0 curl/7.58.0 PHP/7.4.33", "reqwest/0.11", "1C-Bitrix/1.0",
     "GuzzleHttp/6.5.5 curl/7.58.0 PHP/7.4.33", "Symfony HttpClient/Native",
     "Symfony HttpClient (Curl)",
     "Laminas_Http_Client", r"Zend\Http\Client", "PEAR HTTP_Request class ( http://pear.php.net/ )", "PHP-SOAP/8.2",
     "HTTP_Request2/2.5.1 (https://github.com/pear/http_request2) PHP/8.2", "PHP/8.2.12", "php-requests/1.7", "CakePHP",
     "Bitrix24 Webhook Engine", "BitrixSM", "1C+Enterprise/8.3", "1C+Enterprise/8.2", "Drupal (+http://drupal.org/)",
     "WooCommerce/8.0 Hookshot (WordPress/6.4)", "Mozilla/3.0 (compatible; Indy Library)",
     "Mozilla/4.0 (compatible; Clever Internet Suite 6.0)", "Mozilla/4.0 (compatible; Synapse)",
     "Mozilla/4.0 (compatible; ICS)", "Embarcadero URI Client/1.0", "Embarcadero RESTClient/1.0",
     "Mozilla/4.0 (compatible; Win32; WinHttp.WinHttpRequest.5)", "RestSharp/110.2.0.0",
     "Mozilla/5.0 (Windows NT; Windows NT 10.0; ru-RU) WindowsPowerShell/5.1.19041.3803", "Java-http-client/17.0.1",
     "Apache-HttpClient/4.5.13 (Java/17.0.1)", "Jakarta Commons-HttpClient/3.1", "ReactorNetty/1.1.0", "node", "undici",
     "node-superagent/8.0.9", "Needle/3.2.0 (Node.js v18; linux x64)", "got (https://github.com/sindresorhus/got)",
     "Deno/1.40.0", "Bun/1.0.0", "Ruby", "Faraday v2.7.10", "rest-client/2.1.0 (linux x86_64) ruby/3.0",
     "http.rb/5.1.1",
     "python-urllib3/2.0.7", "Python-httplib2/0.22.0 (gzip)", "hackney/1.18.1", "fasthttp", "libwww-perl/6.43",
     "asterisk-libcurl-agent/1.0", "PostmanRuntime/7.36.0", "insomnia/2023.5.8", "HTTPie/3.2.2"],
)  # fmt: skip
def test_a_sites_server_is_known_by_its_library(user_agent: str) -> None:
    assert is_server(user_agent)


@pytest.mark.parametrize(
    "user_agent",
    [
        "GuzzleHttp/7",
        "Symfony HttpClient/Native",
        "BitrixSM",
        "1C+Enterprise/8.3",
        "RestSharp/110.2.0.0",
    ],
)
def test_a_visit_whose_browser_is_stated_as_a_further_library_is_kept(user_agent: str) -> None:
    assert not equipment_of(user_agent).is_robot


@pytest.mark.parametrize(
    "user_agent",
    [
        "Scrapy/2.11 (+https://scrapy.org)",
        "PHPCrawl",
        "crawler4j (https://github.com/yasserg/crawler4j/)",
        "Mozilla/5.0 (compatible; GoParserBot/1.0)",
        "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)",
        f"{CHROME} HeadlessChrome/142.0.0.0",
    ],
)
def test_a_crawler_is_no_server(user_agent: str) -> None:
    assert not is_server(user_agent)


def test_agents_are_remembered_within_a_bound() -> None:
    is_robot.cache_clear()
    for number in range(USER_AGENTS_REMEMBERED + 10):
        is_robot(f"x{number}")
    assert is_robot.cache_info().currsize == USER_AGENTS_REMEMBERED
    is_robot(f"x{USER_AGENTS_REMEMBERED}")
    assert is_robot.cache_info().hits == 1
