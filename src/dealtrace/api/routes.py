"""Every endpoint of our own JSON API."""

from dealtrace.accounts.token import TOKEN_LENGTH_MAX
from dealtrace.api import explanation
from dealtrace.errors import DealNotFound
from dealtrace.http.endpoint import AuthScheme, Endpoint, Example
from dealtrace.http.parameter_types import Text
from dealtrace.http.parameters import Parameter

NOT_FOUND = 404
"""The status of a deal that the path names and the site does not have."""
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

ENDPOINTS = (
    Endpoint(
        f"/api/deals/{{{explanation.DEAL}}}/explanation",
        ("GET",),
        explanation.TABLE,
        explanation.respond,
        "Объяснить, почему у сделки этот лид или нет никакого",
        "Explain why a deal has its lead, or none",
        BY_TOKEN,
        statuses={DealNotFound: NOT_FOUND},
        is_shown_with_slash=False,
        answer=explanation.DealExplanation,
        refusals=(DealNotFound,),
        example=Example(path={explanation.DEAL: "10000001000"}),
    ),
)
