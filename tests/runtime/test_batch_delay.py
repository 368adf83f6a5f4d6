"""How long the write queue waits for the commands of a batch."""

from collections.abc import Iterator, Sequence

import pytest

from dealtrace.runtime.batch_delay import GATHERED_FROM, LOOKS_MAX, BatchDelay

LARGE = GATHERED_FROM["sqlite"]


@pytest.fixture
def gathering(monkeypatch: pytest.MonkeyPatch) -> BatchDelay:
    monkeypatch.setattr("dealtrace.runtime.batch_delay.LOOK_SECONDS", 0)
    return BatchDelay("sqlite")


def _looks(gathering: BatchDelay, counts: Sequence[int]) -> int:
    """Return how many of `counts`, the numbers of waiting commands, were asked for."""
    left: Iterator[int] = iter(counts)
    gathering.wait(lambda: next(left))
    return len(counts) - len(list(left))


@pytest.mark.parametrize(
    ("last", "counts", "looks"),
    [
        pytest.param(LARGE - 1, [1], 0, id="after a small batch it does not wait"),
        pytest.param(LARGE, [LARGE, LARGE], 1, id="as many as before"),
        pytest.param(LARGE, [LARGE + 3], 1, id="more than before"),
        pytest.param(LARGE, [2, 5, LARGE, LARGE], 3, id="they keep coming"),
        pytest.param(LARGE, [2, 4, 4, 5], 3, id="no more come"),
        pytest.param(100, range(1, 100), LOOKS_MAX, id="no longer than that"),
    ],
)
def test_it_waits_while_commands_keep_coming(
    gathering: BatchDelay, last: int, counts: Sequence[int], looks: int
) -> None:
    assert _looks(gathering, [1]) == 0
    gathering.gathered(last)
    assert _looks(gathering, counts) == looks
