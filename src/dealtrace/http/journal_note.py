"""Facts about a request, collected while it is answered, for the journal of requests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from starlette.types import Scope

from dealtrace.accounts.api_request import item_parameters
from dealtrace.accounts.request_masking import masked_reason
from dealtrace.errors import Language, Refusal
from dealtrace.record import record

NOTE = "dealtrace.note"
"""The key of the `RequestNote` in the ASGI scope of a request."""


@record
class RefusedItems:
    """The number of refused items among the `total` items of a list, and the position of the first, counted from 0."""

    first: int
    count: int
    total: int

    def text(self, language: Language) -> str:
        """Return the sentences, in `language`, with which the reason in the journal begins."""
        if language == "ru":
            return f"Отклонено: {self.count} из {self.total}. Первый отклонённый элемент, считая с 0: {self.first}. "
        return f"Refused: {self.count} of {self.total}. The first refused item, counted from 0: {self.first}. "


@dataclass(slots=True)
class RequestNote:
    """The site and token of a request, its parameters as sent, and its refusal, if it was refused.

    `cors_origins` are the origins that the site lists, `None` until the site is known. If items of a list were refused,
    `refusal` is the refusal of the first of them.
    """

    site_id: int = 0
    token_id: int | None = None
    sent: Mapping[str, str] = field(default_factory=dict)
    refusal: Refusal | None = None
    cors_origins: tuple[str, ...] | None = None
    refused_items: RefusedItems | None = None

    def reason(self, language: Language) -> str:
        """Return the refusal's message as the journal keeps it, without personal data; `refusal` must not be `None`."""
        assert self.refusal is not None
        message = self.refusal.text(language)
        if self.refusal.states_only_limits:
            return message
        items = self.refused_items
        return masked_reason(message if items is None else items.text(language) + message, self.sent)


def note_refusal(scope: Scope, refusal: Refusal) -> None:
    """Record the refusal of a request for the journal of requests."""
    note: RequestNote | None = scope.get(NOTE)
    if note is not None:
        note.refusal, note.refused_items = refusal, None


def note_refused_items(scope: Scope, outcomes: Sequence[object], items: Sequence[object] = ()) -> None:
    """Record, for the journal of requests, the refusals among the outcomes of a list, if there are any.

    Ours: the answer's status is 200, but the journal names the first refusal, so that a search for what was refused
    finds the request. If `items`, the list as sent, is given, its values are recorded, those of the first refused item
    first.
    """
    refused = [place for place, outcome in enumerate(outcomes) if isinstance(outcome, Refusal)]
    if not refused:
        return
    note: RequestNote = scope[NOTE]
    first = refused[0]
    refusal = outcomes[first]
    assert isinstance(refusal, Refusal)
    note.refusal, note.refused_items = refusal, RefusedItems(first, len(refused), len(outcomes))
    if items:
        note.sent = item_parameters(items, first)
