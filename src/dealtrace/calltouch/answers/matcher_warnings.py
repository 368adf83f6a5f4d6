"""Warnings about matchers of deals that are never tried."""

from collections.abc import Sequence

from dealtrace.calltouch.client_order_names import type_of_matcher
from dealtrace.deals.matchers import Matcher, unreachable
from dealtrace.errors import Language


def warning_of(matchers: Sequence[Matcher], name: str, language: Language) -> str:
    """Return a warning that names the matchers (searches) that are never tried, or an empty string if there are none.

    `name` is the key of the list of matchers in the request.
    Ours: these matchers cause a warning, not a refusal, since some public clients put `customSources` after
    `withoutSource`, where it is never tried.
    """
    lost = unreachable(matchers)
    if not lost:
        return ""
    places = ", ".join(f"{name}[{position}]" for position in lost)
    word = type_of_matcher(matchers[lost.start - 1])
    if language == "ru":
        return f"{places}: не проверяется, потому что {word} срабатывает всегда; поставьте {word} последним"
    return f"{places}: never tried, because {word} always succeeds; put {word} last"
