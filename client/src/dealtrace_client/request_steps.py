"""The steps of an API call: what to send, how long to wait, when to retry. The clients carry out these steps."""

import json
import random
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from urllib.parse import urlencode

from dealtrace_client.checked_arguments import checked_seconds, wrong_type
from dealtrace_client.errors import (
    AnswerUnreadable,
    FieldViolation,
    NotFound,
    PointsSpent,
    Refused,
    Unreachable,
    refusal_for,
)
from dealtrace_client.rate_limit import RateLimit
from dealtrace_client.records import Json

T = TypeVar("T")
OK = 200
TOO_MANY_REQUESTS = 429
RETRIED_STATUSES = frozenset({TOO_MANY_REQUESTS, 500, 502, 503, 504})
OVERLOADED = "10032"
"""The error code of a refusal that guarantees that nothing was stored."""


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """An API call: the request, and how its response is parsed.

    `read` parses the decoded JSON. `done_before` returns the result if a retry gets `NotFound`, because an earlier try,
    whose answer was lost, may have succeeded. A call with a `body` is sent as JSON, with the token in a header. If
    `is_open` is true, the call is sent as a form without a token. If `is_repeatable` is false, the call would have a
    second effect if the server carried it out twice, so it is retried only if the server cannot have carried it out.
    """

    path: str
    parameters: Mapping[str, str]
    read: Callable[[Json], T]
    done_before: Callable[[], T] | None = None
    body: object = None
    is_open: bool = False
    is_repeatable: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP response of the server."""

    status: int
    body: bytes
    retry_after_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """The failure to get a response; without a connection, nothing can have reached the server.

    `advice` says what is wrong and what to do if no retry can help; otherwise, it is empty.
    """

    cause: Exception
    was_connected: bool
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Wait:
    """A step of a call: wait for a number of seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Send:
    """A step of a call: send a request, by GET, or by POST with `content` as its body."""

    path: str
    parameters: Mapping[str, str]
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None

    @property
    def method(self) -> str:
        """Return the HTTP method of the request."""
        return "GET" if self.content is None else "POST"


@dataclass(frozen=True, slots=True)
class Retries:
    """How often a call is tried, and how long to wait between tries: the delays double and vary at random."""

    tries_max: int = 6
    first_pause_seconds: float = 0.3
    longest_pause_seconds: float = 20.0

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            TypeError: a value is not a number.
            ValueError: `tries_max` is below 1, or a pause is negative.
        """
        checked_seconds("first_pause_seconds", self.first_pause_seconds, allows_zero=True)
        checked_seconds("longest_pause_seconds", self.longest_pause_seconds, allows_zero=True)
        if not isinstance(self.tries_max, int) or isinstance(self.tries_max, bool):
            raise wrong_type("tries_max", "a whole number", self.tries_max)
        if self.tries_max < 1:
            raise ValueError(f"tries_max: at least 1 is expected, not {self.tries_max}")

    def pause_seconds(self, failed: int) -> float:
        """Return the seconds to wait after `failed` tries have failed."""
        longest: float = min(self.longest_pause_seconds, self.first_pause_seconds * 2 ** (failed - 1))
        return random.uniform(longest / 2, longest)  # noqa: S311 - it only spreads retries


Steps = Generator[Wait | Send, Answer | NoAnswer | None, T]


def carry_out(call: Call[T], token: str, retries: Retries, rate_limit: RateLimit) -> Steps[T]:
    """Yield the steps of a call until it succeeds or fails, and return its result.

    A try is repeated if it got no answer or was refused temporarily. Most calls have the same effect however often they
    are sent: a deal is registered only once, since its number is unique, and a change only sets values. A call
    whose `is_repeatable` is false fails if the server may have carried it out.

    Raises:
        ClientError: the call failed.
        TypeError: `call` is not a call.
    """
    if not isinstance(call, Call):
        raise wrong_type("call", "a call, such as register(...) returns,", call)
    request = _request(call, token)
    for tried in range(1, retries.tries_max + 1):
        if delay := rate_limit.delay_seconds():
            yield Wait(delay)
        answer = yield request
        try:
            return _read(call, answer, is_first=tried == 1)
        except (Unreachable, Refused) as error:
            may_be_done = not call.is_repeatable and not _is_surely_undone(answer, error)
            if tried == retries.tries_max or may_be_done or not _is_temporary(answer, error):
                raise
            asked_for = answer.retry_after_seconds if isinstance(answer, Answer) else None
            longest = retries.longest_pause_seconds
            yield Wait(retries.pause_seconds(tried) if asked_for is None else min(asked_for, longest))
    raise AssertionError  # pragma: no cover - the last try returns or raises


def _request(call: Call[T], token: str) -> Send:
    if call.is_open:
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        return Send(call.path, {}, form, urlencode(call.parameters).encode())
    if call.body is None:
        return Send(call.path, {"clientApiId": token, **call.parameters})
    headers = {"Content-Type": "application/json", "Access-Token": token}
    return Send(call.path, call.parameters, headers, json.dumps(call.body).encode())


def _is_temporary(answer: Answer | NoAnswer | None, error: Unreachable | Refused) -> bool:
    if isinstance(error, Refused):
        return error.status in RETRIED_STATUSES and not isinstance(error, PointsSpent)
    return not (isinstance(answer, NoAnswer) and answer.advice)


def _is_surely_undone(answer: Answer | NoAnswer | None, error: Unreachable | Refused) -> bool:
    """Return whether the server cannot have carried out a call that failed."""
    if isinstance(error, Refused):
        return error.status == TOO_MANY_REQUESTS or error.code == OVERLOADED
    return isinstance(answer, NoAnswer) and not answer.was_connected


def _read(call: Call[T], answer: Answer | NoAnswer | None, *, is_first: bool) -> T:
    if not isinstance(answer, Answer):
        cause, advice = (answer.cause, answer.advice) if answer is not None else (None, "")
        raise Unreachable(f"{cause}: {advice}" if advice else str(cause)) from cause
    content = _decode(answer)
    if answer.status == OK:
        try:
            return call.read(content)
        except (KeyError, TypeError, ValueError, ArithmeticError) as error:
            raise AnswerUnreadable(f"{call.path}: {error!r}") from error
    refusal = _refusal(answer.status, content)
    if isinstance(refusal, NotFound) and not is_first and call.done_before is not None:
        return call.done_before()
    raise refusal


def _decode(answer: Answer) -> Json:
    try:
        return json.loads(answer.body)
    except ValueError as error:
        raise _foreign_fault(answer.status, "the body is not JSON") from error


def _refusal(status: int, content: Json) -> Refused:
    try:
        violations = tuple(
            FieldViolation(violation["field"], violation["message"])
            for violation in content["data"].get("validationErrorData", {}).get("violations", ())
        )
        return refusal_for(status, content["errorCode"], content["message"], violations)
    except (KeyError, TypeError, AttributeError) as error:
        raise _foreign_fault(status, "the body is not an error of a Dealtrace server") from error


def _foreign_fault(status: int, reason: str) -> Refused | AnswerUnreadable:
    """Return the exception for a body that is not from a Dealtrace server; some errors of a gateway are temporary."""
    if status in RETRIED_STATUSES:
        return refusal_for(status, str(status), f"HTTP {status}")
    return AnswerUnreadable(f"HTTP {status}: {reason}")
