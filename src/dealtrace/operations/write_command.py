"""A command for an operation, and who sent it."""

from typing import Generic, TypeVar

from dealtrace.record import record

Payload = TypeVar("Payload")


@record
class WriteCommand(Generic[Payload]):
    """A command's payload and the token it was sent with, `None` when a person runs it on the command line."""

    payload: Payload
    token_id: int | None = None
