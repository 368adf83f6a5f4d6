"""A client: the person behind leads, known by phones and e-mails."""

from typing import NewType

from dealtrace.record import record

ClientId = NewType("ClientId", int)


@record
class Client:
    """One person; phones and e-mails are in their normal form, in the order they became known."""

    id: ClientId
    name: str | None
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
