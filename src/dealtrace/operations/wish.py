"""A wish: what somebody asks of an operation, and who."""

from dataclasses import dataclass
from typing import Generic, TypeVar

Asked = TypeVar("Asked")


@dataclass(frozen=True, slots=True)
class Wish(Generic[Asked]):
    """What is asked, and the token it is asked with: `None` when a person does it by command."""

    asked: Asked
    token_id: int | None = None
