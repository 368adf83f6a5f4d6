"""Every endpoint of the visit counter."""

from dealtrace.counter import script, visit
from dealtrace.http.endpoint import OPEN, Endpoint, Example, RateLimitClass

ENDPOINTS = (
    Endpoint(
        "/counter/{siteId}.js",
        ("GET",),
        script.TABLE,
        script.respond,
        "Скрипт счётчика визитов, без токена",
        "The script that counts visits, without a token",
        OPEN,
        name="counter-script",
        answer=str,
        answer_type="text/javascript",
        rate_limit_class=RateLimitClass.VISIT,
        is_shown_with_slash=False,
        is_for_any_page=True,
        example=Example(path={"siteId": "1"}),
    ),
    Endpoint(
        "/counter/visit",
        ("POST",),
        visit.TABLE,
        visit.respond,
        "Учесть открытую страницу, без токена",
        "Count a page that was opened, without a token",
        OPEN,
        name="counter-visit",
        answer=visit.CountedVisit,
        rate_limit_class=RateLimitClass.VISIT,
        is_shown_with_slash=False,
        is_for_any_page=True,
        example=Example({"siteId": "1", "url": "https://shop.example/"}),
    ),
)
