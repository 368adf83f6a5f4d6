"""Facts about a request, collected while it is answered, for the journal of requests."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.types import Scope

from dealtrace.errors import Refusal

NOTE = "dealtrace.note"
"""The key of the `RequestNote` in the ASGI scope of a request."""


@dataclass(slots=True)
class RequestNote:
    """The site and token of a request, its parameters as sent, and its refusal, if it was refused.

    `cors_origins` are the origins that the site lists, `None` until the site is known.
    """

    site_id: int = 0
    token_id: int | None = None
    sent: Mapping[str, str] = field(default_factory=dict)
    refusal: Refusal | None = None
    cors_origins: tuple[str, ...] | None = None


def note_refusal(scope: Scope, refusal: Refusal) -> None:
    """Record why a request was refused, for the journal of requests."""
    note: RequestNote | None = scope.get(NOTE)
    if note is not None:
        note.refusal = refusal
