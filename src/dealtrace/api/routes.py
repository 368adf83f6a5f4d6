"""Every endpoint of our own JSON API."""

from dataclasses import replace

from dealtrace.api import explanation
from dealtrace.errors import DealNotFound, Language, Refusal
from dealtrace.http.endpoint import AuthScheme, Endpoint
from dealtrace.http.parameter_types import Text
from dealtrace.http.parameters import Parameter
from dealtrace.http.replies import Reply, refusal_reply

TOKEN_LENGTH_MAX = 200
NOT_FOUND = 404
BY_TOKEN = AuthScheme(
    Parameter(
        "Access-Token",
        Text(TOKEN_LENGTH_MAX),
        "Токен доступа к API.",
        "The token that opens the API.",
        required=True,
        is_token=True,
    ),
    is_header=True,
)


def refuse(refusal: Refusal, language: Language) -> Reply:
    """Answer a refusal as everywhere, but with 404 if the deal in the path does not exist."""
    reply = refusal_reply(refusal, language)
    return replace(reply, status=NOT_FOUND) if isinstance(refusal, DealNotFound) else reply


ENDPOINTS = (
    Endpoint(
        f"/api/deals/{{{explanation.DEAL}}}/explanation",
        ("GET",),
        explanation.TABLE,
        explanation.respond,
        "Объяснить, почему у сделки этот лид или нет никакого",
        "Explain why a deal has its lead, or none",
        BY_TOKEN,
        refuse=refuse,
        is_shown_with_slash=False,
        answer=explanation.DealExplanation,
    ),
)
