"""Every refusal has a status of its own, and says when to try again."""

from collections.abc import Iterator

import pytest

import dealtrace.app  # noqa: F401 - so that every refusal an edge may give is in the tree
from dealtrace.errors import Refusal
from dealtrace.http.refusal_statuses import STATUS_OF
from dealtrace.http.replies import refused


def every_refusal(above: type[Refusal] = Refusal) -> Iterator[type[Refusal]]:
    """Walk the tree of refusals, but for those of the demo, which is made and removed by commands only."""
    for kind in above.__subclasses__():
        if not kind.__module__.startswith("dealtrace.demo"):
            yield kind
        yield from every_refusal(kind)


def test_every_refusal_has_a_status() -> None:
    assert set(STATUS_OF) == set(every_refusal())
    assert all(400 <= status < 600 for status in STATUS_OF.values())


@pytest.mark.parametrize("retry", [1, 86_400])
def test_what_may_be_tried_again_says_when(retry: int) -> None:
    for kind in every_refusal():
        if STATUS_OF[kind] in (429, 503):
            refusal = kind(retry_after_seconds=retry, per_second=5)
            assert (b"retry-after", str(retry).encode()) in refused(refusal, b"").headers
