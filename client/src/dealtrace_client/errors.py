"""The exceptions that are raised if an API call fails.

ClientError
├── Unreachable        no answer, after all retries, or at once if no retry can help
├── AnswerUnreadable   the answer is not from a Dealtrace server, or not understood
└── Refused            the server refused; `code` is the error code, `violations` name the invalid parameters
    ├── FieldsFaulty       10007
    ├── TokenRejected      10020, 10021
    ├── NotFound           10041, 10059: no such deal or lead
    ├── NumberTaken        10042: the number belongs to another deal
    ├── PointsSpent        10031: no API points are left today
    ├── TooFast            10030, 10034: too many requests, after all retries
    └── ServerFailed       500 and above
"""

from collections.abc import Mapping
from dataclasses import dataclass


class ClientError(Exception):
    """The base class of the exceptions that are raised if a call fails."""


class Unreachable(ClientError):  # noqa: N818 - named after what is wrong
    """The server did not answer; it may have carried out the call nevertheless.

    If no retry can help, as with a certificate that is not trusted, the message says what to do.
    """


class AnswerUnreadable(ClientError):  # noqa: N818 - named after what is wrong
    """The response cannot be parsed; the server may have carried out the call nevertheless."""


@dataclass(frozen=True, slots=True)
class FieldViolation:
    """An invalid parameter and the server's message."""

    field: str
    message: str


class Refused(ClientError):  # noqa: N818 - likewise
    """The server refused the call and stored nothing; only after `ServerFailed` may it have stored something."""

    def __init__(self, status: int, code: str, message: str, violations: tuple[FieldViolation, ...] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.violations = violations


class FieldsFaulty(Refused):
    """Parameters are missing, malformed or out of range."""


class TokenRejected(Refused):
    """The token is unknown, or belongs to another site."""


class NotFound(Refused):
    """There is no such deal or lead."""


class NumberTaken(Refused):
    """The number is used by a deal that was registered with other parameters."""


class PointsSpent(Refused):
    """The site's daily quota of API points is used up."""


class TooFast(Refused):
    """Too many requests were sent in a short time."""


class ServerFailed(Refused):
    """The server failed or is overloaded."""


KIND_OF: Mapping[str, type[Refused]] = {
    "10007": FieldsFaulty,
    "10020": TokenRejected,
    "10021": TokenRejected,
    "10041": NotFound,
    "10059": NotFound,
    "10042": NumberTaken,
    "10031": PointsSpent,
    "10030": TooFast,
    "10034": TooFast,
}
SERVER_ERROR_MIN = 500


def refusal_for(status: int, code: str, message: str, violations: tuple[FieldViolation, ...] = ()) -> Refused:
    """Return the exception for a response that refuses a call; `status` and the error `code` decide its class."""
    kind = ServerFailed if status >= SERVER_ERROR_MIN else KIND_OF.get(code, Refused)
    return kind(status, code, message, violations)
