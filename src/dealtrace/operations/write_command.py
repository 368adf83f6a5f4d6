"""A command for an operation, and who sent it."""

from typing import Generic, TypeVar

from dealtrace.record import record

Payload = TypeVar("Payload")


@record
class WriteCommand(Generic[Payload]):
    """A command's payload, and who sent it: a token, or a user of the cabinet; neither on the command line."""

    payload: Payload
    token_id: int | None = None
    user_id: int | None = None
