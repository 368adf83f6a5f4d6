"""Document an endpoint for people: an example request and answer, parameters, fields, errors and limits."""

import json
from collections.abc import Mapping, Sequence

from dealtrace.errors import Language
from dealtrace.http.endpoint import JSON, Endpoint, RateLimitClass
from dealtrace.http.openapi.description import example_answer, schema_of
from dealtrace.http.openapi.json_schema import Components, Schema
from dealtrace.http.openapi.possible_refusals import example_of, refusals_of
from dealtrace.http.openapi.samples import curl, describe_type, iterate_fields
from dealtrace.http.parameters import Parameter
from dealtrace.record import record


@record
class ShownParameter:
    """A parameter: its name, whether it is required, its meaning in one language, and its type in a few words."""

    name: str
    is_required: bool
    meaning: str
    type: str


@record
class ShownError:
    """An error that an endpoint may answer with; `text` is an example of its message."""

    status: int
    code: int
    text: str


@record
class DescribedMethod:
    """The documentation of an endpoint in one language.

    `request` is a curl command in which `TOKEN` stands for the token. `answer` is an example, empty if there is none.
    `fields` has a pair for each key of the answer: the key and its type.
    """

    endpoint: Endpoint
    name: str
    title: str
    request: str
    answer: str
    parameters: Sequence[ShownParameter]
    fields: Sequence[tuple[str, str]]
    errors: Sequence[ShownError]
    limit: str


def describe_method(endpoint: Endpoint, language: Language) -> DescribedMethod:
    """Return the documentation of an endpoint in one language, generated from the declaration of the endpoint."""
    components = Components()
    schema = components.describe(endpoint.answer)
    return DescribedMethod(
        endpoint=endpoint,
        name=endpoint.shown_name,
        title=title_of(endpoint, language),
        request=curl(endpoint),
        answer=_answer(endpoint, schema, components),
        parameters=[_shown(parameter, components, language) for parameter in endpoint.described()],
        fields=list(iterate_fields(schema, components.schemas)) if endpoint.answer_type == JSON else [],
        errors=[
            ShownError(status, refusal.code, example_of(refusal, endpoint).text(language))
            for status, refusal in refusals_of(endpoint)
        ],
        limit=LIMITS[endpoint.rate_limit_class][language],
    )


def title_of(endpoint: Endpoint, language: Language) -> str:
    """Return one line that says what an endpoint does."""
    return endpoint.ru if language == "ru" else endpoint.en


def _shown(parameter: Parameter, components: Components, language: Language) -> ShownParameter:
    kind = describe_type(schema_of(parameter), components.schemas)
    meaning = parameter.ru if language == "ru" else parameter.en
    return ShownParameter(parameter.name, parameter.required, meaning, kind)


def _answer(endpoint: Endpoint, schema: Schema, components: Components) -> str:
    if endpoint.example.raw_answer:
        return endpoint.example.raw_answer
    is_shown = not endpoint.redirects and (endpoint.answer_type == JSON or endpoint.example.answer is not None)
    answer = example_answer(endpoint, schema, components) if is_shown else ""
    return answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False, indent=1)


LIMITS: Mapping[RateLimitClass, Mapping[Language, str]] = {
    RateLimitClass.API: {
        "ru": "не более 5 запросов в секунду с одного IP-адреса (DEALTRACE_RATE_PER_SECOND)",
        "en": "at most 5 requests per second from one IP address (DEALTRACE_RATE_PER_SECOND)",
    },
    RateLimitClass.EXCHANGE: {
        "ru": "не более 50 запросов в секунду с одного IP-адреса (DEALTRACE_EXCHANGE_RATE_PER_SECOND)",
        "en": "at most 50 requests per second from one IP address (DEALTRACE_EXCHANGE_RATE_PER_SECOND)",
    },
    RateLimitClass.FORM: {
        "ru": "не более 60 запросов в минуту с одного IP-адреса (DEALTRACE_FORM_RATE_PER_MINUTE) "
        "и 600 на кабинет (DEALTRACE_FORM_SITE_RATE_PER_MINUTE)",
        "en": "at most 60 requests per minute from one IP address (DEALTRACE_FORM_RATE_PER_MINUTE) "
        "and 600 per site (DEALTRACE_FORM_SITE_RATE_PER_MINUTE)",
    },
    RateLimitClass.VISIT: {
        "ru": "не более 600 запросов в минуту с одного IP-адреса (DEALTRACE_VISIT_RATE_PER_MINUTE) "
        "и 6000 на кабинет (DEALTRACE_VISIT_SITE_RATE_PER_MINUTE)",
        "en": "at most 600 requests per minute from one IP address (DEALTRACE_VISIT_RATE_PER_MINUTE) "
        "and 6000 per site (DEALTRACE_VISIT_SITE_RATE_PER_MINUTE)",
    },
}
"""The default rate limit of each class of endpoints in words, with the setting that changes it."""
