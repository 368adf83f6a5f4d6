"""Recognise, by the user agent, programs that open web pages without a person.

The patterns come with the package `crawler-user-agents`; nothing is downloaded while the server runs.
"""

import re
from collections.abc import Iterable
from functools import cache, lru_cache

from crawleruseragents import CRAWLER_USER_AGENTS_DATA  # type: ignore[import-untyped]

USER_AGENTS_REMEMBERED = 2048
PATTERNS_AT_ONCE = 25
"""How many patterns are joined into one regular expression; one expression of all patterns is three times slower."""
HTTP_LIBRARY = "http-library"
PATTERNS_OF_PEOPLE = frozenset({r"AP3A\.240617\.008", "MetaIAB Facebook", "okhttp"})
"""Patterns of `crawler-user-agents` that match what people use: Android 15, the Facebook app, other Android apps."""
ONLY_AT_THE_BEGINNING = frozenset({"Viber", "WhatsApp"})
"""Words that mean a robot only at the beginning of a user agent.

Ours: `Viber/21` counts as a robot that fetches previews, and `Mozilla/5.0 … Viber/21` as a person who opens a link in
the messenger's own browser.
"""
LIBRARIES_OF_CRAWLERS = frozenset(
    {
        "phpcrawl", "HTTrack", "SimpleCrawler", "crawler4j", "Scrapy", r"newspaper\/", "colly", "[mM]echanize",
        "trafilatura", "Download Ninja", "GoParserBot", "larbin", "rawweb-bot",
    }
)  # fmt: skip
"""The HTTP libraries that only crawlers use, by their patterns in the package `crawler-user-agents`."""
MORE_ROBOTS = (
    *(
        "[Hh]eadless",
        "jsdom/",
        "HappyDOM/",
        "HtmlUnit",
        "SlimerJS",
        "CasperJS",
        r"Zombie\.js",
        "wkhtmlto",
    ),
    *("[Pp]rerender", "[Rr]endertron", "Cypress/", "TestCafe", "[Ww]eb[Dd]river", "Nightmare/", "Applitools", "Percy/"),
    *("SpeedCurve", "Dareboost", "WebPageTest"),
)
"""Further robots: browsers without a window, and programs that render or test pages.

Neither `crawler-user-agents` nor `ua-parser` lists them.
"""
_NO_APP = "(?!.*(?:CFNetwork|Android|iPhone|iPad))"
"""Excludes the phone apps of Bitrix24 and WooCommerce, which people use."""
MORE_SERVERS = (
    *("^Guzzle(?:Http)?/", "^Symfony HttpClient", r"^(?:Zend|Laminas)[_\\]Http[_\\]Client", "^(?:PEAR )?HTTP_Request"),
    *("^PHP$", "^PHP/", "^PHP-SOAP/"),
    *("^php-requests/", "^ReactPHP/", "^CakePHP", "^Snoopy v", "^Drupal", "^WordPress/"),
    *(f"^WooCommerce{_NO_APP}", f"^(?:1C-)?[Bb]itrix{_NO_APP}"),
    *(r"^1C\+Enterprise/", r"\bIndy Library\b", r"compatible; (?:Clever Internet Suite|ICS|Synapse)\b"),
    *("^Embarcadero ", r"WinHttp\.WinHttpRequest", r"\b(?:Windows)?PowerShell/", "^RestSharp/"),
    *("^Java/", "^Java-http-client/", "Commons-HttpClient/", "^Apache-HttpAsyncClient/", "^ReactorNetty/"),
    *(r"^Vert\.x-WebClient/", "^unirest-java/", "^(?:akka|pekko)-http/", "^Google-HTTP-Java-Client/"),
    *("^undici$", "^node$", "^node-superagent/", "^[Nn]eedle/", "^Deno/", "^Bun/", "^n8n"),
    *("^Ruby$", "^Faraday v", "^rest-client/", r"^http\.rb/", "^HTTPClient/", "^Typhoeus", "^excon/"),
    *("^python-urllib3/", "^Python-httplib2/", "^Tornado/", "^Zeep/", "^PycURL/"),
    *(
        "^go-resty/",
        "^fasthttp$",
        "^ureq/",
        "^reqwest/",
        "^hackney/",
        "^lua-resty-http/",
        "^LWP::",
        "^lwp-request/",
        "^HTTP-Tiny/",
    ),
    *(r"^Mojolicious \(Perl\)", "libcurl-agent/", "^freeswitch-curl/", "^(?:Swagger-Codegen|OpenAPI-Generator)/"),
    *("^PostmanRuntime/", "^[Ii]nsomnia/", "^Thunder Client", "^bruno-runtime/"),
)
"""Further libraries and programs that send requests; `crawler-user-agents` lists none of them as an HTTP library.

Ours: libraries of phone apps, such as `okhttp`, `Dart` and `CFNetwork`, are left out, since people use such apps. The
others are no robots either if a site's server names one in `userAgent`: a lost visit is worse than an odd browser.
"""


@lru_cache(maxsize=USER_AGENTS_REMEMBERED)
def is_robot(user_agent: str) -> bool:
    """Return whether a user agent belongs to a robot; the result is cached, since a check takes 0.15 ms."""
    return any(pattern.search(user_agent) for pattern in _robots())


@lru_cache(maxsize=USER_AGENTS_REMEMBERED)
def is_server(user_agent: str) -> bool:
    """Return whether a user agent belongs to an HTTP library; servers of websites send requests with such libraries."""
    return any(pattern.search(user_agent) for pattern in _servers())


@cache
def _robots() -> tuple[re.Pattern[str], ...]:
    patterns = (robot["pattern"] for robot in CRAWLER_USER_AGENTS_DATA)
    listed = (
        f"^{pattern}" if pattern in ONLY_AT_THE_BEGINNING else pattern
        for pattern in patterns
        if pattern not in PATTERNS_OF_PEOPLE
    )
    return _compiled([*listed, *MORE_ROBOTS])


@cache
def _servers() -> tuple[re.Pattern[str], ...]:
    libraries = {robot["pattern"] for robot in CRAWLER_USER_AGENTS_DATA if HTTP_LIBRARY in robot["tags"]}
    return _compiled([*sorted(libraries - LIBRARIES_OF_CRAWLERS - PATTERNS_OF_PEOPLE), *MORE_SERVERS])


def _compiled(patterns: Iterable[str]) -> tuple[re.Pattern[str], ...]:
    known = list(patterns)
    chunks = (known[at : at + PATTERNS_AT_ONCE] for at in range(0, len(known), PATTERNS_AT_ONCE))
    return tuple(re.compile("|".join(chunk)) for chunk in chunks)
