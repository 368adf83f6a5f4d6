"""Document an endpoint for people: an example request and answer, parameters, fields, errors and limits."""

import json
from collections.abc import Mapping, Sequence

from dealtrace.errors import Language, text_in
from dealtrace.http.endpoint import JSON, Endpoint, RateLimitClass
from dealtrace.http.openapi.description import example_answer, schema_of
from dealtrace.http.openapi.json_schema import Components, Schema
from dealtrace.http.openapi.possible_refusals import example_of, refusals_of
from dealtrace.http.openapi.samples import curl, describe_type, iterate_fields
from dealtrace.http.parameter_table import Parameter
from dealtrace.http.rate_limits import RateLimits
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


def describe_method(endpoint: Endpoint, limits: RateLimits, language: Language) -> DescribedMethod:
    """Return the documentation of an endpoint in one language, generated from the declaration of the endpoint.

    `limits` are the rate limits of this server.
    """
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
        limit=_limit(endpoint.rate_limit_class, limits, language),
    )


def title_of(endpoint: Endpoint, language: Language) -> str:
    """Return a description of an endpoint in one line."""
    return text_in(language, endpoint)


def _shown(parameter: Parameter, components: Components, language: Language) -> ShownParameter:
    kind = describe_type(schema_of(parameter), components.schemas)
    meaning = text_in(language, parameter)
    return ShownParameter(parameter.name, parameter.required, meaning, kind)


def _answer(endpoint: Endpoint, schema: Schema, components: Components) -> str:
    if endpoint.example.raw_answer:
        return endpoint.example.raw_answer
    is_shown = not endpoint.redirects and (endpoint.answer_type == JSON or endpoint.example.answer is not None)
    answer = example_answer(endpoint, schema, components) if is_shown else ""
    return answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False, indent=1)


@record
class _LimitSettings:
    """The settings that limit a class of requests per IP address and, if `per_site` is not empty, per site."""

    per_ip: str
    per_site: str = ""


_SETTINGS: Mapping[RateLimitClass, _LimitSettings] = {
    RateLimitClass.API: _LimitSettings("DEALTRACE_RATE_PER_SECOND"),
    RateLimitClass.PBX: _LimitSettings("DEALTRACE_EXCHANGE_RATE_PER_SECOND"),
    RateLimitClass.FORM: _LimitSettings("DEALTRACE_FORM_RATE_PER_MINUTE", "DEALTRACE_FORM_SITE_RATE_PER_MINUTE"),
    RateLimitClass.VISIT: _LimitSettings("DEALTRACE_VISIT_RATE_PER_MINUTE", "DEALTRACE_VISIT_SITE_RATE_PER_MINUTE"),
}


def _limit(rate_limit_class: RateLimitClass, limits: RateLimits, language: Language) -> str:
    """Return the rate limits of a class of endpoints on this server in words, with the settings that change them."""
    is_ru, settings = language == "ru", _SETTINGS[rate_limit_class]
    per_ip, per_site = limits.counts(rate_limit_class)
    is_by_minute = bool(settings.per_site)
    if is_ru:
        unit = "минуту" if is_by_minute else "секунду"
        first = f"не более {per_ip} в {unit} с одного IP-адреса" if per_ip else "без ограничений для одного IP-адреса"
        second = f"не более {per_site} в минуту на кабинет" if per_site else "без ограничений для кабинета"
    else:
        unit = "minute" if is_by_minute else "second"
        first = f"at most {per_ip} per {unit} from one IP address" if per_ip else "no limit per IP address"
        second = f"at most {per_site} per minute for one site" if per_site else "no limit per site"
    said = f"{first} ({settings.per_ip})"
    return f"{said}, {second} ({settings.per_site})" if settings.per_site else said
