"""Limits move with time, and a clock that is set back or forward locks nobody out."""

import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis import Redis

from dealtrace.http.rate_limits import MemoryWindows, MovingWindows, RedisWindows, WindowsUnavailable, moving_windows
from redis_server import RedisServer
from waiting import wait_out
from write_commands import run

T = TypeVar("T")
HOUR = 3600


Passing = Callable[[str, float], None]
"""Lets seconds pass for a key."""


async def admitted(windows: MovingWindows, hits: int, *, key: str = "a", count: int = 5, seconds: int = 60) -> int:
    """Return how many of some hits are admitted."""
    return sum([await windows.hit(key, count=count, seconds=seconds) > 0 for _ in range(hits)])


def both(story: Callable[[MovingWindows, Passing], Awaitable[T]], redis: RedisServer) -> list[T]:
    """Return what a story comes to in memory and in Redis."""
    now = [0.0]

    def passing(_: str, seconds: float) -> None:
        now[0] += seconds

    async def answers() -> list[T]:
        async with aclosing(RedisWindows(redis.url)) as shared:
            in_memory = await story(MemoryWindows(lambda: now[0]), passing)
            return [in_memory, await story(shared, lambda key, seconds: shift(redis, key, -seconds))]

    return run(answers)


def shift(redis: RedisServer, key: str, seconds: float) -> None:
    """Make the hits of a key later, or earlier, than they were."""
    with Redis.from_url(redis.url) as direct:
        name = f"dealtrace:rate:{key}"
        shifted = [int(hit) + int(seconds * 1_000_000) for hit in direct.lrange(name, 0, -1)]
        direct.delete(name)
        direct.rpush(name, *shifted)
        direct.expire(name, 2 * HOUR)


def test_of_eleven_at_once_five_are_admitted(redis: RedisServer) -> None:
    assert both(lambda windows, _: admitted(windows, 11, key="burst"), redis) == [5, 5]


def test_keys_are_counted_apart(redis: RedisServer) -> None:
    async def story(windows: MovingWindows, _: Passing) -> list[int]:
        return [await admitted(windows, 11, key=key) for key in ("left", "right")]

    assert both(story, redis) == [[5, 5], [5, 5]]


def test_the_window_moves_on(redis: RedisServer) -> None:
    async def story(windows: MovingWindows, passing: Passing) -> list[int]:
        first = await admitted(windows, 7, key="moves", seconds=HOUR)
        passing("moves", HOUR / 2)
        early = await admitted(windows, 7, key="moves", seconds=HOUR)
        passing("moves", HOUR / 2)
        return [first, early, await admitted(windows, 7, key="moves", seconds=HOUR)]

    assert both(story, redis) == [[5, 0, 5], [5, 0, 5]]


def test_a_hit_states_how_many_its_window_has(redis: RedisServer) -> None:
    async def story(windows: MovingWindows, passing: Passing) -> list[int]:
        hits = [await windows.hit("told", count=3, seconds=HOUR) for _ in range(4)]
        passing("told", HOUR)
        return [*hits, await windows.hit("told", count=3, seconds=HOUR)]

    assert both(story, redis) == [[1, 2, 3, 0, 1], [1, 2, 3, 0, 1]]


def test_refused_hits_do_not_lengthen_the_wait() -> None:
    now = [0.0]
    windows = MemoryWindows(lambda: now[0])

    async def story() -> list[int]:
        outcomes = []
        for moment in (0.0, 0.2, 0.5, 0.9, 1.0, 1.1):
            now[0] = moment
            outcomes.append(await windows.hit("a", count=1, seconds=1))
        return outcomes

    assert run(story) == [1, 0, 0, 0, 1, 0]


@given(seconds=st.lists(st.sampled_from([1, 60, HOUR]), min_size=1, max_size=30))
def test_keys_are_dropped_when_their_own_window_has_passed(seconds: list[int]) -> None:
    now = [0.0]
    windows = MemoryWindows(lambda: now[0])

    async def story() -> list[int]:
        for number, window in enumerate(seconds):
            await windows.hit(str(number), count=1, seconds=window)
        kept = []
        for now[0] in (1.0, 60.0, float(HOUR)):
            await windows.hit("last", count=1, seconds=1)
            kept.append(len(windows) - 1)
        return kept

    assert run(story) == [sum(window > passed for window in seconds) for passed in (1, 60, HOUR)]


