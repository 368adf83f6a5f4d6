"""Every address of the counter on one screen."""

from dealtrace.counter import script, visit
from dealtrace.http.endpoint import OPEN, Endpoint, RateLimitClass
from dealtrace.http.replies import public_refusal

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
        refuse=public_refusal,
        is_shown_with_slash=False,
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
        rate_limit_class=RateLimitClass.VISIT,
        refuse=public_refusal,
        is_shown_with_slash=False,
        is_for_browsers=True,
    ),
)
