"""A command for an operation, and who sent it."""

from typing import Generic, TypeVar

from dealtrace.accounts.user import UserId
from dealtrace.record import record

Payload = TypeVar("Payload")
InnerPayload = TypeVar("InnerPayload")


@record
class WriteCommand(Generic[Payload]):
    """The payload of a command, and its sender: a token or a user.

    The token and the user are both `None` for requests without a token, for the command line, and for work that the
    server starts itself.
    """

    payload: Payload
    token_id: int | None = None
    user_id: UserId | None = None

    def with_payload(self, payload: InnerPayload) -> "WriteCommand[InnerPayload]":
        """Return a command of the same sender with a different payload, such as an item of a list."""
        return WriteCommand(payload, self.token_id, self.user_id)
