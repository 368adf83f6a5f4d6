"""List the refusals (error answers) that an endpoint may give, with an example of each for the documentation."""

from collections.abc import Iterator

from dealtrace import errors
from dealtrace.errors import Refusal, Violation
from dealtrace.http.endpoint import Endpoint, RateLimitClass
from dealtrace.http.openapi.samples import SAMPLE_FACTS
from dealtrace.http.parameter_table import REQUIRED, Parameter
from dealtrace.http.refusal_statuses import STATUS_OF


def refusals_of(endpoint: Endpoint, method: str | None = None) -> list[tuple[int, type[Refusal]]]:
    """List the refusals that an endpoint may give, each as its HTTP status and class, ordered by status and error code.

    With `method`, only the refusals of requests with this method are listed.
    """
    found = {refusal: endpoint.statuses.get(refusal, STATUS_OF[refusal]) for refusal in _possible(endpoint, method)}
    return sorted(((status, refusal) for refusal, status in found.items()), key=lambda row: (row[0], row[1].code))


def example_of(refusal: type[Refusal], endpoint: Endpoint) -> Refusal:
    """Return an example of a refusal with sample values that suit the endpoint."""
    if issubclass(refusal, errors.InvalidParameters):
        return errors.InvalidParameters([Violation(_required_name(endpoint), *REQUIRED)])
    token = endpoint.auth_scheme.token
    own = {"field": token.name} if token is not None else {}
    return refusal(**{**SAMPLE_FACTS, "allowed": ", ".join(endpoint.methods), **own})


def _possible(endpoint: Endpoint, method: str | None) -> Iterator[type[Refusal]]:
    yield from endpoint.refusals
    yield from (errors.MethodNotAllowed, errors.InternalFailure, errors.DatabaseUnavailable, errors.Overloaded)
    is_limited_by_minute = endpoint.rate_limit_class in (RateLimitClass.FORM, RateLimitClass.VISIT)
    yield errors.AnonymousRateExceeded if is_limited_by_minute else errors.RateExceeded
    if endpoint.described() or "{" in endpoint.path:
        yield errors.InvalidParameters
    if "POST" in endpoint.methods and method in (None, "POST"):
        yield from (errors.UnreadableBody, errors.BodyTooLarge)
    if endpoint.auth_scheme.token is None:
        yield errors.SiteNotFound
    else:
        yield from (errors.TokenRejected, errors.PointsSpent)
        names_site = endpoint.auth_scheme.site is not None or endpoint.auth_scheme.instead is not None
        if "{siteId}" in endpoint.path or names_site:
            yield errors.SiteMismatch


def _required_name(endpoint: Endpoint) -> str:
    parameters: list[Parameter] = endpoint.described()
    required = [parameter.name for parameter in parameters if parameter.required and not parameter.is_token]
    return (required or [parameter.name for parameter in parameters if not parameter.is_token] or ["siteId"])[0]
