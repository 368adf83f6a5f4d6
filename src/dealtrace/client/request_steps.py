"""What is sent, what comes back, and when it is tried again; whoever speaks to the network carries this out."""

import json
import random
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from dealtrace.client.errors import (
    AnswerUnreadable,
    FieldViolation,
    NotFound,
    PointsSpent,
    Refused,
    Unreachable,
    refused,
)
from dealtrace.client.rate_limit import Pace

T = TypeVar("T")
OK = 200
WORTH_ANOTHER_TRY = frozenset({429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One call of the API: what is sent, and how its answer is read.

    `done_before` reads the answer in place of `NotFound` when an earlier try, whose answer was lost, may have been
    carried out.
    """

    path: str
    parameters: Mapping[str, str]
    read: Callable[[Any], T]
    done_before: Callable[[], T] | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    body: bytes
    retry_after_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """A step of a call: wait so long."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Send:
    """A step of a call: send this, and tell what came back."""

    path: str
    parameters: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Retries:
    """How often and how long a call is tried, in seconds; the pauses double and differ at random."""

    tries_max: int = 6
    first_pause_seconds: float = 0.3
    longest_pause_seconds: float = 20.0

    def pause_seconds(self, failed: int) -> float:
        """Tell how long to wait after the `failed`-th try."""
        longest: float = min(self.longest_pause_seconds, self.first_pause_seconds * 2 ** (failed - 1))
        return random.uniform(longest / 2, longest)  # noqa: S311 - it only keeps clients apart


Steps = Generator[Wait | Send, Answer | Exception | None, T]


def carry_out(call: Call[T], token: str, retries: Retries, pace: Pace) -> Steps[T]:
    """Yield the steps of a call until it has an answer, and return that.

    A try that got no answer, or was told to come again, is repeated: registering is safe to repeat because of its
    number, changing comes to the same, and reading changes nothing.

    Raises:
        ClientError: it came to nothing.
    """
    sent = Send(call.path, {"clientApiId": token, **call.parameters})
    for tried in range(1, retries.tries_max + 1):
        if delay := pace.delay_seconds():
            yield Wait(delay)
        answer = yield sent
        try:
            return _read(call, answer, is_first=tried == 1)
        except (Unreachable, Refused) as fault:
            if tried == retries.tries_max or not _may_pass(fault):
                raise
            told = answer.retry_after_seconds if isinstance(answer, Answer) else None
            yield Wait(min(told, retries.longest_pause_seconds) if told is not None else retries.pause_seconds(tried))
    raise AssertionError  # pragma: no cover - the last try returns or raises


def _may_pass(fault: Unreachable | Refused) -> bool:
    if isinstance(fault, Refused):
        return fault.status in WORTH_ANOTHER_TRY and not isinstance(fault, PointsSpent)
    return True


def _read(call: Call[T], answer: Answer | Exception | None, *, is_first: bool) -> T:
    if not isinstance(answer, Answer):
        raise Unreachable(str(answer)) from answer
    told = _decode(answer)
    if answer.status == OK:
        try:
            return call.read(told)
        except (KeyError, TypeError, ValueError, ArithmeticError) as fault:
            raise AnswerUnreadable(f"{call.path}: {fault!r}") from fault
    refusal = _refusal(answer.status, told)
    if isinstance(refusal, NotFound) and not is_first and call.done_before is not None:
        return call.done_before()
    raise refusal


def _decode(answer: Answer) -> Any:
    try:
        return json.loads(answer.body)
    except ValueError as fault:
        if answer.status in WORTH_ANOTHER_TRY:
            raise refused(answer.status, str(answer.status), f"HTTP {answer.status}") from fault
        raise AnswerUnreadable(f"HTTP {answer.status}, no JSON") from fault


def _refusal(status: int, told: Any) -> Refused:
    try:
        faults = told["data"].get("validationErrorData", {}).get("violations", ())
        violations = tuple(FieldViolation(one["field"], one["message"]) for one in faults)
        return refused(status, told["errorCode"], told["message"], violations)
    except (KeyError, TypeError, AttributeError) as fault:
        raise AnswerUnreadable(f"HTTP {status}, not the error of such a server") from fault
