"""A client: the person behind leads, known by phones and e-mails."""

from typing import NewType

from dealtrace.record import record

ClientId = NewType("ClientId", int)


@record
class Client:
    """A person; phones and e-mails are normalized, in the order in which they became known."""

    id: ClientId
    name: str | None
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
