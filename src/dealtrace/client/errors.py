"""What a call may end in beside its answer.

ClientError
├── Unreachable        nobody answered, however often it was tried
├── AnswerUnreadable   somebody answered who is no such server
└── Refused            the server said no; `code` is its number, `violations` name the parameters
    ├── FieldsFaulty       10007
    ├── TokenRejected      10020, 10021
    ├── NotFound           10041, 10059: no such deal, no such lead
    ├── NumberTaken        10042: the number belongs to another deal
    ├── PointsSpent        10031: no points are left today
    ├── TooFast            10030, 10034: more than the server takes, however long it was waited
    └── ServerFailed       500 and above
"""

from collections.abc import Mapping
from dataclasses import dataclass


class ClientError(Exception):
    """A call that came to nothing."""


class Unreachable(ClientError):  # noqa: N818 - it names what is the matter
    """No answer came; what was sent may have been carried out all the same."""


class AnswerUnreadable(ClientError):  # noqa: N818 - it names what is the matter
    """The answer is none that this client knows."""


@dataclass(frozen=True, slots=True)
class FieldViolation:
    """One parameter that is wrong, in the server's words."""

    field: str
    message: str


class Refused(ClientError):  # noqa: N818 - likewise
    """The server said no; nothing was stored, unless it failed itself."""

    def __init__(self, status: int, code: str, message: str, violations: tuple[FieldViolation, ...] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.violations = violations


class FieldsFaulty(Refused):
    """Parameters are missing, malformed or out of range."""


class TokenRejected(Refused):
    """The token opens nothing, or another site."""


class NotFound(Refused):
    """There is no such deal or lead."""


class NumberTaken(Refused):
    """The number belongs to a deal that was registered with other parameters."""


class PointsSpent(Refused):
    """No points are left today."""


class TooFast(Refused):
    """The server takes no more in so short a time."""


class ServerFailed(Refused):
    """The server failed, or sheds load."""


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
LEAST_FAILURE = 500


def refused(status: int, code: str, message: str, violations: tuple[FieldViolation, ...] = ()) -> Refused:
    """Make the exception that fits a refusal."""
    kind = ServerFailed if status >= LEAST_FAILURE else KIND_OF.get(code, Refused)
    return kind(status, code, message, violations)
