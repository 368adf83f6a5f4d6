"""A wish: what somebody asks of an operation, and who."""

from typing import Generic, TypeVar

from dealtrace.record import record

Asked = TypeVar("Asked")


@record
class Wish(Generic[Asked]):
    """What is asked, and the token it is asked with: `None` when a person does it by command."""

    asked: Asked
    token_id: int | None = None
