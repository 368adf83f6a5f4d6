"""The body of every refusal that is JSON."""

from typing import Annotated, NotRequired, TypedDict

from msgspec import Meta

from dealtrace.errors import InvalidParameters, Language, Refusal


class FieldViolation(TypedDict):
    """What is wrong with a parameter."""

    field: str
    message: str


class ErrorViolations(TypedDict):
    """All that is wrong with the parameters."""

    violations: list[FieldViolation]


class ApiError(TypedDict):
    """The code and the text, where some clients read them."""

    errorCode: int
    errorMessage: str


class ErrorData(TypedDict):
    """The text, the code, and what is wrong with each parameter."""

    message: str
    apiErrorData: ApiError
    validationErrorData: NotRequired[ErrorViolations]


class ErrorBody(TypedDict):
    """The error body that every known client of Calltouch can read.

    The code is there as digits in a string and as a number, and the text three times, because clients read different
    keys.
    """

    errorCode: Annotated[str, Meta(pattern="^[0-9]+$")]
    message: str
    data: ErrorData


def error_body(refusal: Refusal, language: Language) -> ErrorBody:
    """Build the error body of a refusal."""
    text = refusal.text(language)
    data: ErrorData = {"message": text, "apiErrorData": {"errorCode": refusal.code, "errorMessage": text}}
    if isinstance(refusal, InvalidParameters):
        data["validationErrorData"] = {"violations": field_violations(refusal, language)}
    return {"errorCode": str(refusal.code), "message": text, "data": data}


def field_violations(refusal: InvalidParameters, language: Language) -> list[FieldViolation]:
    """Build the list of what is wrong, in the language of the caller."""
    return [{"field": violation.field, "message": violation.text(language)} for violation in refusal.violations]