@pytest.mark.parametrize("step", [-HOUR, -1, HOUR, 24 * HOUR])
def test_the_wall_clock_changes_nothing_in_memory(monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    real = time.time
    windows = MemoryWindows()

    async def story() -> list[int]:
        first = await admitted(windows, 7, seconds=HOUR)
        assert await admitted(windows, 1, key="brief", count=1, seconds=1) == 1
        monkeypatch.setattr(time, "time", lambda: real() + step)
        at_once = await admitted(windows, 7, seconds=HOUR)
        wait_out(1)
        return [first, at_once, await admitted(windows, 1, key="brief", count=1, seconds=1)]

    assert run(story) == [5, 0, 1]


@pytest.mark.parametrize("ahead", [HOUR, 60, 30])
def test_redis_forgets_what_lies_in_the_future(redis: RedisServer, ahead: int) -> None:
    """Leave what a clock of Redis that was set back leaves behind: hits that have not happened yet."""
    key = f"stepped {ahead}"

    async def story() -> int:
        async with aclosing(RedisWindows(redis.url)) as windows:
            await admitted(windows, 5, key=key)
            shift(redis, key, ahead)
            return await admitted(windows, 11, key=key)

    assert run(story) == 5


def test_the_clock_of_a_process_changes_nothing_in_redis(redis: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    real = time.time

    async def story() -> list[int]:
        async with aclosing(RedisWindows(redis.url)) as windows:
            first = await admitted(windows, 7, key="process", seconds=HOUR)
            monkeypatch.setattr(time, "time", lambda: real() - HOUR)
            early = await admitted(windows, 7, key="process", seconds=HOUR)
            shift(redis, "process", -HOUR)
            return [first, early, await admitted(windows, 7, key="process", seconds=HOUR)]

    assert run(story) == [5, 0, 5]


def test_redis_keeps_a_key_no_longer_than_its_window(redis: RedisServer) -> None:
    async def story() -> None:
        async with aclosing(RedisWindows(redis.url)) as windows:
            await admitted(windows, 3, key="brief", seconds=60)

    run(story)
    with Redis.from_url(redis.url) as direct:
        assert 0 < direct.ttl("dealtrace:rate:brief") <= 60
        assert direct.llen("dealtrace:rate:brief") == 3


def test_memory_keeps_no_address_longer_than_its_window() -> None:
    now = [0.0]
    windows = MemoryWindows(lambda: now[0])

    async def story() -> None:
        for number in range(1000):
            await windows.hit(f"address {number}", count=5, seconds=60)
        now[0] = 61.0
        await windows.hit("the next", count=5, seconds=60)

    run(story)
    assert len(windows) == 1


@given(st.lists(st.tuples(st.sampled_from("ab"), st.floats(0, 0.7)), max_size=60), st.integers(1, 6))
def test_no_second_ever_holds_more_than_the_limit(hits: list[tuple[str, float]], count: int) -> None:
    now = [0.0]
    windows = MemoryWindows(lambda: now[0])
    admitted_at: dict[str, list[float]] = {"a": [], "b": []}

    async def story() -> None:
        for key, pause in hits:
            now[0] += pause
            before = [moment for moment in admitted_at[key] if moment > now[0] - 1]
            counted = await windows.hit(key, count=count, seconds=1)
            assert counted == (len(before) + 1 if len(before) < count else 0)
            if counted:
                admitted_at[key].append(now[0])

    run(story)


def test_a_redis_that_is_away_is_an_error_of_its_own_within_a_second() -> None:
    async def story() -> None:
        async with aclosing(RedisWindows("redis://127.0.0.1:1")) as windows:
            with pytest.raises(WindowsUnavailable):
                await windows.hit("a", count=1, seconds=1)

    run(story)


@pytest.mark.parametrize("url", ["redis://localhost:no-port", "http://localhost"])
def test_what_is_no_url_of_a_redis_is_refused_at_once(url: str) -> None:
    with pytest.raises(ValueError, match=r"(?i)port|scheme"):
        moving_windows(url)
