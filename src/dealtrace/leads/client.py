"""A client: the person behind leads, known by phones and e-mails."""

from dataclasses import dataclass
from typing import NewType

ClientId = NewType("ClientId", int)


@dataclass(frozen=True, slots=True)
class Client:
    """One person; phones and e-mails are in their normal form, in the order they became known."""

    id: ClientId
    name: str | None
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
