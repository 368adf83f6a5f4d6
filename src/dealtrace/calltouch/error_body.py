"""The error body of the Calltouch API, in a form that every known client can read."""

from typing import NotRequired, TypedDict

from dealtrace.errors import InvalidParameters, Language, Refusal
from dealtrace.http.replies import Reply, refused_json


class ApiError(TypedDict):
    """The refusal's code and text."""

    errorCode: int
    errorMessage: str


class FieldViolation(TypedDict):
    """What is wrong with one parameter."""

    field: str
    message: str


class Violations(TypedDict):
    """Everything that is wrong with the parameters."""

    violations: list[FieldViolation]


class ErrorData(TypedDict):
    """The details of an error."""

    message: str
    apiErrorData: ApiError
    validationErrorData: NotRequired[Violations]


class ErrorBody(TypedDict):
    """A refusal: the code stands as a string and as a number, and the text three times, as clients look for either."""

    errorCode: str
    message: str
    data: ErrorData


def error_body(refusal: Refusal, language: Language) -> ErrorBody:
    """Return the body of a refusal."""
    text = refusal.text(language)
    data: ErrorData = {"message": text, "apiErrorData": {"errorCode": refusal.code, "errorMessage": text}}
    if isinstance(refusal, InvalidParameters):
        violations: list[FieldViolation] = [
            {"field": violation.field, "message": violation.text(language)} for violation in refusal.violations
        ]
        data["validationErrorData"] = {"violations": violations}
    return {"errorCode": str(refusal.code), "message": text, "data": data}


def refuse(refusal: Refusal, language: Language) -> Reply:
    """Return the reply of a refusal."""
    return refused_json(refusal, error_body(refusal, language))
