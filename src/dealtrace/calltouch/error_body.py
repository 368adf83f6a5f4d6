"""The error body of the Calltouch API, in a form that all known clients can read."""

from typing import Annotated, NotRequired, TypedDict

from msgspec import Meta

from dealtrace.errors import InvalidParameters, Language, Refusal
from dealtrace.http.replies import Reply, refused_json


class FieldViolation(TypedDict):
    """An invalid parameter and what is wrong with it."""

    field: str
    message: str


class Violations(TypedDict):
    """All invalid parameters of a request."""

    violations: list[FieldViolation]


class ApiError(TypedDict):
    """The code and message of a refusal; other objects repeat both, but some clients read them from this object."""

    errorCode: int
    errorMessage: str


class ErrorData(TypedDict):
    """The message and code of a refusal, and the invalid parameters if there are any."""

    message: str
    apiErrorData: ApiError
    validationErrorData: NotRequired[Violations]


class ErrorBody(TypedDict):
    """A refusal; its code and message appear several times, since clients read them in different places."""

    errorCode: Annotated[str, Meta(pattern="^[0-9]+$")]
    message: str
    data: ErrorData


def error_body(refusal: Refusal, language: Language) -> ErrorBody:
    """Return the error body for a refusal; for `InvalidParameters`, it lists the violations."""
    text = refusal.text(language)
    data: ErrorData = {"message": text, "apiErrorData": {"errorCode": refusal.code, "errorMessage": text}}
    if isinstance(refusal, InvalidParameters):
        data["validationErrorData"] = {"violations": field_violations(refusal, language)}
    return {"errorCode": str(refusal.code), "message": text, "data": data}


def field_violations(refusal: InvalidParameters, language: Language) -> list[FieldViolation]:
    """List the invalid parameters of a refusal, each with its message in `language`."""
    return [{"field": violation.field, "message": violation.text(language)} for violation in refusal.violations]


def refuse(refusal: Refusal, language: Language) -> Reply:
    """Return the reply to a refused request, with the API's error body."""
    return refused_json(refusal, error_body(refusal, language))
