"""Every endpoint of the visit counter."""

from dealtrace.counter import attach_attrs, script, visit
from dealtrace.http.endpoint import OPEN, SCRIPT, AuthScheme, Endpoint, Example, RateLimitClass

BY_COUNTER = AuthScheme(counter=script.COUNTER_ID)
_SCRIPT = """HTTP/1.1 200 OK
content-type: text/javascript;charset=UTF-8
cache-control: public, max-age=3600
etag: "7375c9c80b6f90ce"

(function (window, document) {
"use strict";
…
"""

_INIT = tuple(
    Endpoint(
        path,
        ("GET",),
        script.INIT_TABLE,
        script.respond_by_counter,
        "Скрипт счётчика по тому же адресу, что у Calltouch, без токена",
        "The counter's script at Calltouch's path; no token is needed",
        BY_COUNTER,
        name=name,
        refuse=script.refuse_harmlessly,
        answer=str,
        answer_type=SCRIPT,
        refusal_type=SCRIPT,
        rate_limit_class=RateLimitClass.VISIT,
        is_shown_with_slash=False,
        is_for_any_page=True,
        example=Example({"id": "1"}, raw_answer=_SCRIPT),
    )
    for path, name in (("/init.js", "init-script"), ("/init-min.js", "init-min-script"))
)

ENDPOINTS = (
    Endpoint(
        "/counter/{siteId}.js",
        ("GET",),
        script.TABLE,
        script.respond,
        "Скрипт счётчика визитов, без токена",
        "The script that counts visits; no token is needed",
        OPEN,
        name="counter-script",
        answer=str,
        answer_type=SCRIPT,
        rate_limit_class=RateLimitClass.VISIT,
        is_shown_with_slash=False,
        is_for_any_page=True,
        example=Example(path={"siteId": "1"}, raw_answer=_SCRIPT),
    ),
    Endpoint(
        "/counter/visit",
        ("POST",),
        visit.TABLE,
        visit.respond,
        "Сообщить об открытой странице, без токена",
        "Report an opened page; no token is needed",
        OPEN,
        name="counter-visit",
        answer=visit.CountedVisit,
        rate_limit_class=RateLimitClass.VISIT,
        is_shown_with_slash=False,
        is_for_any_page=True,
        example=Example({"siteId": "1", "url": "https://shop.example/"}),
    ),
    *_INIT,
    Endpoint(
        "/set_attrs_by_get.php",
        ("GET",),
        attach_attrs.TABLE,
        attach_attrs.respond,
        "Добавить сторонние параметры к сессии, без токена",
        "Attach third-party parameters to a visit; no token is needed",
        OPEN,
        name="set-attrs-by-get",
        answer=attach_attrs.AttachedAttrs,
        rate_limit_class=RateLimitClass.VISIT,
        is_shown_with_slash=False,
        is_for_any_page=True,
        example=Example({"siteId": "1", "sessionId": "5163730845080865", "attrs": '{"plan": "gold"}'}),
    ),
)
