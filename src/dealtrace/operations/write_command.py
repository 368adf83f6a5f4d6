"""A wish: what somebody asks of an operation, and who."""

from typing import Generic, TypeVar

from dealtrace.record import record

Payload = TypeVar("Payload")


@record
class WriteCommand(Generic[Payload]):
    """What is asked, and the token it is asked with: `None` when a person does it by command."""

    payload: Payload
    token_id: int | None = None
